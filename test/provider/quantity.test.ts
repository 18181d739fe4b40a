import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Quantity } from '../../src/provider/quantity.js';

/** Input and canonical form, as `kubectl create quota --dry-run=client` prints it. */
const canonical: readonly (readonly [string, string])[] = [
  ['0', '0'],
  ['0Ki', '0'],
  ['0e5', '0'],
  ['-0', '0'],
  ['1000m', '1'],
  ['1500m', '1500m'],
  ['0.5', '500m'],
  ['.5', '500m'],
  ['5.', '5'],
  ['+5', '5'],
  ['-5', '-5'],
  ['00012', '12'],
  ['1u', '1u'],
  ['12000000u', '12'],
  ['1000000n', '1m'],
  ['1500', '1500'],
  ['1000000', '1M'],
  ['1k', '1k'],
  ['1E', '1E'],
  ['999999E', '999999E'],
  ['123456789012345678901234567890', '123456789012345678901234567890'],
  ['1024', '1024'],
  ['1024Ki', '1Mi'],
  ['1000Ki', '1000Ki'],
  ['1023Ki', '1023Ki'],
  ['1.0Mi', '1Mi'],
  ['0.5Gi', '512Mi'],
  ['1.5Gi', '1536Mi'],
  ['7Ei', '7Ei'],
  ['0.5Ki', '512'],
  ['0.9765625Ki', '1k'],
  ['0.1Ki', '102400m'],
  ['-0.1Ki', '-102400m'],
  ['0.0001Ki', '102400u'],
  ['1.1Ki', '1126400m'],
  ['1.0000000001Ki', '1024000000103n'],
  ['1E3', '1e3'],
  ['1e3', '1e3'],
  ['1e+3', '1e3'],
  ['1e4', '10e3'],
  ['5e5', '500e3'],
  ['1.5e3', '1500'],
  ['1e1', '10'],
  ['1e-3', '1e-3'],
  ['1500e-3', '1500e-3'],
  ['1e21', '1e21'],
  ['100e20', '10e21'],
  ['1e200', '100e198'],
];

const quantities = fc
  .record({
    whole: fc.bigInt({ min: 0n, max: 10n ** 20n }),
    fraction: fc.option(fc.stringMatching(/^\d{1,9}$/)),
    suffix: fc.constantFrom('n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E', 'Ki', 'Mi', 'Gi', 'e3', 'E-2', 'e+7'),
    sign: fc.constantFrom('', '+', '-'),
  })
  .map(({ whole, fraction, suffix, sign }) => `${sign}${whole}${fraction === null ? '' : `.${fraction}`}${suffix}`);

const wholeNumbers = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });

describe('Quantity', () => {
  it.each(canonical)('prints %s as Kubernetes does: %s', (input, output) => {
    expect(Quantity.parse(input).toString()).toBe(output);
  });

  it('rounds what is finer than a billionth away from zero', () => {
    for (const [input, output] of [
      ['0.1n', '1n'],
      ['0.00000000001', '1n'],
      ['-0.00000000001', '-1n'],
      ['1e-20', '1e-9'],
      ['1e-400', '1e-9'],
    ] as const) {
      expect(Quantity.parse(input).toString(), input).toBe(output);
    }
  });

  it('caps binary quantities at the largest int64, and no others', () => {
    expect(Quantity.parse('8Ei').toString()).toBe('9223372036854775807');
    expect(Quantity.parse('-100Ei').toString()).toBe('-9223372036854775807');
    expect(Quantity.parse('100E').value()).toBe(100n * 10n ** 18n);
  });

  it.each([
    '',
    ' ',
    ' 1',
    '1 ',
    '+',
    '-',
    '.',
    '--1',
    '1e',
    '1ee3',
    '1e1.5',
    '1i',
    '1ki',
    '1Mm',
    '1KI',
    '0x10',
    '1_0',
    '1Ke3',
    'm',
    'NaN',
  ])('refuses %j with InvalidInput', (input) => {
    expect(() => Quantity.parse(input)).toThrow(expect.objectContaining({ code: 'InvalidInput', retry: false }));
  });

  it('refuses input that is meant to cost memory, at once', () => {
    for (const input of ['1e99999999999', '1e257', '9'.repeat(257), `1${'0'.repeat(100_000)}`, '1e-999999999999x']) {
      expect(() => Quantity.parse(input)).toThrow(expect.objectContaining({ code: 'InvalidInput' }));
    }
    expect(Quantity.parse('1e-99999999999').toString()).toBe('1e-9');
  });

  it('takes numbers, as YAML readers hand them over', () => {
    expect(Quantity.parse(2).toString()).toBe('2');
    expect(Quantity.parse(0.25).toString()).toBe('250m');
    expect(() => Quantity.parse(Infinity)).toThrow(expect.objectContaining({ code: 'InvalidInput' }));
  });

  it('rounds whole and scaled values away from zero', () => {
    expect(Quantity.parse('1m').value()).toBe(1n);
    expect(Quantity.parse('1500m').value()).toBe(2n);
    expect(Quantity.parse('-1500m').value()).toBe(-2n);
    expect(Quantity.parse('1u').milliValue()).toBe(1n);
    expect(Quantity.parse('2').milliValue()).toBe(2000n);
    expect(Quantity.parse('1.5Gi').value()).toBe(1610612736n);
    expect(Quantity.parse('1.5G').scaledValue(9)).toBe(2n);
    expect(Quantity.parse('1500m').toNumber()).toBe(1.5);
  });

  it('keeps the format of the first quantity that is not zero', () => {
    expect(Quantity.parse('1.5Gi').add('512Mi').toString()).toBe('2Gi');
    expect(Quantity.parse('1k').add('1Ki').toString()).toBe('2024');
    expect(Quantity.zero.add('2Mi').toString()).toBe('2Mi');
    expect(Quantity.parse('1Ki').sub('1').add('1').toString()).toBe('1Ki');
    expect(Quantity.zero.sub('1500m').toString()).toBe('-1500m');
  });

  it('makes quantities of numbers', () => {
    expect(Quantity.of(512n * 1024n ** 2n, 'BinarySI').toString()).toBe('512Mi');
    expect(Quantity.of(1500, 'DecimalSI', -3).toString()).toBe('1500m');
    expect(() => Quantity.of(0.5)).toThrow(expect.objectContaining({ code: 'InvalidInput' }));
  });

  it('writes itself into JSON in its canonical form', () => {
    expect(JSON.stringify({ cpu: Quantity.parse('1000m') })).toBe('{"cpu":"1"}');
  });

  it('reads its own canonical form as the same amount, printed the same', () => {
    fc.assert(
      fc.property(quantities, (input) => {
        const quantity = Quantity.parse(input);
        const again = Quantity.parse(quantity.toString());
        expect(again.compare(quantity)).toBe(0);
        expect(again.toString()).toBe(quantity.toString());
      }),
    );
  });

  it('has no fraction, and no decimal suffix that could be larger, in its canonical form', () => {
    fc.assert(
      fc.property(quantities, (input) => {
        const quantity = Quantity.parse(input);
        const [, digits = '', suffix = ''] = /^-?(\d+)(\D.*)?$/.exec(quantity.toString()) ?? [];
        expect(digits).not.toBe('');
        if (quantity.format !== 'BinarySI' && suffix !== 'E') expect(digits).not.toMatch(/000$/);
      }),
    );
  });

  it('adds and compares as whole numbers do', () => {
    fc.assert(
      fc.property(wholeNumbers, wholeNumbers, (a, b) => {
        const sum = Quantity.of(a).add(Quantity.of(b));
        expect(sum.value()).toBe(a + b);
        expect(Quantity.of(a).sub(Quantity.of(b)).value()).toBe(a - b);
        expect(Quantity.of(a).compare(Quantity.of(b))).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
    );
  });

  it('adds in any order, and takes away what was added', () => {
    fc.assert(
      fc.property(quantities, quantities, (a, b) => {
        const [one, other] = [Quantity.parse(a), Quantity.parse(b)];
        expect(one.add(other).equals(other.add(one))).toBe(true);
        expect(one.add(other).sub(other).equals(one)).toBe(true);
        expect(one.compare(other)).toBe(-other.compare(one) || 0);
      }),
    );
  });
});
