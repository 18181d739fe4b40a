import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '@vk-sdk-examples/shared/testing';
import { silentLogger } from 'vk-sdk';
import { launchSupervisor } from '../src/runs/launch.js';
import type { RecordedOrder } from '../src/runs/container-run.js';
import { claimOf } from '../src/supervisor/claim.js';
import { identify, isAlive } from '../src/supervisor/identity.js';
import { markedProcesses } from '../src/supervisor/marks.js';
import { Supervised } from './supervised.js';

const opened: AsyncDisposable[] = [];

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

function supervised(script: string, more: Partial<RecordedOrder> = {}): Supervised {
  const run = new Supervised(script, more);
  opened.push(run);
  return run;
}

describe('a supervised process', () => {
  it.each([
    ['exit 0', 0],
    ['exit 7', 7],
    ['exit 255', 255],
    ['kill -KILL $$', 137],
    ['kill -TERM $$', 143],
  ])('has its exit code told exactly: %s', async (script, code) => {
    expect(await supervised(script).ended()).toBe(code);
  });

  it.each([
    ['no-such-program', 'no-such-program: executable file not found in $PATH'],
    ['/etc/passwd', '/etc/passwd: no such executable file'],
  ])('that cannot be started says so: %s', async (program, message) => {
    const run = supervised('', { argv: [program], program }).follow();
    await eventually('the end', () => run.exit !== undefined);
    expect(run.exit).toMatchObject({ exitCode: 128, reason: 'StartError', message });
  });

  it('has all its output in the log, by lines, also the last without a newline', async () => {
    const run = supervised('seq 1 5000; printf "%20000s|" x; echo; echo err >&2; printf end');
    expect(await run.ended()).toBe(0);
    const lines = (await run.log()).split('\n');
    expect(lines.slice(0, 5_000)).toEqual(Array.from({ length: 5_000 }, (_, index) => String(index + 1)));
    expect(
      lines
        .slice(5_000)
        .map((line) => line.trim())
        .sort(),
    ).toEqual(['end', 'err', 'x|']);
  });

  it('has its log rotated, and keeps as many files as it may', async () => {
    const run = supervised('seq 1 3000', { rotation: { maxBytes: 20_000, maxFiles: 3 } });
    await run.ended();
    expect(readdirSync(run.folder).filter((name) => name.startsWith('0.log'))).toHaveLength(3);
    const lines = (await run.log()).trim().split('\n').map(Number);
    expect(lines.at(-1)).toBe(3_000);
    expect(lines).toEqual(Array.from({ length: lines.length }, (_, index) => 3_001 - lines.length + index));
  });

  it('may open /dev/stdout and /dev/stderr, as servers do', async () => {
    const run = supervised('echo one > /dev/stdout; echo two > /dev/stderr');
    expect(await run.ended()).toBe(0);
    expect((await run.log()).trim().split('\n').sort()).toEqual(['one', 'two']);
  });

  it('on a terminal loses nothing of what it says last', async () => {
    const run = supervised('test -t 0 && test -t 1 && seq 1 5000; exit 3', { tty: true });
    expect(await run.ended()).toBe(3);
    expect((await run.log()).split('\r\n')).toHaveLength(5_001);
  });

  it('takes along what it leaves behind, also what has left its session', async () => {
    const run = supervised('setsid sleep 1000 & sleep 0.2; sleep 1000 & exit 5');
    expect(await run.ended()).toBe(5);
    expect(markedProcesses(run.order.mark)).toEqual([]);
  });
});

describe('an attached client', () => {
  it('gets what is said from then on, and is heard', async () => {
    const supervision = supervised('while read -r line; do echo "got $line"; done; echo bye', {
      stdin: true,
      stdinOnce: true,
    });
    const run = await supervision.running();
    let output = '';
    const link = await run.attach({
      hello: { stdin: true, stdout: true, stderr: true },
      onOutput: (_stream, chunk) => {
        output += chunk.toString();
        return true;
      },
    });
    await link.stdin(Buffer.from('one\ntwo\n'));
    await eventually('the echo', () => output.includes('got two'));
    link.endStdin();
    await link.closed;
    expect(output).toBe('got one\ngot two\nbye\n');
    expect(await supervision.ended(run)).toBe(0);
  });

  it('that reads nothing holds the process up, and loses nothing', async () => {
    const supervision = supervised('read -r go; head -c 8000000 /dev/zero; echo; echo end', { stdin: true });
    const run = await supervision.running();
    let bytes = 0;
    const link = await run.attach({
      hello: { stdin: true, stdout: true, stderr: false },
      onOutput: (_stream, chunk) => {
        bytes += chunk.length;
        return bytes > chunk.length;
      },
    });
    await link.stdin(Buffer.from('go\n'));
    await eventually('the first output', () => bytes > 0);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(run.state.type).toBe('running');
    expect(bytes).toBeLessThan(4_000_000);
    link.resume();
    await link.closed;
    expect(bytes).toBe(8_000_005);
  });
});

describe('whoever follows a run', () => {
  it('starts it once, however many do', async () => {
    const run = supervised('echo started; exec sleep 1000');
    const first = run.follow();
    launchSupervisor(run.folder, silentLogger);
    const second = run.follow();
    launchSupervisor(run.folder, silentLogger);
    await eventually('the process', () => first.pid !== undefined && second.pid !== undefined);
    expect(second.pid).toBe(first.pid);
    await eventually('its word', async () => (await run.log()) === 'started\n');
    expect(markedProcesses(run.order.mark)).toHaveLength(1);
  });

  it('learns of an end that came while nobody followed', async () => {
    const run = supervised('sleep 0.1; exit 9');
    (await run.running()).close();
    await eventually('the exit', () => existsSync(join(run.folder, 'exit.json')));
    expect(run.follow().exit?.exitCode).toBe(9);
  });

  it('ends what a dead supervisor has left, and says that its exit code is not known', async () => {
    const supervision = supervised('sleep 1000 & sleep 1000');
    const run = await supervision.running();
    const supervisor = claimOf(join(supervision.folder, 'claim'))?.identity;
    process.kill(supervisor?.pid ?? 0, 'SIGKILL');
    expect(await supervision.ended(run)).toBe(137);
    expect(run.exit?.reason).toBe('ContainerStatusUnknown');
    expect(markedProcesses(supervision.order.mark)).toEqual([]);
  });
});

describe('a process', () => {
  it('is not taken for another one that got its number', () => {
    const me = identify(process.pid);
    expect(me && isAlive(me)).toBe(true);
    expect(me && isAlive({ ...me, startTime: '1' })).toBe(false);
    expect(me && isAlive({ ...me, bootId: 'another' })).toBe(false);
    expect(identify(2 ** 22 + 1)).toBeUndefined();
  });
});
