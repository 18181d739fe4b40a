import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '@vk-sdk-examples/shared/testing';
import { duplexPair, podRef, type Pod } from 'vk-sdk';
import { markedProcesses } from '../src/supervisor/marks.js';
import { context, podOf, Scene, sh, text } from './scene.js';

let scene: Scene;
let pod: Pod;

beforeAll(async () => {
  scene = await Scene.start();
  const script = 'i=0; while :; do i=$((i+1)); echo "tick $i"; sleep 0.02; done';
  pod = await scene.run(
    podOf('web', sh('app', script), {
      containers: [
        sh('app', script, { env: [{ name: 'COLOUR', value: 'blue' }] }),
        sh('cat', 'while read -r line; do echo "got $line"; done', { stdin: true }),
        sh('shell', 'exec sh', { stdin: true, tty: true }),
        sh('busy', 'while :; do :; done'),
      ],
    }),
  );
});

afterAll(() => scene[Symbol.asyncDispose]());

describe('exec', () => {
  it('runs in the directory and with the environment of the container', async () => {
    const { exitCode, output } = await scene.exec(pod, ['sh', '-c', 'pwd; echo $COLOUR $HOSTNAME; exit 7']);
    expect(exitCode).toBe(7);
    expect(output).toBe(`${scene.folder(pod)}/containers/app/root\nblue web\n`);
  });

  it('gives what it gets, and may open its own streams by their names', async () => {
    const input = 'x'.repeat(300_000);
    const { exitCode, output, errors } = await scene.exec(
      pod,
      ['sh', '-c', 'cat /dev/stdin; echo e > /dev/stderr'],
      input,
    );
    expect({ exitCode, errors, same: output === input }).toEqual({ exitCode: 0, errors: 'e\n', same: true });
  });

  it('has a terminal of the size that the client says, and loses nothing of what comes last', async () => {
    const resize = (async function* () {
      yield { width: 101, height: 33 };
      await new Promise(() => undefined);
    })();
    const script = 'while [ "$(stty size)" != "33 101" ]; do sleep 0.01; done; seq 1 3000; exit 5';
    const { exitCode, output } = await scene.exec(pod, ['sh', '-c', script], undefined, { tty: true, resize });
    expect(exitCode).toBe(5);
    expect(output.split('\r\n')).toHaveLength(3_001);
  });

  it.each([false, true])('says that a command is missing (tty: %s)', async (tty) => {
    await expect(scene.exec(pod, ['no-such-program'], undefined, { tty })).rejects.toThrow('no-such-program');
  });

  it('ends with its client', async () => {
    const gone = new AbortController();
    const io = { stdout: new PassThrough(), tty: false };
    const ref = { ...podRef(pod), container: 'app' };
    const running = scene.provider.runInContainer(ref, ['sleep', '4711'], io, { ...context, signal: gone.signal });
    const before = markedProcesses(`${pod.metadata.uid ?? ''}/app`).length;
    gone.abort();
    await expect(running).rejects.toThrow();
    expect(markedProcesses(`${pod.metadata.uid ?? ''}/app`).length).toBeLessThanOrEqual(before);
  });

  it('is refused for a container that does not run, and for another pod of that name', async () => {
    const io = { tty: false };
    const ref = { ...podRef(pod), container: 'nobody' };
    await expect(scene.provider.runInContainer(ref, ['true'], io, context)).rejects.toMatchObject({ code: 'NotFound' });
    const other = { ...podRef(pod), uid: 'another', container: 'app' };
    await expect(scene.provider.runInContainer(other, ['true'], io, context)).rejects.toMatchObject({
      code: 'NotFound',
    });
  });
});

describe('attach', () => {
  it('speaks with the process of the container, which goes on when the client leaves', async () => {
    const stdin = new PassThrough();
    const stdout = new PassThrough();
    let output = '';
    stdout.on('data', (chunk) => (output += String(chunk)));
    const gone = new AbortController();
    const ref = { ...podRef(pod), container: 'cat' };
    const attached = scene.provider.attachToContainer(
      ref,
      { stdin, stdout, tty: false },
      { ...context, signal: gone.signal },
    );
    stdin.write('hello\n');
    await eventually('the echo', () => output === 'got hello\n');
    gone.abort();
    await expect(attached).rejects.toThrow();
    expect(await scene.logs(pod, 'cat')).toBe('got hello\n');
    expect(scene.pod('web')?.status?.containerStatuses?.map(({ restartCount }) => restartCount)).toEqual([0, 0, 0, 0]);
  });

  it('shares the terminal of a container that has one', async () => {
    const stdin = new PassThrough();
    const stdout = new PassThrough();
    let output = '';
    stdout.on('data', (chunk) => (output += String(chunk)));
    const resize = (async function* () {
      yield { width: 90, height: 20 };
      await new Promise(() => undefined);
    })();
    const ref = { ...podRef(pod), container: 'shell' };
    const attached = scene.provider.attachToContainer(ref, { stdin, stdout, resize, tty: true }, context);
    // The size and the input come side by side: the shell waits for the size, and ends once it has it.
    stdin.write('tty; while [ "$(stty size)" != "20 90" ]; do sleep 0.01; done; exit 0\n');
    await attached;
    expect(output).toContain('/dev/pts/');
  });
});

describe('logs', () => {
  it('are followed, and end with the container', async () => {
    const ref = { ...podRef(pod), container: 'app' };
    const stream = await scene.provider.getContainerLogs(ref, { follow: true, tailLines: 1 }, context);
    const [first] = (await once(stream, 'data')) as [Buffer];
    expect(first.toString()).toMatch(/^tick \d+\n/);
    stream.destroy();

    const short = await scene.run(
      podOf('short', sh('app', 'echo one; sleep 0.5; echo two'), { restartPolicy: 'Never' }),
    );
    const followed = await scene.provider.getContainerLogs(
      { ...podRef(short), container: 'app' },
      { follow: true },
      context,
    );
    expect(await text(followed)).toBe('one\ntwo\n');
    await scene.delete('short');
  });
});

describe('port-forward', () => {
  it('reaches what listens on this machine, and says when nobody does', async () => {
    const server = createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const [near, far] = duplexPair();
    const forwarded = scene.provider.portForward(podRef(pod), port, far, context);
    near.end();
    expect(await text(near)).toBe('hello');
    await forwarded;
    server.close();
    await once(server, 'close');
    const [, end] = duplexPair();
    await expect(scene.provider.portForward(podRef(pod), port, end, context)).rejects.toThrow(/refused/);
  });
});

describe('figures', () => {
  it('come from the processes, and grow', async () => {
    const cpu = async (): Promise<number> => {
      const { pods } = await scene.provider.getStatsSummary();
      const busy = pods[0]?.containers.find(({ name }) => name === 'busy');
      expect(busy?.memory?.workingSetBytes).toBeGreaterThan(100_000);
      return busy?.cpu?.usageCoreNanoSeconds ?? 0;
    };
    const before = await cpu();
    expect(before).toBeGreaterThan(0);
    await eventually('growth', async () => (await cpu()) > before + 5e7);
    const { node } = await scene.provider.getStatsSummary();
    expect(node.memory?.workingSetBytes).toBeGreaterThan(1e6);
    expect(node.cpu?.usageCoreNanoSeconds).toBeGreaterThan(1e9);
  });
});
