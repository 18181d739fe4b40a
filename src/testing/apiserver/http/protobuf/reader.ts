/** The protobuf wire format. Throws a RangeError for bytes that are not it. */

/** One field as it is on the wire. */
export interface WireField {
  readonly number: number;
  /** 0 varint, 1 64 bits, 2 length-delimited, 5 32 bits. */
  readonly wireType: number;
  readonly value: bigint;
  readonly bytes: Buffer;
}

const nothing = Buffer.alloc(0);

export function* readFields(buffer: Buffer): Generator<WireField> {
  for (let at = 0; at < buffer.length;) {
    const key = readVarint(buffer, at);
    at = key.end;
    const number = Number(key.value >> 3n);
    const wireType = Number(key.value & 7n);
    let value = 0n;
    let bytes: Buffer = nothing;
    if (wireType === 0) {
      ({ value, end: at } = readVarint(buffer, at));
    } else if (wireType === 2) {
      const length = readVarint(buffer, at);
      at = length.end + Number(length.value);
      if (at > buffer.length) throw new RangeError('protobuf ends within a field');
      bytes = buffer.subarray(length.end, at);
    } else if (wireType === 1 || wireType === 5) {
      const end = at + (wireType === 1 ? 8 : 4);
      if (end > buffer.length) throw new RangeError('protobuf ends within a field');
      bytes = buffer.subarray(at, end);
      at = end;
    } else {
      throw new RangeError(`protobuf wire type ${wireType} is not supported`);
    }
    yield { number, wireType, value, bytes };
  }
}

/** `value` is unsigned; {@link signed} makes it what Kubernetes means. */
export function readVarint(buffer: Buffer, start: number): { readonly value: bigint; readonly end: number } {
  let value = 0n;
  for (let at = start, shift = 0n; shift < 70n; at += 1, shift += 7n) {
    const byte = buffer[at];
    if (byte === undefined) throw new RangeError('protobuf ends within a number');
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return { value, end: at + 1 };
  }
  throw new RangeError('protobuf number is too long');
}

/** Numbers of Kubernetes fit a double. */
export function signed(value: bigint): number {
  return Number(BigInt.asIntN(64, value));
}
