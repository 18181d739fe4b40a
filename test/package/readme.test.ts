import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { nodes, pods } from '../../src/kube/resources.js';
import { FakeApiServer } from '../../src/testing/index.js';
import { readProjectFile, root } from './project.js';

/** Inside of the project, so that `vk-sdk` is the built package. Not under version control. */
const folder = path.join(root, 'test/package/.temp');
const program = path.join(folder, 'readme.ts');

describe('the node of the README', () => {
  const server = new FakeApiServer({ scheduler: true });

  beforeEach(async () => {
    const [, code = ''] = /```ts\n(.*?)```/s.exec(readProjectFile('README.md')) ?? [];
    await mkdir(folder, { recursive: true });
    await writeFile(program, code);
    await server.start();
  });

  afterEach(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('runs a pod that tolerates its taint, and is NotReady after Ctrl-C', { timeout: 60_000 }, async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', program, server.kubeconfig], {
      cwd: root,
      stdio: 'inherit',
    });
    const exit = once(child, 'exit');
    try {
      await server.client.create(pods, {
        metadata: { namespace: 'default', name: 'web' },
        spec: {
          containers: [{ name: 'app', image: 'nginx' }],
          tolerations: [{ key: 'virtual-kubelet.io/provider', operator: 'Exists' }],
        },
      });
      const running = { phase: 'Running', podIP: '10.0.0.7' };
      await vi.waitFor(() => expect(server.objects(pods)[0]?.status).toMatchObject(running), 30_000);
    } finally {
      child.kill('SIGINT');
    }
    expect(await exit).toEqual([0, null]);
    const ready = server.objects(nodes)[0]?.status?.conditions?.find(({ type }) => type === 'Ready');
    expect(ready?.status).toBe('False');
  });
});
