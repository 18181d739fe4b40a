import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { namespaces, pods } from '../../src/kube/resources.js';
import type { Pod } from '../../src/kube/types.js';
import { ControlPlane } from '../../src/testing/control-plane.js';
import { parseRequestCounts, requestsBetween } from '../../src/testing/control-plane/request-counts.js';
import { eventually } from '../e2e/support/eventually.js';

const missing = 'KUBEBUILDER_ASSETS names no folder with etcd and kube-apiserver';

function podNamed(name: string): Pod {
  return { metadata: { name, namespace: 'default' }, spec: { containers: [{ name: 'main', image: 'scratch' }] } };
}

async function leftovers(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith('control-plane-'));
}

describe.skipIf(!ControlPlane.available())(`a control plane (skipped if ${missing})`, () => {
  const plane = new ControlPlane();
  let folder = '';

  beforeAll(async () => {
    await plane.start();
    folder = dirname(plane.kubeconfig);
  }, 60_000);
  afterAll(async () => {
    await plane.stop();
    expect(existsSync(folder)).toBe(false);
  }, 30_000);

  it('serves a real API, with a default service account for pods', async () => {
    expect((await plane.client.list(namespaces)).items.map((each) => each.metadata.name)).toContain('kube-system');
    const made = await plane.client.create(pods, podNamed('first'));
    expect(made.spec.serviceAccountName).toBe('default');
    await plane.client.delete(pods, { namespace: 'default', name: 'first' }, { gracePeriodSeconds: 0 });
  });

  it('writes a kubeconfig that kubectl takes', async () => {
    const kubectl = spawn(plane.kubectl, ['get', 'namespaces', '-o', 'name', '--kubeconfig', plane.kubeconfig]);
    let output = '';
    kubectl.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await once(kubectl, 'close');
    expect(output.split('\n')).toContain('namespace/default');
  });

  it('adds users that have only the rights RBAC gives them', async () => {
    const kubeconfig = await plane.addUser('nobody', ['nothing']);
    const kubectl = spawn(plane.kubectl, ['auth', 'can-i', 'create', 'pods', '--kubeconfig', kubeconfig]);
    let output = '';
    kubectl.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await once(kubectl, 'close');
    expect(output.trim()).toBe('no');
  });

  it('counts the requests that were made of the apiserver', async () => {
    const before = await plane.requestCounts();
    for (const name of ['a', 'b', 'c']) await plane.client.create(pods, podNamed(name), { dryRun: true });
    const made = requestsBetween(before, await plane.requestCounts());
    expect(made.find(({ verb, resource }) => verb === 'POST' && resource === 'pods')).toMatchObject({
      code: 201,
      count: 3,
    });
  });

  it('answers nothing while it is paused, and everything after', async () => {
    plane.pause();
    try {
      // A program that runs on another core stops a moment after it was told to.
      await eventually(async () => {
        const hung = plane.client.list(namespaces, { deadlineMs: 500 });
        await expect(hung).rejects.toMatchObject({ code: 'Timeout' });
      });
    } finally {
      plane.resume();
    }
    expect((await plane.client.list(namespaces)).items).not.toHaveLength(0);
  });

  it('keeps its address and its objects when the apiserver is killed and started again', async () => {
    await plane.client.create(pods, podNamed('kept'));
    await plane.stopApiserver('SIGKILL');
    await expect(plane.client.list(pods, { deadlineMs: 300 })).rejects.toMatchObject({ code: expect.any(String) });
    await plane.startApiserver();
    const kept = await plane.client.get(pods, { namespace: 'default', name: 'kept' });
    expect(kept.metadata.name).toBe('kept');
  }, 30_000);

  it('refuses to start twice', async () => {
    await expect(plane.start()).rejects.toThrow('control plane: started already');
  });
});

describe('a control plane that cannot start', () => {
  it('names the program that is missing and what to do', async () => {
    const plane = new ControlPlane({ assets: '/nonexistent' });
    expect(ControlPlane.available({ assets: '/nonexistent' })).toBe(false);
    await expect(plane.start()).rejects.toThrow(
      'program etcd: not found in /nonexistent; set KUBEBUILDER_ASSETS to the folder that `setup-envtest use -p path` prints',
    );
  });

  it('ends with the log of the program that failed, and leaves nothing', async () => {
    const assets = await mkdtemp(join(tmpdir(), 'assets-'));
    const before = await leftovers();
    for (const [name, script] of [
      ['etcd', 'exec sleep 60'],
      ['kube-apiserver', 'echo "it is broken on purpose" >&2; exit 3'],
    ] as const) {
      await writeFile(join(assets, name), `#!/bin/sh\n${script}\n`);
      await chmod(join(assets, name), 0o755);
    }
    const plane = new ControlPlane({ assets });
    await expect(plane.start()).rejects.toThrow(/kube-apiserver: ended with code 3; its log ends with:\nit is broken/);
    expect(await leftovers()).toEqual(before);
    expect(() => plane.client).toThrow('control plane: not running');
    await rm(assets, { recursive: true });
  });

  it('stops waiting for a program that never becomes ready', async () => {
    const assets = await mkdtemp(join(tmpdir(), 'assets-'));
    for (const name of ['etcd', 'kube-apiserver']) {
      await writeFile(join(assets, name), '#!/bin/sh\necho waiting; exec sleep 60\n');
      await chmod(join(assets, name), 0o755);
    }
    const plane = new ControlPlane({ assets, startTimeoutMs: 300 });
    await expect(plane.start()).rejects.toThrow('kube-apiserver: did not become ready; its log ends with:\nwaiting');
    await rm(assets, { recursive: true });
  });
});

describe('the watchdog', () => {
  it('ends the programs and removes the folder when the process that made them is killed', async () => {
    const root = await mkdtemp(join(tmpdir(), 'watchdog-'));
    const folder = join(root, 'folder');
    await mkdir(folder);
    const program = `
      import { spawn } from 'node:child_process';
      import { Watchdog } from ${JSON.stringify(new URL('../../src/testing/control-plane/watchdog.ts', import.meta.url).href)};
      const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
      new Watchdog(${JSON.stringify(folder)}).watch(child.pid);
      console.log(child.pid);
      setInterval(() => {}, 1000);
    `;
    const owner = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program]);
    const [line] = (await once(owner.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    expect(() => process.kill(pid, 0)).not.toThrow();
    owner.kill('SIGKILL');
    await eventually(() => {
      expect(() => process.kill(pid, 0)).toThrow();
      expect(existsSync(folder)).toBe(false);
    });
    await rm(root, { recursive: true });
  });
});

describe('request counts', () => {
  it('are read from the metrics text and subtracted by kind', () => {
    const page = (count: number): string => `# TYPE apiserver_request_total counter
apiserver_request_total{code="200",component="apiserver",dry_run="",group="",resource="pods",scope="resource",subresource="status",verb="PATCH",version="v1"} ${count}
apiserver_request_total{code="201",component="apiserver",dry_run="",group="",resource="events",scope="resource",subresource="",verb="POST",version="v1"} 1e+03
apiserver_request_duration_seconds_sum{verb="PATCH"} 4
`;
    expect(requestsBetween(parseRequestCounts(page(2)), parseRequestCounts(page(7)))).toEqual([
      { verb: 'PATCH', group: '', resource: 'pods', subresource: 'status', code: 200, count: 5 },
    ]);
  });
});
