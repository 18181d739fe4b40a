import { access } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually, Program } from '@vk-sdk-examples/shared/testing';
import { connect, leases, nodes, pods } from 'vk-sdk';
import { FakeApiServer } from 'vk-sdk/testing';

const folder = fileURLToPath(new URL('..', import.meta.url));

describe('npm start', () => {
  const opened: AsyncDisposable[] = [];

  afterEach(async () => {
    for (const each of opened.splice(0).reverse()) await each[Symbol.asyncDispose]();
  });

  function start(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Program {
    const program = new Program(folder, args, env);
    opened.push(program);
    return program;
  }

  async function startCluster(): Promise<FakeApiServer> {
    const server = new FakeApiServer({ scheduler: true });
    opened.push(server);
    await server.start();
    return server;
  }

  it('takes a pod from created to Running, prints the line for kubectl, and leaves nothing behind', async () => {
    const program = start();
    const [, kubeconfig = ''] = await program.says(/kubectl --kubeconfig (\S+) get pods/);
    for (const line of [
      /Node +quickstart is Ready/,
      /is created/,
      /is scheduled to quickstart/,
      /is Running at 10\./,
    ]) {
      expect(program.stdout).toMatch(line);
    }
    const client = await connect({ kubeconfig });
    const { items } = await client.list(pods, { namespace: 'default' });
    await client.close();
    expect(items.map(({ status }) => status?.phase)).toEqual(['Running']);

    program.signal('SIGINT');
    expect(await program.ended()).toBe(0);
    expect(program.stdout).toMatch(/is gone/);
    expect(program.stderr).toBe('');
    await expect(access(kubeconfig)).rejects.toThrow('ENOENT');
  });

  it('joins a cluster that is named, and takes pod, node and lease away at the end', async () => {
    const server = await startCluster();
    const program = start(['--kubeconfig', server.kubeconfig, '--nodename', 'guest']);
    await program.says(/Ctrl-C ends it/);
    expect(program.stdout).toContain(`kubectl --kubeconfig ${server.kubeconfig} get pods`);
    expect(server.objects(pods).map(({ spec, status }) => [spec.nodeName, status?.phase])).toEqual([
      ['guest', 'Running'],
    ]);
    expect(server.objects(nodes).map(({ metadata }) => metadata.name)).toEqual(['guest']);

    program.signal('SIGTERM');
    expect(await program.ended()).toBe(0);
    expect(program.stderr).toBe('');
    expect([server.objects(pods), server.objects(nodes), server.objects(leases)]).toEqual([[], [], []]);
  });

  it('does not touch the cluster that happens to be in KUBECONFIG', async () => {
    const server = await startCluster();
    const program = start([], { KUBECONFIG: server.kubeconfig });
    await program.says(/is Running/);
    program.signal('SIGINT');
    expect(await program.ended()).toBe(0);
    expect(server.objects(nodes)).toEqual([]);
  });

  it('leaves a node alone that somebody else has under its name', async () => {
    const server = await startCluster();
    await server.client.create(nodes, { metadata: { name: 'quickstart' } });
    const program = start(['--kubeconfig', server.kubeconfig]);
    expect(await program.ended()).toBe(1);
    expect(program.stderr).toContain('node quickstart: exists already');
    expect(server.objects(nodes)).toHaveLength(1);
  });

  it('cleans up when it is stopped before it has begun', async () => {
    const server = await startCluster();
    server.faults.add({ on: { verb: 'create', resource: 'nodes' }, fault: { type: 'hang' } });
    const program = start(['--kubeconfig', server.kubeconfig]);
    await program.says(/API server/);
    await eventually('the creation of the node', () => server.faults.played.length > 0);
    program.signal('SIGINT');
    expect(await program.ended()).toBe(0);
    expect(server.objects(nodes)).toEqual([]);
  });

  it('ends at once at a second Ctrl-C', async () => {
    const server = await startCluster();
    const program = start(['--kubeconfig', server.kubeconfig]);
    await program.says(/Ctrl-C ends it/);
    server.faults.add({ on: { verb: 'delete', resource: 'pods' }, fault: { type: 'hang' } });
    program.signal('SIGINT');
    await program.says(/Cleaning up/);
    await eventually('the end', () => {
      program.signal('SIGINT');
      return Promise.race([
        program.ended().then(() => true),
        new Promise<false>((resolve) => setImmediate(resolve, false)),
      ]);
    });
    expect(await program.ended()).toBe(130);
  });

  it.each([[['--kubeconfg', 'x']], [['stray']], [['--kubeconfig']]])('refuses %j with its usage', async (args) => {
    const program = start(args);
    expect(await program.ended()).toBe(2);
    expect(program.stderr).toMatch(/^error: .*\n\nUsage: npm start -- \[--kubeconfig FILE\]/);
  });

  it('explains itself at --help', async () => {
    const program = start(['--help']);
    expect(await program.ended()).toBe(0);
    expect(program.stdout).toContain('--nodename NAME');
  });
});
