import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Attach, Cp, Exec, KubeConfig, Log, PortForward, type V1Status } from '@kubernetes/client-node';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { TestCluster } from '../../../src/testing/cluster.js';
import { eventually } from '../support/eventually.js';
import type { ShellWorld } from '../support/shell-world.js';
import { hashTree, makeTree } from '../support/trees.js';

/** What of client-node's WebSocket is used here. */
interface Socket {
  close(): void;
  addEventListener(type: 'close', listener: () => void): void;
  readonly readyState: number;
}

function closeOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState === 3) resolve();
    else socket.addEventListener('close', () => resolve());
  });
}

/** `Cp` asks for a compressed archive and unpacks it as one that is not. */
class PlainTarExec extends Exec {
  override exec(...args: Parameters<Exec['exec']>): ReturnType<Exec['exec']> {
    const [namespace, pod, container, command, ...rest] = args;
    const plain = [command].flat().map((word) => (word === 'zcf' ? 'cf' : word));
    return super.exec(namespace, pod, container, plain, ...rest);
  }
}

export function clientNodeStreams(cluster: () => TestCluster, world: ShellWorld): void {
  describe.each(['declared', 'undeclared'])('client-node, on a node whose WebSockets are %s', (pod) => {
    function config(): KubeConfig {
      const loaded = new KubeConfig();
      loaded.loadFromFile(cluster().kubeconfig);
      return loaded;
    }

    /** Output, and the status at the end. */
    async function exec(command: string[], input?: string): Promise<{ out: string; err: string; status: V1Status }> {
      const [stdout, stderr] = [new PassThrough(), new PassThrough()];
      const stdin = input === undefined ? null : Readable.from([Buffer.from(input)]);
      let told: (status: V1Status) => void = () => undefined;
      const status = new Promise<V1Status>((resolve) => (told = resolve));
      const socket = await new Exec(config()).exec('default', pod, 'main', command, stdout, stderr, stdin, false, told);
      const ended = await status;
      await closeOf(socket);
      stdout.end();
      stderr.end();
      return { out: await text(stdout), err: await text(stderr), status: ended };
    }

    it('kubelet-protocol §3: Exec has output, input to its end, and the exit code', async () => {
      const [failing, reading] = await Promise.all([
        exec(['sh', '-c', 'echo out; echo err >&2; exit 7']),
        exec(['cat'], 'all of it'),
      ]);
      expect(failing).toMatchObject({ out: 'out\n', err: 'err\n' });
      expect(failing.status).toMatchObject({
        status: 'Failure',
        reason: 'NonZeroExitCode',
        details: { causes: [{ reason: 'ExitCode', message: '7' }] },
      });
      expect(reading).toMatchObject({ out: 'all of it', err: '', status: { status: 'Success' } });
    });

    it('Attach joins the container’s process', async () => {
      const [stdout, stdin] = [new PassThrough(), new PassThrough()];
      const socket = await new Attach(config()).attach('default', pod, 'main', stdout, null, stdin, false);
      stdin.write('to and fro\n');
      expect(String((await once(stdout, 'data'))[0])).toBe('to and fro\n');
      stdin.end();
      await closeOf(socket);
    });

    it('kubelet-protocol §4: PortForward carries both directions', async () => {
      const target = createServer((socket) => {
        socket.on('error', () => undefined);
        socket.on('data', (chunk: Buffer) => socket.write(`got ${chunk.toString()}`));
      });
      await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => void target.close());
      const { port } = target.address() as AddressInfo;
      const [output, input] = [new PassThrough(), new PassThrough()];
      const opened = await new PortForward(config()).portForward('default', pod, [port], output, null, input);
      const socket = (typeof opened === 'function' ? opened() : opened) as Socket;
      input.write('a message');
      expect(String((await once(output, 'data'))[0])).toBe('got a message');
      socket.close();
      await closeOf(socket);
    });

    it('Cp carries a tree there and back', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'e2e-client-node-'));
      onTestFinished(() => rm(folder, { recursive: true }));
      const tree = await makeTree(join(folder, 'tree'));
      await Promise.all(['there', 'back'].map((name) => mkdir(join(folder, name))));
      const cp = new Cp(config(), new PlainTarExec(config()));
      await cp.cpToPod('default', pod, 'main', join(folder, 'tree'), join(folder, 'there'));
      await eventually(async () => expect(await hashTree(join(folder, 'there'))).toEqual(tree));
      await cp.cpFromPod('default', pod, 'main', 'large.bin', join(folder, 'back'), join(folder, 'there'));
      await eventually(async () => {
        const [sent, received] = await Promise.all(
          ['tree', 'back'].map((name) => readFile(join(folder, name, 'large.bin'))),
        );
        expect(received!.equals(sent!)).toBe(true);
      });
    });
  });

  it('client-node’s Log reads and follows', async () => {
    const loaded = new KubeConfig();
    loaded.loadFromFile(cluster().kubeconfig);
    world.declared.log('declared', 'side').write({ text: 'for client-node' });
    const shown = new PassThrough();
    const aborter = await new Log(loaded).log('default', 'declared', 'side', shown, { tailLines: 1, follow: true });
    let all = '';
    shown.on('data', (chunk: Buffer) => (all += chunk.toString())).on('error', () => undefined);
    await eventually(() => expect(all).toBe('for client-node\n'));
    aborter.abort();
  });
}
