/** Reading a request's body: bounded, and decoded. */
import type { IncomingMessage } from 'node:http';
import { ApiFailure } from '../core/api.js';
import { isTooDeep } from '../core/json.js';
import { ProtobufDecoder, protobufType } from './protobuf/decode.js';
import { readMessages } from './protobuf/messages.js';

/** As a real apiserver: 3 MiB. */
export const maximumBodyBytes = 3 * 1024 * 1024;

/**
 * Resolves to `undefined` where the client went away first. Rejects with 413 as soon as there is too much; what else
 * comes is dropped.
 */
export function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maximumBodyBytes) {
        chunks.push(chunk);
        return;
      }
      chunks.length = 0;
      reject(
        new ApiFailure(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${maximumBodyBytes} bytes`),
      );
    });
    request.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    request.on('close', () => resolve(undefined));
    request.on('error', () => resolve(undefined));
  });
}

/** Without parameters such as the charset. */
export function mediaType(contentType: string | undefined): string {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/**
 * The body of a POST, PUT or DELETE as an object: JSON, or the protobuf that some clients insist on. `what` is for the
 * message: `a Pod`. Throws 400, and 415 for other types.
 */
export function decodeBody(contentType: string | undefined, body: Buffer, what: string, protobuf: Protobuf): unknown {
  const type = mediaType(contentType);
  if (type === '' || type === 'application/json' || type === '*/*') return parseJson(body, what);
  if (type === protobufType) return protobuf().decode(body);
  throw new ApiFailure(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: application/json, ${protobufType}`,
  );
}

/** The decoder, made when it is first asked for. */
export type Protobuf = () => ProtobufDecoder;

export function protobufOnDemand(): Protobuf {
  let decoder: ProtobufDecoder | undefined;
  return () => (decoder ??= new ProtobufDecoder(readMessages()));
}

/** `what` is for the message: `a patch`. */
export function parseJson(body: Buffer, what: string): unknown {
  const refusal = (why: string): ApiFailure =>
    new ApiFailure(400, 'BadRequest', `the body is not ${what} in JSON: ${why}`);
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw refusal(error instanceof Error ? error.message : String(error));
  }
  if (isTooDeep(value)) throw refusal('exceeded max depth');
  return value;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
