/** One request and what of its answer must be the same everywhere. */
import { text } from 'node:stream/consumers';
import { ApiError } from '../../../src/kube/api-error.js';
import type { KubeApi, RawRequest } from '../../../src/kube/api.js';

/** A body as parsed JSON: what a dialogue may use in its next request. */
export type Json = Record<string, unknown>;

export interface Answer {
  readonly code: number;
  readonly body: Json;
}

/** What is compared: the code and reason of a refusal, or the fields that the case asked for. */
export interface Outcome {
  readonly step: string;
  readonly code: number;
  readonly reason?: unknown;
  readonly causes?: unknown;
  readonly fields?: Json;
}

/** Talks to one cluster, and writes down what a comparison needs. */
export class Dialogue {
  readonly outcomes: Outcome[] = [];
  /** A name that no other dialogue uses. */
  readonly name: string;
  readonly #api: KubeApi;

  constructor(api: KubeApi, name: string) {
    this.#api = api;
    this.name = name;
  }

  /** Sends a request and notes its outcome, with the values at `see` (dotted paths) where it succeeded. */
  async send(
    method: RawRequest['method'],
    path: string,
    body?: unknown,
    options: { readonly see?: readonly string[]; readonly type?: string; readonly query?: Record<string, string> } = {},
  ): Promise<Answer> {
    const type = options.type ?? 'application/json';
    const answer = await this.#exchange({
      method,
      path,
      query: options.query,
      ...(body === undefined ? {} : { body, headers: { 'content-type': type } }),
    });
    this.outcomes.push(outcomeOf(`${this.outcomes.length + 1}. ${method} ${path}`, answer, options.see ?? []));
    return answer;
  }

  async #exchange(request: RawRequest): Promise<Answer> {
    try {
      const { status, body } = await this.#api.stream(request);
      return { code: status, body: JSON.parse(await text(body)) as Json };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return { code: error.statusCode, body: { ...error.status } };
    }
  }
}

function outcomeOf(step: string, { code, body }: Answer, see: readonly string[]): Outcome {
  if (code >= 400) {
    const details = body['details'] as { causes?: { reason?: string; field?: string }[] } | undefined;
    const causes = (details?.causes ?? [])
      .filter(({ field }) => field)
      .map(({ reason, field }) => `${reason} ${field}`);
    // Which fields, and what is wrong with them; not how often it is said.
    return { step, code, reason: body['reason'], causes: [...new Set(causes)].sort() };
  }
  return { step, code, fields: Object.fromEntries(see.map((path) => [path, at(body, path)])) };
}

/** The value at a dotted path; numbers are indexes, and a path that ends in `?` only says whether there is a value. */
export function at(body: unknown, path: string): unknown {
  const present = path.endsWith('?');
  const parts = (present ? path.slice(0, -1) : path).split('.');
  let value = body;
  for (const part of parts) value = (value as Record<string, unknown> | undefined | null)?.[part];
  return present ? value !== undefined : value;
}
