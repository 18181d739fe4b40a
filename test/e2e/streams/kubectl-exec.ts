import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { exitOf, ways, withoutEarlyMessage, type StreamKubectl } from '../support/stream-kubectl.js';
import { hashTree, makeTree } from '../support/trees.js';

/** 64 MiB shows what buffers do; `VK_SDK_FULL=1` pipes 1 GiB. */
const pipedMiB = process.env['VK_SDK_FULL'] ? 1024 : 64;

/** `thorough`: also what says more of the server than of kubectl's version. */
export function kubectlExec(kubectl: StreamKubectl, thorough: boolean): void {
  describe.each(ways)('over $name', (way) => {
    const { pod } = way;
    const exec = (...command: string[]): string[] => ['exec', pod, '-c', 'main', '--', ...command];

    it('kubelet-protocol §3: exec ends with the exit code of the command', async () => {
      const codes = [0, 1, 7, 137, 255];
      const outcomes = await Promise.all(
        codes.map((code) => kubectl.run(exec('sh', '-c', `echo out; echo err >&2; exit ${code}`), way)),
      );
      for (const [index, code] of codes.entries()) {
        const { stderr, ...outcome } = outcomes[index]!;
        expect(outcome).toEqual({ code, stdout: 'out\n' });
        expect(stderr).toBe(code === 0 ? 'err\n' : `err\ncommand terminated with exit code ${code}\n`);
      }
    });

    it('kubelet-protocol §3: exec -it has a terminal that follows the client’s size', async () => {
      const until = (size: string): string =>
        `until [ "$(stty size)" = "${size}" ]; do sleep 0.05; done; echo is ${size};`;
      const args = ['exec', '-it', pod, '-c', 'main', '--', 'sh', '-c', `${until('25 81')} ${until('30 100')} exit 7`];
      const terminal = kubectl.terminal(args, way, { cols: 81, rows: 25 });
      const ended = new Promise<number>((resolve) => terminal.onExit(({ exitCode }) => resolve(exitCode)));
      let shown = '';
      terminal.onData((data) => {
        shown += data;
        if (shown.includes('is 25 81')) terminal.resize(100, 30);
      });
      expect(await ended).toBe(7);
      expect(withoutEarlyMessage(shown).split(/\r?\n/).slice(0, 2)).toEqual(['is 25 81', 'is 30 100']);
    });

    if (!thorough) return;

    it('exec of a command that does not exist fails, and says why', async () => {
      const { code, stderr } = await kubectl.run(exec('/no/such/command'), way);
      expect(code).toBe(1);
      expect(stderr).toContain('/no/such/command');
    });

    it(`kubelet-protocol §3: exec -i carries ${pipedMiB} MiB both ways, and the end of stdin`, async () => {
      const child = kubectl.spawn(['exec', '-i', pod, '-c', 'main', '--', 'cat'], way);
      const [sent, received] = [createHash('sha256'), createHash('sha256')];
      let bytes = 0;
      child.stdout.on('data', (chunk: Buffer) => {
        received.update(chunk);
        bytes += chunk.length;
      });
      child.stderr.resume();
      const block = randomBytes(2 ** 20);
      for (let count = 0; count < pipedMiB; count++) {
        block.writeUInt32LE(count);
        sent.update(block);
        if (!child.stdin.write(Buffer.from(block))) await new Promise((resolve) => child.stdin.once('drain', resolve));
      }
      child.stdin.end();
      expect(await exitOf(child)).toBe(0);
      expect(bytes).toBe(pipedMiB * 2 ** 20);
      expect(received.digest('hex')).toBe(sent.digest('hex'));
    }, 300_000);

    it('cp carries a tree there and back', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'e2e-cp-'));
      onTestFinished(() => rm(folder, { recursive: true }));
      const tree = await makeTree(join(folder, 'tree'));
      const there = await kubectl.run(['cp', join(folder, 'tree'), `${pod}:${folder}/there`, '-c', 'main'], way);
      expect(there).toMatchObject({ code: 0, stderr: '' });
      expect(await hashTree(join(folder, 'there'))).toEqual(tree);
      const back = await kubectl.run(['cp', `${pod}:${folder}/there`, join(folder, 'back'), '-c', 'main'], way);
      expect(back).toMatchObject({ code: 0 });
      expect(await hashTree(join(folder, 'back'))).toEqual(tree);
    });

    it('attach joins the client to the container’s process', async () => {
      const attached = await kubectl.run(['attach', '-i', pod, '-c', 'main'], way, 'hello\n');
      expect(attached).toMatchObject({ code: 0 });
      expect(attached.stdout).toContain('hello\n');
    });
  });
}
