import { execFile, spawn } from 'node:child_process';
import { access } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually, Program } from '@vk-sdk-examples/shared/testing';
import { markedProcesses } from '../src/supervisor/marks.js';

const run = promisify(execFile);
const folder = fileURLToPath(new URL('..', import.meta.url));
const hasKubectl = await run('kubectl', ['version', '--client']).then(
  () => true,
  () => false,
);

describe('npm run process', () => {
  const opened: (() => Promise<unknown>)[] = [];

  afterEach(async () => {
    for (const close of opened.splice(0).reverse()) await close();
  });

  function start(args: readonly string[]): Program {
    const program = new Program(folder, args);
    // In order: its containers would outlive a program that is killed.
    opened.push(() => {
      program.signal('SIGINT');
      return program.ended();
    });
    return program;
  }

  it(
    'shows a pod on an apiserver of its own to kubectl, and leaves nothing behind',
    { timeout: 40_000 },
    async (test) => {
      const program = start([]);
      const [, stateFolder = ''] = await program.says(/files in (\S+)\./);
      const [, kubeconfig = ''] = await program.says(/export KUBECONFIG=(\S+)/);
      const [, port = ''] = await program.says(/port-forward demo 8080:(\d+)/);
      const kubectl = async (...args: string[]): Promise<string> =>
        (await run('kubectl', ['--kubeconfig', kubeconfig, ...args])).stdout;

      if (!hasKubectl) test.skip('kubectl is not on the PATH');
      expect(await kubectl('get', 'pod', 'demo')).toMatch(/demo +2\/2 +Running +0/);
      await eventually('the log', async () => (await kubectl('logs', 'demo', '-c', 'ticker')).includes(':'));
      expect(await kubectl('logs', 'demo', '-c', 'web', '--tail=1')).toContain('GET /');
      expect(await kubectl('exec', 'demo', '-c', 'web', '--', 'sh', '-c', 'echo $HOSTNAME')).toBe('demo\n');
      await expect(kubectl('exec', 'demo', '-c', 'web', '--', 'sh', '-c', 'exit 7')).rejects.toMatchObject({ code: 7 });

      const forward = spawn('kubectl', ['--kubeconfig', kubeconfig, 'port-forward', 'demo', `:${port}`]);
      const [, local = ''] = await eventually(
        'the forwarded port',
        firstMatch(forward.stdout, /127\.0\.0\.1:(\d+) ->/),
      );
      expect(await (await fetch(`http://127.0.0.1:${local}/`, { headers: { connection: 'close' } })).text()).toMatch(
        /^hello from process/,
      );
      forward.kill();

      await kubectl(
        'debug',
        'demo',
        '--image=any',
        '--attach=false',
        '-c',
        'debugger',
        '--',
        'sh',
        '-c',
        'echo looking',
      );
      const looked = () => kubectl('logs', 'demo', '-c', 'debugger').catch(() => 'not yet');
      await eventually('the debugger', async () => (await looked()) === 'looking\n');
      const uid = await kubectl('get', 'pod', 'demo', '-o', 'jsonpath={.metadata.uid}');
      expect(markedProcesses(uid).length).toBeGreaterThanOrEqual(2);

      program.signal('SIGINT');
      expect(await program.ended()).toBe(0);
      expect(markedProcesses(uid)).toEqual([]);
      await expect(access(stateFolder)).rejects.toThrow('ENOENT');
      await expect(access(kubeconfig)).rejects.toThrow('ENOENT');
    },
  );

  it('refuses what makes no sense', async () => {
    const program = start(['--state-dir', 'x']);
    expect(await program.ended()).toBe(2);
    expect(program.stderr).toContain('--state-dir: goes with a cluster, by --kubeconfig');
  });
});

/** What the stream has said that matches, once it has. */
function firstMatch(stream: NodeJS.ReadableStream, pattern: RegExp): () => RegExpExecArray | undefined {
  let said = '';
  stream.on('data', (chunk) => (said += String(chunk)));
  return () => pattern.exec(said) ?? undefined;
}
