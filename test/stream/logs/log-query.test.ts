import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VkError } from '../../../src/runtime/errors.js';
import { parseLogQuery } from '../../../src/stream/logs/log-query.js';
import { formatLogTime, parseLogTime } from '../../../src/stream/logs/log-time.js';

const parse = (query: string): object => parseLogQuery(new URLSearchParams(query));

describe('the query of a log request', () => {
  it.each([
    ['', {}],
    ['unknown=1&container=web&pretty=true', {}],
    ['follow=true&previous=1&timestamps', { follow: true, previous: true, timestamps: true }],
    ['follow=&previous=false&timestamps=0', { follow: true }],
    ['follow=False', {}],
    ['tailLines=0', { tailLines: 0 }],
    ['tailLines=%2B7&limitBytes=1', { tailLines: 7, limitBytes: 1 }],
    ['tailLines=3&tailLines=x', { tailLines: 3 }],
    ['tailLines=007', { tailLines: 7 }],
    ['tailLines=9223372036854775807', { tailLines: Number.MAX_SAFE_INTEGER }],
    ['sinceSeconds=1', { sinceSeconds: 1 }],
    ['sinceTime=2026-02-28T23:59:59Z', { sinceTime: '2026-02-28T23:59:59Z' }],
    ['sinceTime=2026-02-28T23:59:59.123456789%2B02:00', { sinceTime: '2026-02-28T23:59:59.123456789+02:00' }],
    ['sinceTime=&sinceSeconds=5', { sinceSeconds: 5 }],
    ['sinceTime=null', {}],
    ['stream=All&tailLines=5', { stream: 'All', tailLines: 5 }],
    ['stream=Stderr', { stream: 'Stderr' }],
  ])('kubelet-protocol §5: %s is understood', (query, expected) => {
    expect(parse(query)).toEqual(expected);
  });

  it.each([
    ['tailLines=-1', 'log query: tailLines must be 0 or greater'],
    ['tailLines=1.5', 'log query: tailLines is not a whole number'],
    ['tailLines=', 'log query: tailLines is not a whole number'],
    ['tailLines=0x10', 'log query: tailLines is not a whole number'],
    ['tailLines=9223372036854775808', 'log query: tailLines is not a whole number'],
    [`tailLines=${'9'.repeat(70)}`, 'log query: tailLines is not a whole number'],
    ['limitBytes=0', 'log query: limitBytes must be 1 or greater'],
    ['sinceSeconds=0', 'log query: sinceSeconds must be 1 or greater'],
    ['sinceSeconds=1e3', 'log query: sinceSeconds is not a whole number'],
    ['sinceTime=yesterday', 'log query: sinceTime is not an RFC 3339 time'],
    ['sinceTime=2026-02-29T00:00:00Z', 'log query: sinceTime is not an RFC 3339 time'],
    ['sinceTime=2026-01-01T24:00:00Z', 'log query: sinceTime is not an RFC 3339 time'],
    ['sinceTime=2026-01-01', 'log query: sinceTime is not an RFC 3339 time'],
    [
      'sinceTime=2026-01-01T00:00:00Z&sinceSeconds=5',
      'log query: at most one of sinceTime and sinceSeconds may be given',
    ],
    ['stream=stdout', 'log query: stream must be All, Stdout or Stderr'],
    ['stream=', 'log query: stream must be All, Stdout or Stderr'],
    ['stream=Stdout&tailLines=5', 'log query: tailLines and one stream alone exclude each other'],
  ])('kubelet-protocol §5: %s is refused with 400', (query, message) => {
    let thrown: unknown;
    try {
      parse(query);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(VkError);
    expect(thrown).toMatchObject({ message, httpStatus: 400 });
  });

  it('R8: whatever it is, it is understood or refused with 400', () => {
    const name = fc.constantFrom(
      ...['follow', 'previous', 'timestamps', 'tailLines', 'limitBytes', 'sinceSeconds', 'sinceTime', 'stream', 'x'],
    );
    const value = fc.oneof(
      fc.string({ maxLength: 40, unit: 'binary' }),
      fc.bigInt().map(String),
      fc.double().map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.constantFrom('All', 'Stdout', 'Stderr', 'true', 'false', '', '-0', '+0', 'null'),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 6 }), (pairs) => {
        try {
          const options = parseLogQuery(new URLSearchParams(pairs));
          expect(options.tailLines ?? 0).toBeGreaterThanOrEqual(0);
          expect(options.limitBytes ?? 1).toBeGreaterThanOrEqual(1);
          expect(options.sinceSeconds ?? 1).toBeGreaterThanOrEqual(1);
          expect(options.sinceSeconds === undefined || options.sinceTime === undefined).toBe(true);
          expect(options.sinceTime === undefined || parseLogTime(options.sinceTime) !== undefined).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ name: 'VkError', httpStatus: 400 });
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a log time', () => {
  it.each([
    ['2016-10-06T00:17:09.669794202Z', '2016-10-06T00:17:09.669794202Z'],
    ['2016-10-06T02:17:09.5+02:00', '2016-10-06T00:17:09.500000000Z'],
    ['2016-10-06T00:17:09Z', '2016-10-06T00:17:09.000000000Z'],
    ['0099-12-31T23:30:00-01:00', '0100-01-01T00:30:00.000000000Z'],
    ['2016-10-06T00:17:09.1234567891Z', '2016-10-06T00:17:09.123456789Z'],
  ])('kubelet-protocol §5: %s is written with nine digits, as %s', (text, expected) => {
    expect(formatLogTime(parseLogTime(text)!)).toBe(expected);
  });

  it('is none of what Go does not parse', () => {
    const texts = ['2016-10-06t00:17:09Z', '2016-13-06T00:17:09Z', '2016-10-06T00:17:60Z', '2016-10-06T00:17:09', ''];
    expect(texts.map(parseLogTime)).toEqual(texts.map(() => undefined));
  });
});
