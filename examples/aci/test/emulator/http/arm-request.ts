import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { ArmError } from './answer.js';

/** One request, read whole. */
export interface ArmRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** The management API takes bodies of up to 4 MB. */
const maxBodyBytes = 4 * 1024 * 1024;

/** Reads a request; its body within the limit, or a refusal. */
export async function readRequest(incoming: IncomingMessage): Promise<ArmRequest> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of incoming as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > maxBodyBytes)
      throw new ArmError(413, 'RequestContentTooLarge', `The request content exceeds ${maxBodyBytes} bytes.`);
    parts.push(part);
  }
  return {
    method: incoming.method ?? 'GET',
    url: new URL(incoming.url ?? '/', 'https://emulator'),
    headers: incoming.headers,
    text: Buffer.concat(parts).toString('utf8'),
  };
}

/** The body as a JSON object. */
export function jsonBody(request: ArmRequest): Record<string, unknown> {
  let body: unknown;
  try {
    body = JSON.parse(request.text);
  } catch {
    throw new ArmError(400, 'InvalidRequestContent', 'The request content was invalid and could not be deserialized.');
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new ArmError(400, 'InvalidRequestContent', 'The request content is not a JSON object.');
  return body as Record<string, unknown>;
}
