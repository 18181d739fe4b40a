import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeWatchEvent, LineSplitter } from '../../../src/kube/reflector/watch-decoder.js';

describe('splitting a watch into lines', () => {
  it('gives the same lines wherever the bytes are cut', () => {
    const line = fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => text.replace(/\s/g, '_'));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 10 }), fc.array(fc.nat(), { maxLength: 20 }), (lines, cuts) => {
        const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
        const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
        const splitter = new LineSplitter(1_000);
        const found = at.slice(1).flatMap((end, i) => [...splitter.push(bytes.subarray(at[i], end))]);
        expect(found).toEqual(lines.filter((text) => text !== ''));
      }),
    );
  });

  it('throws for a line past the bound as soon as that is known, and not for one that just fits', () => {
    const fits = new LineSplitter(4);
    expect([...fits.push(Buffer.from('abcd\n'))]).toEqual(['abcd']);
    expect(() => [...fits.push(Buffer.from('abcde'))]).toThrow('watch: an event is longer than 4 bytes');
    const split = new LineSplitter(4);
    expect([...split.push(Buffer.from('abc'))]).toEqual([]);
    expect(() => [...split.push(Buffer.from('de\n'))]).toThrow('longer than 4 bytes');
  });
});

describe('decoding a line', () => {
  it('passes over types that it does not know', () => {
    expect(decodeWatchEvent('{"type":"SOMETHING_NEW","object":{}}')).toBeUndefined();
  });

  it.each(['{', '[]', 'null', '{"type":"ADDED"}', '{"type":"ADDED","object":null}', '{"object":{}}'])(
    'throws for %s',
    (line) => {
      expect(() => decodeWatchEvent(line)).toThrow(/^watch: a line/);
    },
  );
});
