/** What is sent back, and the bytes of it. Objects are serialised by the core, once; here they are only put together. */
import type { ServerResponse } from 'node:http';
import type { Status } from '../../../kube/types.js';
import { ApiFailure, type ListAnswer, type ResourceDefinition, type StoredObject } from '../core/api.js';

export interface Answer {
  readonly code: number;
  readonly contentType: string;
  readonly body: Buffer;
  readonly headers?: Readonly<Record<string, string | string[]>>;
}

export const json = 'application/json';

export function answerObject(stored: StoredObject, code = 200): Answer {
  return { code, contentType: json, body: stored.json };
}

export function answerJson(value: unknown, code = 200, contentType: string = json): Answer {
  return { code, contentType, body: Buffer.from(JSON.stringify(value)) };
}

export function answerText(text: string, code = 200): Answer {
  return { code, contentType: 'text/plain; charset=utf-8', body: Buffer.from(text) };
}

/** Any failure that is not an {@link ApiFailure} is a bug of the fake, and says so. */
export function answerFailure(error: unknown): Answer {
  const failure =
    error instanceof ApiFailure
      ? error
      : new ApiFailure(
          500,
          'InternalError',
          `fake apiserver: ${error instanceof Error ? error.message : String(error)}`,
        );
  const retryAfter = failure.status.details?.retryAfterSeconds;
  return {
    ...answerJson(failure.status, failure.status.code),
    ...(retryAfter === undefined ? {} : { headers: { 'retry-after': String(retryAfter) } }),
  };
}

export function answerSuccess(details: NonNullable<Status['details']>): Answer {
  return answerJson({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details });
}

export function answerList(definition: ResourceDefinition, list: ListAnswer): Answer {
  const head = {
    kind: `${definition.kind}List`,
    apiVersion: apiVersionOf(definition),
    metadata: listMetadata(list),
  };
  const parts: Uint8Array[] = [Buffer.from(`${JSON.stringify(head).slice(0, -1)},"items":[`)];
  for (const [index, item] of list.items.entries()) {
    if (index > 0) parts.push(comma);
    parts.push(withoutType(item));
  }
  parts.push(listEnd);
  return { code: 200, contentType: json, body: Buffer.concat(parts) };
}

export function listMetadata(list: ListAnswer): object {
  return {
    resourceVersion: list.resourceVersion,
    ...(list.continue === undefined ? {} : { continue: list.continue }),
    ...(list.remainingItemCount === undefined ? {} : { remainingItemCount: list.remainingItemCount }),
  };
}

export function apiVersionOf(definition: ResourceDefinition): string {
  return definition.group === '' ? definition.version : `${definition.group}/${definition.version}`;
}

export function send(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.code, {
    'content-type': answer.contentType,
    'content-length': answer.body.length,
    ...answer.headers,
  });
  response.end(answer.body);
}

const comma = Buffer.from(',');
const listEnd = Buffer.from(']}\n');
const brace = Buffer.from('{');

/** Items of a typed list carry neither kind nor apiVersion. Mostly these come first, and the rest can be had as it is. */
function withoutType(stored: StoredObject): Buffer {
  const { kind, apiVersion, ...rest } = stored.object;
  const prefixes = [
    { kind, apiVersion },
    { apiVersion, kind },
  ];
  for (const prefix of prefixes) {
    const head = `${JSON.stringify(prefix).slice(0, -1)},`;
    if (stored.json.subarray(0, head.length).toString() === head) {
      return Buffer.concat([brace, stored.json.subarray(head.length)]);
    }
  }
  return Buffer.from(JSON.stringify(rest));
}
