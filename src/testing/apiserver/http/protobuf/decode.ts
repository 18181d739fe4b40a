/**
 * Kubernetes' protobuf bodies as JSON objects, for the clients that send nothing else: kubectl's typed commands
 * (`create configmap`, `auth can-i`, `drain`) and Go controllers. Answers are JSON all the same, which all of them accept.
 *
 * What the tables do not know is refused rather than dropped. A body is `k8s\0` and a `runtime.Unknown` around the object.
 */
import { ApiFailure } from '../../core/api.js';
import type { Field, Message } from './messages.js';
import { readFields, readVarint, signed, type WireField } from './reader.js';

export const protobufType = 'application/vnd.kubernetes.protobuf';

const prefix = Buffer.from('k8s\0');

type Json = Record<string, unknown>;

export class ProtobufDecoder {
  readonly #messages: ReadonlyMap<string, Message>;

  constructor(messages: ReadonlyMap<string, Message>) {
    this.#messages = messages;
  }

  /** The object with its kind and apiVersion. Throws 400, and 415 for kinds that the tables do not hold. */
  decode(body: Buffer): Json {
    try {
      if (!body.subarray(0, prefix.length).equals(prefix)) throw new RangeError('it does not begin with k8s\\0');
      return this.#unknown(body.subarray(prefix.length));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new ApiFailure(400, 'BadRequest', `the body is not an object in protobuf: ${error.message}`);
    }
  }

  #unknown(body: Buffer): Json {
    let type: Json = {};
    let raw: Buffer = Buffer.alloc(0);
    for (const { number, bytes } of readFields(body)) {
      if (number === 1) type = Object.fromEntries([...readFields(bytes)].map((each) => [each.number, text(each)]));
      else if (number === 2) raw = bytes;
    }
    const { 1: apiVersion = '', 2: kind = '' } = type as { 1?: string; 2?: string };
    const name = `${groupOf(apiVersion, kind)}.${kind}`;
    if (!this.#messages.has(name)) {
      throw new ApiFailure(
        415,
        'UnsupportedMediaType',
        `the fake apiserver reads no ${kind} of ${apiVersion} in protobuf: send application/json`,
      );
    }
    return { kind, apiVersion, metadata: {}, ...this.#message(name, raw) };
  }

  #message(name: string, bytes: Buffer): Json {
    const message = this.#messages.get(name);
    if (message === undefined) throw new RangeError(`message ${name} is not known`);
    const result: Json = {};
    for (const wire of readFields(bytes)) {
      const field = message.get(wire.number);
      if (field === undefined) throw new RangeError(`field ${wire.number} of ${name} is not known`);
      if (field.name !== '-') this.#take(result, field, wire);
    }
    return result;
  }

  #take(result: Json, field: Field, wire: WireField): void {
    if (field.inline) {
      Object.assign(result, this.#message(field.type, wire.bytes));
      return;
    }
    if (field.map) {
      const entries = (result[field.name] ??= {}) as Json;
      const [key, value] = this.#entry(field, wire);
      entries[key] = value;
      return;
    }
    if (field.repeated) {
      const list = (result[field.name] ??= []) as unknown[];
      if (field.type === 'i' && wire.wireType === 2) list.push(...packed(wire.bytes));
      else list.push(this.#value(field.type, wire));
      return;
    }
    const value = this.#value(field.type, wire);
    if (field.keepZero || !isZero(value)) result[field.name] = value;
  }

  #entry(field: Field, { bytes }: WireField): [string, unknown] {
    let key = '';
    let value: unknown = field.type === 's' || field.type === 'y' ? '' : {};
    for (const part of readFields(bytes)) {
      if (part.number === 1) key = text(part);
      else value = this.#value(field.type, part);
    }
    return [key, value];
  }

  #value(type: string, wire: WireField): unknown {
    switch (type) {
      case 's':
        return text(wire);
      case 'y':
        return wire.bytes.toString('base64');
      case 'b':
        return wire.value !== 0n;
      case 'i':
        return signed(wire.value);
      case 'd':
        return wire.bytes.readDoubleLE(0);
      case 'Time':
        return time(wire.bytes, 0);
      case 'MicroTime':
        return time(wire.bytes, 6);
      case 'Quantity':
        return onlyText(wire.bytes);
      case 'Verbs':
      case 'ExtraValue':
        return [...readFields(wire.bytes)].map(text);
      case 'IntOrString':
        return intOrString(wire.bytes);
      default:
        return this.#message(type, wire.bytes);
    }
  }
}

/** `core` has no group in its apiVersion; DeleteOptions belong to every group. */
function groupOf(apiVersion: string, kind: string): string {
  if (kind === 'DeleteOptions') return 'meta';
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? 'core' : (apiVersion.slice(0, slash).split('.')[0] ?? '');
}

function text({ bytes }: WireField): string {
  return bytes.toString('utf8');
}

function onlyText(bytes: Buffer): string {
  const [field] = readFields(bytes);
  return field === undefined ? '' : text(field);
}

/** `google.protobuf.Timestamp`, without a fraction or with six digits. Nothing at all is the zero time. */
function time(bytes: Buffer, digits: 0 | 6): string | undefined {
  let seconds = 0;
  let nanos = 0;
  for (const { number, value } of readFields(bytes)) {
    if (number === 1) seconds = signed(value);
    else nanos = signed(value);
  }
  if (seconds === 0 && nanos === 0) return undefined;
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19);
  return digits === 0 ? `${whole}Z` : `${whole}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z`;
}

/** Fields: 1 whether it is a string, 2 the number, 3 the string. */
function intOrString(bytes: Buffer): string | number {
  const fields = new Map([...readFields(bytes)].map((field) => [field.number, field]));
  const string = fields.get(3);
  if (fields.get(1)?.value === 1n) return string === undefined ? '' : text(string);
  return signed(fields.get(2)?.value ?? 0n);
}

function packed(bytes: Buffer): number[] {
  const numbers: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const { value, end } = readVarint(bytes, at);
    numbers.push(signed(value));
    at = end;
  }
  return numbers;
}

function isZero(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return !value;
  return Object.keys(value).length === 0;
}
