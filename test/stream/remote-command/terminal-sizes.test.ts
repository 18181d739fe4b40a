import { PassThrough, Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TerminalSize } from '../../../src/provider/provider.js';
import { TerminalSizeDecoder, terminalSizes } from '../../../src/stream/remote-command/terminal-sizes.js';

function decode(...chunks: (string | Buffer)[]): TerminalSize[] {
  const decoder = new TerminalSizeDecoder();
  return chunks.flatMap((chunk) => decoder.push(Buffer.from(chunk)));
}

describe('the resize stream', () => {
  it('kubelet-protocol §3: carries JSON values in no relation to frames', () => {
    const sides = fc.integer({ min: 1, max: 65_535 });
    const sizes = fc.array(fc.record({ width: sides, height: sides }), { maxLength: 20 });
    fc.assert(
      fc.property(sizes, fc.array(fc.nat(400)), fc.constantFrom('', '\n', ' \r\n\t'), (expected, cuts, between) => {
        const text = expected
          .map(({ width, height }) => JSON.stringify({ Width: width, Height: height }))
          .join(between);
        const edges = [0, ...cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b), text.length];
        const chunks = edges.slice(1).map((edge, index) => text.slice(edges[index], edge));
        expect(decode(...chunks)).toEqual(expected);
      }),
      { seed: 3 },
    );
  });

  it('takes names in any case and passes others over, as Go does', () => {
    expect(decode('{"height":24,"WIDTH":80,"x":"y"}')).toEqual([{ width: 80, height: 24 }]);
  });

  it('has no size for a terminal without a window', () => {
    expect(decode('{"Width":0,"Height":0}{"Width":80}{}{"Width":80,"Height":24}')).toEqual([{ width: 80, height: 24 }]);
  });

  it.each([
    '{"Width":65536,"Height":1}',
    '{"Width":-1,"Height":1}',
    '{"Width":1.5,"Height":1}',
    '{"Width":"80","Height":"24"}',
    'null}',
    '[1,2]}',
    'resize!}',
    `{"Width":80,"Height":24,"x":"${'y'.repeat(2_000)}"}`,
    ' '.repeat(2_000),
  ])('has no sizes any more after what is none: %j', (text) => {
    expect(decode('{"Width":1,"Height":2}', text, '{"Width":80,"Height":24}')).toEqual([{ width: 1, height: 2 }]);
  });
});

describe('terminalSizes', () => {
  it('gives a reader the latest size, and ends when the stream does', async () => {
    const source = new PassThrough();
    const sizes = terminalSizes(source);
    source.write('{"Width":1,"Height":1}{"Width":2,"Height":2}');
    source.write('{"Width":3,"Height":3}');
    await nextTurn();
    const seen: TerminalSize[] = [];
    for await (const size of sizes) {
      seen.push(size);
      source.end();
    }
    expect(seen).toEqual([{ width: 3, height: 3 }]);
  });

  it('reads on though nobody iterates', async () => {
    const source = new PassThrough({ highWaterMark: 64 });
    terminalSizes(source);
    for (let write = 0; write < 1_000; write += 1) source.write('{"Width":80,"Height":24}\n');
    while (source.writableLength + source.readableLength > 64) await nextTurn();
    source.destroy();
  });

  it('ends, and does not fail, when the stream is destroyed', async () => {
    const source = new PassThrough();
    const ended = Readable.from(terminalSizes(source)).toArray();
    source.destroy(new Error('reset'));
    expect(await ended).toEqual([]);
  });
});
