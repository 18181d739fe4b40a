import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { AttachIO, CallContext } from '../../../src/provider/provider.js';
import { silentLogger } from '../../../src/runtime/logger.js';
import { exitStatus } from '../../../src/stream/remote-command/outcome.js';
import { serveRemoteCommand } from '../../../src/stream/remote-command/serve-remote-command.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { MemoryTransport } from './memory-transport.js';

type Start = (io: AttachIO, context: CallContext) => Promise<unknown>;

/** Serves `start` on `transport`, on a clock that stands still. */
function serve(transport: MemoryTransport, start: Start, signal = new AbortController().signal) {
  const clock = new ManualClock();
  const warn = vi.fn();
  const served = serveRemoteCommand(
    transport,
    { verb: 'executing command', tty: false, start, outcome: (code) => exitStatus('executing command', code) },
    { signal, logger: { ...silentLogger, warn } },
    { clock, providerGraceMs: 5_000, idleTimeoutMs: 60_000 },
  );
  return { served, clock, warn };
}

const success = { metadata: {}, status: 'Success' };

function failure(message: string) {
  return { status: 'Failure', reason: 'InternalError', message: expect.stringContaining(message) as string };
}

describe('a session', () => {
  it('ends with all output and then the exit code, and leaves no timer', async () => {
    const transport = new MemoryTransport();
    const { served, clock } = serve(transport, async ({ stdin, stdout, stderr }) => {
      stderr?.write('reading\n');
      for await (const chunk of stdin ?? []) stdout?.write(String(chunk).toUpperCase());
      return 0;
    });
    transport.stdin.end('hello');
    await served;
    expect(transport.output).toBe('reading\nHELLO');
    expect(transport.statuses).toEqual([success]);
    expect(clock.pending).toBe(0);
  });

  it('sends what a provider has corked and left so, and does not wait for it to be uncorked', async () => {
    const transport = new MemoryTransport();
    const { served, clock } = serve(transport, async ({ stdout }) => {
      stdout?.cork();
      stdout?.cork();
      stdout?.write('all ');
      stdout?.write('of it');
      return 0;
    });
    await served;
    expect(transport.output).toBe('all of it');
    expect(transport.statuses).toEqual([success]);
    expect(clock.pending).toBe(0);
  });

  it('sends what is left of the output of a provider that has resolved, to a client that reads late', async () => {
    const transport = new MemoryTransport({ reading: false, stdoutHighWaterMark: 10 });
    const { served } = serve(transport, async ({ stdout }) => {
      for (let line = 0; line < 100; line += 1) stdout?.write(`line ${line}\n`);
      return 3;
    });
    await nextTurn();
    expect(transport.statuses).toEqual([]);
    transport.read();
    await served;
    expect(transport.output.split('\n')).toHaveLength(101);
    expect(transport.statuses).toEqual([expect.objectContaining({ reason: 'NonZeroExitCode' })]);
  });

  it('drops what a provider writes after it has resolved, and keeps all from before', async () => {
    const transport = new MemoryTransport({ reading: false, stdoutHighWaterMark: 10 });
    let stop = false;
    const { served } = serve(transport, async ({ stdout }) => {
      for (let line = 0; line < 10; line += 1) stdout?.write(`before ${line}\n`);
      const goOn = (): void => {
        stdout?.write('after\n');
        if (!stop) setImmediate(goOn);
      };
      setImmediate(goOn);
      return 0;
    });
    for (let turn = 0; turn < 5; turn += 1) await nextTurn();
    transport.read();
    await served;
    stop = true;
    expect(transport.output).toBe(Array.from({ length: 10 }, (_, line) => `before ${line}\n`).join(''));
    expect(transport.statuses).toEqual([success]);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no such container');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no such container'))],
    ['rejects with text', () => Promise.reject('no such container')],
  ])('fails with what the provider says when it %s', async (_, start) => {
    const transport = new MemoryTransport();
    await serve(transport, start).served;
    expect(transport.statuses).toEqual([expect.objectContaining(failure('no such container'))]);
  });

  it('tells of nothing but the message of an error', async () => {
    const transport = new MemoryTransport();
    const error = Object.assign(new Error('out of reach', { cause: new Error('secret') }), { headers: 'secret' });
    await serve(transport, () => Promise.reject(error)).served;
    expect(JSON.stringify(transport.statuses)).not.toContain('secret');
  });

  it.each([undefined, null, '0', 1.5, 256])('invariant 9: fails when the provider resolves with %j', async (result) => {
    const transport = new MemoryTransport();
    await serve(transport, () => Promise.resolve(result)).served;
    expect(transport.statuses).toEqual([expect.objectContaining({ status: 'Failure', reason: 'InternalError' })]);
  });

  it('invariant 9: fails when the provider destroys an output with bytes to be sent, though it says 0', async () => {
    const transport = new MemoryTransport({ reading: false, stdoutHighWaterMark: 1 });
    const { served } = serve(transport, async ({ stdout }) => {
      stdout?.write('passes');
      stdout?.write('is lost');
      await nextTurn();
      stdout?.destroy();
      return 0;
    });
    for (let turn = 0; turn < 3; turn += 1) await nextTurn();
    transport.read();
    await served;
    expect(transport.statuses).toEqual([
      expect.objectContaining(failure('stdout: the provider destroyed it with 7 bytes')),
    ]);
  });

  it('stands a provider that pipes into its outputs, which ends them, and destroys its input', async () => {
    const transport = new MemoryTransport();
    const { served } = serve(transport, async ({ stdin, stdout, stderr }) => {
      stdin?.destroy(new Error('not wanted'));
      if (stdout) await pipeline(Readable.from(['a', 'b']), stdout);
      stderr?.destroy(new Error('broken pipe'));
      return 0;
    });
    transport.stdin.write('x'.repeat(100_000));
    await served;
    expect(transport.output).toBe('ab');
    expect(transport.statuses).toEqual([success]);
  });

  it('reads on past input that the provider does not read, once the provider has ended', async () => {
    const transport = new MemoryTransport();
    transport.stdin.write('x'.repeat(200_000));
    const { served } = serve(transport, () => Promise.resolve(0));
    await served;
    expect(transport.statuses).toEqual([success]);
  });

  it('slows a provider down to the pace of its client', async () => {
    const transport = new MemoryTransport({ reading: false, stdoutHighWaterMark: 1_000 });
    let written = 0;
    const { served } = serve(transport, async ({ stdout }) => {
      while (written < 1_000_000) {
        written += 1_000;
        if (stdout?.write(Buffer.alloc(1_000)) === false) await once(stdout, 'drain');
      }
      return 0;
    });
    for (let turn = 0; turn < 50; turn += 1) await nextTurn();
    expect(written).toBeLessThan(100_000);
    transport.read();
    await served;
    expect(transport.output).toHaveLength(1_000_000);
  });

  it('aborts the signal of the call when the client goes, and ends once the call has', async () => {
    const transport = new MemoryTransport();
    let cleanedUp = false;
    const { served, clock } = serve(transport, async ({ stdin, stdout }, { signal }) => {
      stdout?.write('started\n');
      await once(signal, 'abort');
      expect(stdin?.destroyed).toBe(true);
      expect(stdout?.destroyed).toBe(true);
      stdout?.write('to nobody');
      await nextTurn();
      cleanedUp = true;
      return 0;
    });
    await nextTurn();
    transport.hangUp();
    await served;
    expect(cleanedUp).toBe(true);
    expect(transport.statuses).toEqual([expect.objectContaining(failure('the client has gone'))]);
    expect(clock.pending).toBe(0);
  });

  it('leaves a call alone that goes on after its client, and says so', async () => {
    const transport = new MemoryTransport();
    const { served, clock, warn } = serve(transport, () => new Promise(() => undefined));
    transport.hangUp();
    await clock.settle();
    expect(warn).not.toHaveBeenCalled();
    await clock.advance(5_000);
    await served;
    expect(warn).toHaveBeenCalledWith({ graceMs: 5_000 }, expect.stringContaining('no longer waiting'));
    expect(clock.pending).toBe(0);
  });

  it('invariant 9: tells the client that the node ends, whatever the provider makes of it', async () => {
    const transport = new MemoryTransport();
    const server = new AbortController();
    const { served } = serve(
      transport,
      async (_io, { signal }) => {
        await once(signal, 'abort');
        return 0;
      },
      server.signal,
    );
    server.abort(new Error('the node is shutting down'));
    await served;
    expect(transport.statuses).toEqual([expect.objectContaining(failure('the node is shutting down'))]);
  });

  it('asks nothing of the provider when the client has gone before', async () => {
    const transport = new MemoryTransport();
    transport.hangUp();
    const start = vi.fn<Start>();
    await serve(transport, start).served;
    expect(start).not.toHaveBeenCalled();
    expect(transport.statuses).toEqual([expect.objectContaining(failure('the client has gone'))]);
  });

  it('invariant 9: fails after the idle time when the client does not read the rest', async () => {
    const transport = new MemoryTransport({ reading: false, stdoutHighWaterMark: 1 });
    const { served, clock } = serve(transport, async ({ stdout }) => {
      stdout?.write('a');
      stdout?.write('b');
      return 0;
    });
    await clock.advance(60_000);
    transport.read();
    await served;
    expect(transport.statuses).toEqual([expect.objectContaining(failure('the client does not read its output'))]);
  });

  it('gives sizes of the terminal as they come, until the end', async () => {
    const transport = new MemoryTransport();
    transport.resize.write('{"Width":80,"Height":24}');
    const sizes: number[] = [];
    const { served } = serve(transport, async ({ resize }) => {
      for await (const { width } of resize ?? []) {
        sizes.push(width);
        if (width === 80) transport.resize.write('{"Width":100,"Height":24}');
        else return 0;
      }
      return 1;
    });
    await served;
    expect(sizes).toEqual([80, 100]);
    expect(transport.statuses).toEqual([success]);
  });
});
