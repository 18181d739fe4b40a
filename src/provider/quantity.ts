/** Resource quantities (`500m`, `1.5Gi`, `1e3`), exact, as `k8s.io/apimachinery/pkg/api/resource` reads and prints them. */
import { VkError } from '../runtime/errors.js';

/** How a quantity prints: powers of 1024 (`Ki`), powers of 1000 (`k`), or an exponent (`e3`). */
export type QuantityFormat = 'BinarySI' | 'DecimalSI' | 'DecimalExponent';

const exponentOfSuffix: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const suffixOfExponent = new Map(Object.entries(exponentOfSuffix).map(([suffix, exponent]) => [exponent, suffix]));
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/** Far above any amount there is, and low enough that a hostile quantity costs nothing. Kubernetes has no such bound. */
const longestInput = 256;
const largestExponent = 256;

const syntax = /^([+-]?)(\d*)(?:\.(\d*))?(?:([numkMGTPE]?)|([KMGTPE]i)|[eE]([+-]?\d+))$/;
const nanoPerUnit = 10n ** 9n;
/** Kubernetes caps binary quantities, and only those, at the largest int64. */
const binaryLimit = (2n ** 63n - 1n) * nanoPerUnit;

/**
 * An amount of a resource. Immutable and exact down to a billionth, which is the finest that Kubernetes knows: what
 * is finer is rounded away from zero, so that asking for something never becomes asking for nothing.
 *
 * ```ts
 * Quantity.parse('1.5Gi').add('512Mi').toString(); // '2Gi'
 * Quantity.parse('1500m').value();                 // 2n
 * ```
 */
export class Quantity {
  static readonly zero = new Quantity(0n, 'DecimalSI');

  readonly format: QuantityFormat;
  readonly #nanos: bigint;

  private constructor(nanos: bigint, format: QuantityFormat) {
    this.#nanos = nanos;
    this.format = format;
  }

  /**
   * Reads a quantity as Kubernetes writes it. Numbers are taken too, since YAML readers make them of `cpu: 2`.
   * Throws `InvalidInput` for anything else, and for input beyond 256 characters or powers of ten.
   */
  static parse(input: string | number): Quantity {
    const text = String(input);
    const match = text.length <= longestInput ? syntax.exec(text) : null;
    if (!match) throw invalid(text);
    const [, sign, whole = '', fraction = '', decimalSuffix, binarySuffix, exponentText] = match;
    if (whole === '' && fraction === '') throw invalid(text);
    const digits = BigInt(whole + fraction);
    const format = binarySuffix ? 'BinarySI' : exponentText ? 'DecimalExponent' : 'DecimalSI';
    const exponent = exponentText ? Number(exponentText) : (exponentOfSuffix[decimalSuffix ?? ''] ?? 0);
    if (exponent > largestExponent) throw invalid(text);

    const unit = binarySuffix ? 1024n ** BigInt(binarySuffixes.indexOf(binarySuffix)) : 1n;
    const magnitude = scale(digits * unit, Math.max(exponent, -2 * largestExponent) - fraction.length + 9);
    const nanos = sign === '-' ? -magnitude : magnitude;
    if (format !== 'BinarySI') return new Quantity(nanos, format);
    const capped = nanos > binaryLimit ? binaryLimit : nanos < -binaryLimit ? -binaryLimit : nanos;
    return new Quantity(capped, magnitudeOf(capped) < nanoPerUnit ? 'DecimalSI' : 'BinarySI');
  }

  /** A quantity of `amount` times ten to the power of `exponent` (not below -9, where it is rounded away from zero). */
  static of(amount: bigint | number, format: QuantityFormat = 'DecimalSI', exponent = 0): Quantity {
    if (typeof amount === 'number' && !Number.isSafeInteger(amount)) throw invalid(String(amount));
    if (!Number.isInteger(exponent) || Math.abs(exponent) > largestExponent) throw invalid(`${amount}e${exponent}`);
    return new Quantity(scale(BigInt(amount), exponent + 9), format);
  }

  /** -1, 0 or 1. */
  get sign(): -1 | 0 | 1 {
    return this.#nanos === 0n ? 0 : this.#nanos < 0n ? -1 : 1;
  }

  /** Negative, zero or positive as this is less than, equal to or more than `other`, whatever their formats. */
  compare(other: Quantity | string | number): -1 | 0 | 1 {
    const nanos = toQuantity(other).#nanos;
    return this.#nanos === nanos ? 0 : this.#nanos < nanos ? -1 : 1;
  }

  equals(other: Quantity | string | number): boolean {
    return this.compare(other) === 0;
  }

  /** The sum, in this quantity's format, or in the other's if this is zero. */
  add(other: Quantity | string | number): Quantity {
    const added = toQuantity(other);
    return new Quantity(this.#nanos + added.#nanos, this.#nanos === 0n ? added.format : this.format);
  }

  /** The difference, in this quantity's format, or in the other's if this is zero. */
  sub(other: Quantity | string | number): Quantity {
    return this.add(toQuantity(other).negate());
  }

  negate(): Quantity {
    return new Quantity(-this.#nanos, this.format);
  }

  /** How many units of ten to the power of `exponent` this is, a part of one counting as one whole (away from zero). */
  scaledValue(exponent: number): bigint {
    return scale(this.#nanos, -9 - exponent);
  }

  /** In whole units, rounded away from zero: cores, bytes, pods. */
  value(): bigint {
    return this.scaledValue(0);
  }

  /** In thousandths, rounded away from zero: millicores. */
  milliValue(): bigint {
    return this.scaledValue(-3);
  }

  /** The nearest floating point number: for arithmetic with a backend that takes one, such as 0.5 cores. */
  toNumber(): number {
    return Number(`${this.#nanos}e-9`);
  }

  /**
   * The canonical form: no fraction, the largest suffix that needs none, and a format that loses nothing (a binary
   * quantity below 1024 or with a fraction prints as a decimal one).
   */
  toString(): string {
    if (this.#nanos === 0n) return '0';
    const wholeUnits = this.#nanos % nanoPerUnit === 0n;
    const binary = this.format === 'BinarySI' && wholeUnits && magnitudeOf(this.#nanos) >= 1024n * nanoPerUnit;
    return binary ? binaryForm(this.#nanos / nanoPerUnit) : decimalForm(this.#nanos, this.format);
  }

  toJSON(): string {
    return this.toString();
  }
}

function toQuantity(value: Quantity | string | number): Quantity {
  return value instanceof Quantity ? value : Quantity.parse(value);
}

function magnitudeOf(value: bigint): bigint {
  return value < 0n ? -value : value;
}

/** `value` times ten to the power of `exponent`, rounded away from zero. */
function scale(value: bigint, exponent: number): bigint {
  if (exponent >= 0) return value * 10n ** BigInt(exponent);
  const divisor = 10n ** BigInt(-exponent);
  const quotient = value / divisor;
  if (value % divisor === 0n) return quotient;
  return value < 0n ? quotient - 1n : quotient + 1n;
}

function binaryForm(value: bigint): string {
  let amount = value;
  let power = 0;
  while (power < binarySuffixes.length - 1 && amount % 1024n === 0n) {
    amount /= 1024n;
    power++;
  }
  return `${amount}${binarySuffixes[power]}`;
}

function decimalForm(nanos: bigint, format: QuantityFormat): string {
  // `E` is the last suffix; an exponent may grow as long as the number does.
  const last = format === 'DecimalExponent' ? Infinity : 18;
  let amount = nanos;
  let exponent = -9;
  while (exponent < last && amount % 1000n === 0n) {
    amount /= 1000n;
    exponent += 3;
  }
  if (format !== 'DecimalExponent') return `${amount}${suffixOfExponent.get(exponent)}`;
  return exponent === 0 ? String(amount) : `${amount}e${exponent}`;
}

function invalid(text: string): VkError {
  const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  return new VkError(
    'InvalidInput',
    `quantity "${shown}" is not a number with an optional suffix such as m, k, Mi or e3`,
  );
}
