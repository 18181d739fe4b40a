import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { AttachIO } from '../../../src/provider/provider.js';
import type { Clock, Timer } from '../../../src/runtime/clock.js';
import { pipeToChildProcess, type ChildProcessOptions } from '../../../src/stream/bridges/child-process.js';
import { MemorySession, type MemorySessionOptions } from '../../../src/stream/bridges/memory-session.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { eventually } from '../eventually.js';

function shell(script: string, detached = false): ChildProcess {
  return spawn('sh', ['-c', script], { detached });
}

interface RunOptions extends ChildProcessOptions {
  readonly session?: MemorySessionOptions;
  readonly stdin?: string;
}

async function run(child: ChildProcess, { session: sessionOptions, stdin, ...options }: RunOptions = {}) {
  const session = new MemorySession(sessionOptions);
  if (stdin !== undefined) session.stdin.end(stdin);
  return session.run((io, { signal }) => pipeToChildProcess(io, child, { signal, ...options }));
}

/** Whether a process runs. One that has ended may wait for a while until somebody asks for its exit code. */
function runs(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** Finds everything due as soon as it looks. */
class LateClock implements Clock {
  now(): number {
    return 0;
  }
  setTimer(_delayMs: number, onDue: () => void): Timer {
    let isSet = true;
    process.nextTick(() => isSet && onDue());
    return { cancel: () => void (isSet = false) };
  }
  sleep(): Promise<void> {
    return Promise.resolve();
  }
}

/** Everything that listens to the client's streams. */
function listeners({ stdin, stdout, stderr }: AttachIO): number {
  const streams = [stdin, stdout, stderr].filter((stream) => stream !== undefined);
  return streams.reduce(
    (sum, stream) => stream.eventNames().reduce((count, name) => count + stream.listenerCount(name), sum),
    0,
  );
}

/** Reads a line of what a command says about itself, such as its process id. */
async function line(session: MemorySession): Promise<string> {
  const [chunk] = (await once(session.stdout, 'data')) as [Buffer];
  return chunk.toString().trim();
}

describe('pipeToChildProcess', () => {
  it('passes the end of stdin on, and all output before the exit code', async () => {
    expect(await run(shell('cat; echo oops >&2; exit 7'), { stdin: 'hello' })).toEqual({
      result: 7,
      stdout: 'hello',
      stderr: 'oops\n',
    });
  });

  // From Node 24 on a pipe holds less than the output that it takes, and the command waits for its reader.
  it.skipIf(Number.parseInt(process.versions.node) >= 24)(
    'loses no output where the time to wait for it passes before it could be read',
    async () => {
      const session = new MemorySession({ highWaterMark: 1_000 });
      const child = shell('head -c 150000 /dev/zero; exit 3');
      // As after a turn of the event loop that took too long: whatever was set is due, and what has come is not read.
      const exitCode = pipeToChildProcess(session.io, child, { clock: new LateClock() });
      // Most of it is in the pipe when the command ends.
      await once(child, 'exit');
      let bytes = 0;
      session.stdout.on('data', (chunk: Buffer) => (bytes += chunk.length));
      expect(await exitCode).toBe(3);
      session.end();
      await once(session.stdout, 'end');
      expect(bytes).toBe(150_000);
    },
  );

  it.each([
    ['exit 0', 0],
    ['exit 255', 255],
    ['kill -KILL $$', 137],
    ['kill -TERM $$', 143],
  ])('%s is exit code %i', async (script, code) => {
    expect((await run(shell(script))).result).toBe(code);
  });

  it('says so where there is no such command, and where it cannot be executed', async () => {
    const notFound = { code: 'InvalidInput', message: expect.stringContaining('command no-such-command: cannot be') };
    const nobody = 'no-such-command';
    await expect(run(spawn(nobody, ['secret']))).rejects.toMatchObject(notFound);
    const forbidden = { code: 'InvalidInput', message: 'command /etc: cannot be started: permission denied' };
    await expect(run(spawn('/etc', []))).rejects.toMatchObject(forbidden);
  });

  it('does not mind a command that ends with input unread', async () => {
    const session = new MemorySession();
    session.stdin.write(Buffer.alloc(4_000_000));
    expect((await session.run((io) => pipeToChildProcess(io, shell('exit 3')))).result).toBe(3);
    session.hangUp();
  });

  it('throws input away that is not read, so that it holds up nothing else', async () => {
    const session = new MemorySession();
    const child = shell('exec <&-; echo closed; sleep 60');
    const running = session.run((io, { signal }) => pipeToChildProcess(io, child, { signal }));
    await once(session.stdout, 'data');
    for (let sent = 0; sent < 4_000_000; sent += 65_536) {
      if (!session.stdin.write(Buffer.alloc(65_536))) await once(session.stdin, 'drain');
    }
    session.hangUp();
    await expect(running).rejects.toMatchObject({ code: 'Aborted' });
  });

  it('slows a command to its client’s pace: 128 MiB to a slow reader, all of it, in bounded memory', async () => {
    const size = 2 ** 27;
    const session = new MemorySession();
    const child = shell(`head -c ${size} /dev/zero`);
    let held = 0;
    let received = 0;
    const reading = (async () => {
      for await (const chunk of session.stdout) {
        received += (chunk as Buffer).length;
        held = Math.max(held, session.io.stdout!.writableLength + child.stdout!.readableLength);
        if (received % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const code = await pipeToChildProcess(session.io, child, { signal: session.context.signal });
    session.end();
    await reading;
    expect([code, received]).toEqual([0, size]);
    expect(held).toBeLessThan(300_000);
  });

  it('empties streams that the client did not ask for, and ends input that it will not give', async () => {
    const nothing = { stdin: false, stdout: false, stderr: true };
    const script = 'head -c 1500000 /dev/zero; cat; echo done >&2';
    expect(await run(shell(script), { session: nothing })).toEqual({ result: 0, stdout: '', stderr: 'done\n' });
  });

  it('sends stderr where stdout goes when there is a terminal, which has no other place for it', async () => {
    const answer = await run(shell('echo error >&2'), { session: { tty: true }, stdin: '' });
    expect(answer).toEqual({ result: 0, stdout: 'error\n', stderr: '' });
  });

  it('knows of a command that was over before it was joined', async () => {
    const child = shell('exit 9');
    await once(child, 'exit');
    expect((await run(child)).result).toBe(9);
  });

  it('leaves the client’s streams as it found them: open, and without its listeners', async () => {
    const session = new MemorySession();
    const before = listeners(session.io);
    await pipeToChildProcess(session.io, shell('cat <&- >&-; exit 1'), { signal: session.context.signal });
    expect(listeners(session.io)).toBe(before);
    expect(session.io.stdout!.writable).toBe(true);
    session.hangUp();
  });

  describe('when the client has gone', () => {
    it('ends the command, and says that nobody is there for its exit code', async () => {
      const session = new MemorySession();
      const child = shell('sleep 60');
      const running = pipeToChildProcess(session.io, child, { signal: session.context.signal });
      session.hangUp();
      await expect(running).rejects.toMatchObject({
        code: 'Aborted',
        message: 'command sh: ended, since its client has gone',
      });
      expect(child.signalCode).toBe('SIGTERM');
    });

    it('ends one that it is given too late', async () => {
      const child = shell('sleep 60');
      const signal = AbortSignal.abort(new Error('too late'));
      await expect(pipeToChildProcess({ tty: false }, child, { signal })).rejects.toMatchObject({ code: 'Aborted' });
      expect(child.signalCode).toBe('SIGTERM');
    });

    it('kills a command that does not heed its signal, when its time is up', async () => {
      const clock = new ManualClock();
      const session = new MemorySession();
      const child = shell("trap '' TERM; echo ready; while :; do sleep 0.05; done");
      const options = { signal: session.context.signal, killAfterMs: 5_000, clock };
      const running = pipeToChildProcess(session.io, child, options);
      const settled = running.catch((error: unknown) => error);
      await line(session);
      session.hangUp();
      await clock.advance(4_999);
      expect([child.exitCode, child.signalCode]).toEqual([null, null]);
      await clock.advance(1);
      expect(await settled).toMatchObject({ code: 'Aborted' });
      expect(child.signalCode).toBe('SIGKILL');
      expect(clock.pending).toBe(0);
    });

    it('ends the whole group, also who of it does not heed the signal', async () => {
      const session = new MemorySession();
      // Who says that it is ready does not heed the signal any more.
      const child = shell("(trap '' TERM; read _ignored < /proc/self/stat; echo $_ignored; sleep 60) & wait", true);
      const running = pipeToChildProcess(session.io, child, { signal: session.context.signal, processGroup: true });
      const grandchild = Number.parseInt(await line(session), 10);
      expect(runs(grandchild)).toBe(true);
      session.hangUp();
      await expect(running).rejects.toMatchObject({ code: 'Aborted' });
      await eventually('the grandchild has gone', () => !runs(grandchild));
    });

    it('notices without a signal, by a stream that breaks', async () => {
      const stdout = new PassThrough();
      const child = shell('while :; do echo more; sleep 0.01; done');
      const running = pipeToChildProcess({ stdout, tty: false }, child);
      await once(stdout, 'data');
      stdout.destroy();
      await expect(running).rejects.toMatchObject({ code: 'Aborted' });
    });
  });

  describe('when the command leaves others behind that hold its output open', () => {
    it('waits for silence, and no longer; they live on', async () => {
      const clock = new ManualClock();
      const session = new MemorySession();
      const child = shell('sleep 60 & echo $!', true);
      const exited = once(child, 'exit');
      const running = session.run((io, { signal }) => pipeToChildProcess(io, child, { signal, drainMs: 300, clock }));
      await exited;
      await eventually('the wait has begun', () => clock.pending > 0);
      await clock.advance(300);
      const { result, stdout } = await running;
      expect(result).toBe(0);
      expect(runs(Number(stdout))).toBe(true);
      process.kill(-child.pid!, 'SIGKILL');
      expect(clock.pending).toBe(0);
    });

    it('does not wait for one that goes on writing', async () => {
      const session = new MemorySession();
      session.stdout.resume();
      const running = pipeToChildProcess(session.io, shell('yes & echo $! >&2; exit 4'), session.context);
      const [pid] = (await once(session.stderr, 'data')) as [Buffer];
      expect(await running).toBe(4);
      session.end();
      // It writes to nobody now, which ends it.
      await eventually('yes has gone', () => !runs(Number(pid)));
    });

    it('gives a slow client all the time it needs for what was written before', async () => {
      const clock = new ManualClock();
      const session = new MemorySession();
      const child = shell('head -c 150000 /dev/zero');
      const exited = once(child, 'exit');
      const running = pipeToChildProcess(session.io, child, { signal: session.context.signal, clock });
      await exited;
      await clock.advance(3_600_000);
      let received = 0;
      session.stdout.on('data', (chunk: Buffer) => (received += chunk.length));
      expect(await running).toBe(0);
      session.end();
      await once(session.stdout, 'end');
      expect(received).toBe(150_000);
    });
  });
});
