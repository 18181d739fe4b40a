import { execFileSync } from 'node:child_process';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { beginMark, execPlan } from '../src/streams/command-line.js';
import { typedSession } from '../src/streams/typed-session.js';
import { text } from './scene.js';

const terminal = { tty: true };

describe('a command for the exec of the cloud', () => {
  it('is started as it is when it is a program and nothing else', () => {
    expect(execPlan(['/bin/bash'], terminal, 'Linux')).toEqual({ program: '/bin/bash' });
    expect(execPlan(['date'], { tty: false }, 'Linux')).toEqual({ program: 'date' });
  });

  it('is typed when its input would be echoed', () => {
    expect(execPlan(['cat'], { tty: false, stdin: Readable.from([]) }, 'Linux').typed).toContain('stty -echo');
  });

  it('is typed into a shell when it has arguments, or a name that the cloud would split', () => {
    expect(execPlan(['ls', '-la', '/var/log', 'a=b'], terminal, 'Linux')).toEqual({
      program: '/bin/sh',
      typed: " printf '\\036'; exec ls -la /var/log a=b\n",
    });
    expect(execPlan(['/opt/my tool'], terminal, 'Linux').typed).toContain("exec '/opt/my tool'\n");
  });

  it.each([true, false])('is read by a shell as the words that it was made of (terminal: %s)', (tty) => {
    const words = ['', ' ', 'a b', "it's", '"', '$HOME', '`id`', '\\', '*', 'ä', "''", '; exit 1', 'two\nlines', '!!'];
    const { typed } = execPlan(['printf', '%s|', ...words], { tty }, 'Linux');
    const output = execFileSync('sh', { input: typed }).toString();
    expect(output).toBe(beginMark + words.map((word) => `${word}|`).join(''));
  });

  it.each([[['sh', '\0']], [['sh', '-c', 'a\tb']], [['sh', '\x03']], [['']], [[]], [['echo', 'x'.repeat(4_000)]]])(
    'refuses what cannot be typed: %j',
    (command) => {
      expect(() => execPlan(command, { tty: false }, 'Linux')).toThrow(/^exec: /);
    },
  );

  it('is joined for Windows, where it can be split again', () => {
    expect(execPlan(['cmd', '/c', 'dir'], terminal, 'Windows')).toEqual({ program: 'cmd /c dir' });
    for (const word of ['a b', '', '"']) expect(() => execPlan(['cmd', word], terminal, 'Windows')).toThrow(/^exec: /);
  });
});

describe('a session whose command is typed', () => {
  function session(): { stdin: PassThrough; stdout: PassThrough; typed: ReturnType<typeof typedSession> } {
    const stdin = new PassThrough();
    const stdout = new PassThrough();
    return { stdin, stdout, typed: typedSession({ stdin, stdout, tty: false }) };
  }

  it('keeps back what the shell says before the command, and the input until then', async () => {
    const { stdin, stdout, typed } = session();
    stdin.end('input');
    typed.io.stdout?.write('# typed line\r\n');
    await new Promise((resolve) => setImmediate(resolve));
    expect(typed.io.stdin?.read()).toBeNull();
    typed.io.stdout?.write(`# ${beginMark}out`);
    expect(await text(typed.io.stdin ?? Readable.from([]))).toBe('input\x04');
    typed.io.stdout?.write(`put ${beginMark}`);
    await typed.finish();
    stdout.end();
    expect(await text(stdout)).toBe(`output ${beginMark}`);
  });

  it.each([
    ['a line', 'one\ntwo\n', 'one\ntwo\n'],
    ['an open line, which the terminal would keep to itself', 'one\ntwo\tthree ä', 'one\ntwo\tthree ä\x04'],
    ['nothing', '', ''],
  ])('passes %s on', async (_, input, expected) => {
    const { stdin, typed } = session();
    typed.io.stdout?.write(beginMark);
    stdin.end(input);
    expect(await text(typed.io.stdin ?? Readable.from([]))).toBe(expected);
    expect(typed.refused.aborted).toBe(false);
  });

  it.each([['a\x03b'], ['\x1b[A'], ['\r\n'], ['\x7f'], ['x'.repeat(2_500)]])(
    'refuses input that would get lost: %j',
    async (part) => {
      const { stdin, typed } = session();
      typed.io.stdout?.write(beginMark);
      stdin.write('fine\n');
      stdin.write(part);
      stdin.end(part);
      expect(await text(typed.io.stdin ?? Readable.from([]))).not.toContain(part.repeat(2));
      expect(typed.refused.reason).toMatchObject({ code: 'InvalidInput' });
    },
  );

  it('shows what was said when the command never began', async () => {
    const { stdout, typed } = session();
    typed.io.stdout?.write('no such program');
    await typed.finish();
    stdout.end();
    expect(await text(stdout)).toBe('no such program');
  });

  it('holds a bounded part of it', async () => {
    const { stdout, typed } = session();
    const said = text(stdout);
    for (let count = 0; count < 100; count += 1) typed.io.stdout?.write('x'.repeat(1_000));
    await typed.finish();
    stdout.end();
    expect((await said).length).toBe(100_000);
  });

  it('ends for a client that has gone', async () => {
    const { stdout, typed } = session();
    typed.io.stdout?.write(beginMark + 'x'.repeat(1_000_000));
    stdout.destroy();
    await typed.finish();
  });
});
