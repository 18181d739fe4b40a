/** What pods bring with them, as their processes see it: in mount namespaces, and below `POD_ROOT`. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '@vk-sdk-examples/shared/testing';
import {
  configMaps,
  events,
  podRef,
  pods,
  secrets,
  serviceAccounts,
  services,
  VirtualNode,
  type Pod,
  type PodStatus,
} from 'vk-sdk';
import { ControlPlane } from 'vk-sdk/testing';
import { findNamespaces } from '../src/mounts/namespaces.js';
import { ProcessProvider } from '../src/process-provider.js';
import {
  configMap,
  kubeletTable,
  podOfAll,
  secret,
  secretValue,
  service,
  serviceAccount,
  type Row,
} from './kubelet-table.js';
import { appOf, context, execIn, podOf, Scene, sh } from './scene.js';

const known = { node: 'node-1', address: '127.0.0.1' };
const modes = [
  { mode: 'mounts', what: 'in a mount namespace' },
  { mode: 'user', what: 'in a mount namespace of a user namespace' },
  { mode: 'none', what: 'below POD_ROOT' },
] as const;

function isPossible(mode: (typeof modes)[number]['mode']): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'vk-trial-'));
  try {
    return mode === 'none' || typeof findNamespaces(mode, folder) !== 'string';
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe.each(modes)('a pod that brings things with it, $what', ({ mode }) => {
  describe.skipIf(!isPossible(mode))('(skipped where the machine forbids such namespaces)', () => {
    let scene: Scene;
    beforeAll(async () => {
      scene = await Scene.start({ namespaces: mode });
      const { client } = scene.server;
      await client.create(serviceAccounts, serviceAccount);
      await client.create(configMaps, configMap);
      await client.create(secrets, secret);
      // The apiserver in memory gives out no addresses.
      await client.create(services, { ...service, spec: { ...service.spec, clusterIP: '10.0.0.77' } });
    });
    afterAll(() => scene[Symbol.asyncDispose]());

    it('sees what it would see under a kubelet', async () => {
      const pod = await scene.run(
        podOfAll('echo "$0 $* $LITERAL"; cat "$POD_ROOT/etc/vk-test.conf"; echo; exec sleep 1000'),
      );
      await eventually('its own word', async () => (await scene.logs(pod)) === 'plain fast $(UNKNOWN) plain\nfast\n');
      const rows = kubeletTable(pod, { ...known, service: '10.0.0.77' });
      await compare(scene.provider, pod, rows, mode !== 'none');
      if (mode !== 'none') {
        for (const path of ['/etc/vk-test', '/vk-test-items', '/run/secrets/kubernetes.io', '/opt/vk test']) {
          expect(existsSync(path), `${path} on the machine`).toBe(false);
        }
      }
      expect(readable(scene.folder(pod)), 'files with a secret that others may read').toEqual([]);
      expect(JSON.stringify([scene.server.objects(events), scene.server.objects(pods)])).not.toContain(secretValue);
      await scene.delete('all', 0);
    });

    it('waits for a ConfigMap that is missing, and starts within a second when it is there', async () => {
      const name = 'late';
      const volumes = [{ name: 'late', configMap: { name } }];
      const app = sh('app', 'exec sleep 1000', { volumeMounts: [{ name: 'late', mountPath: '/etc/vk-late' }] });
      const isTold = (): boolean => scene.server.objects(events).some(({ reason }) => reason === 'FailedMount');
      await scene.server.client.create(pods, podOf('waits', app, { volumes }));
      await eventually('the Event', isTold);
      const began = Date.now();
      await scene.server.client.create(configMaps, {
        metadata: { namespace: 'default', name },
        data: { key: 'value' },
      });
      const pod = await scene.until('waits', ({ phase }) => phase === 'Running');
      expect(Date.now() - began).toBeLessThan(1_000);
      expect((await scene.exec(pod, ['sh', '-c', 'cat "$POD_ROOT/etc/vk-late/key"'])).output).toBe('value');
      await scene.delete('waits', 0);
    });

    it('does not start without a key of a file, and reads none that a link leads to out of the volume', async () => {
      const lines = `echo "K='v'" > vars.env; ln -s vars.env same; ln -s /etc/hostname link; mkfifo pipe; echo K=hush > bad`;
      const writer = sh('writer', `cd "$POD_ROOT/d" && ${lines}`, { volumeMounts: [{ name: 'd', mountPath: '/d' }] });
      const reader = (name: string, path: string, key = 'K') => {
        const valueFrom = { fileKeyRef: { volumeName: 'd', path, key } };
        return sh(name, 'echo "$V"; exec sleep 1000', { env: [{ name: 'V', valueFrom }] });
      };
      const refused = [
        reader('none', 'none'),
        reader('key', 'vars.env', 'X'),
        reader('link', 'link'),
        reader('pipe', 'pipe'),
      ];
      const containers = [reader('app', 'same'), ...refused, reader('bad', 'bad')];
      const spec = { volumes: [{ name: 'd', emptyDir: {} }], initContainers: [writer], containers };
      const isSettled = ({ containerStatuses = [] }: PodStatus): boolean =>
        containerStatuses.length === 6 &&
        containerStatuses.every(({ name, state }) => (name === 'app' ? state?.running : state?.waiting?.message));
      const pod = await scene.run(podOf('files', writer, spec), isSettled);
      await eventually('the value', async () => (await scene.logs(pod)) === 'v\n');
      const waiting = new Map(pod.status?.containerStatuses?.map(({ name, state }) => [name, state?.waiting]));
      for (const { name } of refused) {
        expect(waiting.get(name)?.reason).toBe('CreateContainerConfigError');
        expect(waiting.get(name)?.message).toMatch(/couldn't find key . in file \w+(\.env)? of volume d/);
      }
      expect(waiting.get('bad')?.message).toMatch(/couldn't parse file bad of volume d: .*line 1/);
      expect(JSON.stringify(pod.status)).not.toContain('hush');
      await scene.delete('files', 0);
    });

    it('does not start with a value that no process can be given, and tells nothing of it', async () => {
      const name = `nul-${mode}`;
      const data = { key: Buffer.from('seeded-canary\0').toString('base64') };
      await scene.server.client.create(secrets, { metadata: { namespace: 'default', name }, data });
      const env = [{ name: 'V', valueFrom: { secretKeyRef: { name, key: 'key' } } }];
      const app = sh('app', 'exec sleep 1000', { env, args: ['$(V)'] });
      const pod = await scene.run(podOf('nul', app), (status) => appOf(status)?.state?.waiting?.message !== undefined);
      expect(appOf(pod.status)?.state?.waiting?.message).toContain('variable "V": holds a NUL');
      await scene.delete('nul', 0);
      const told = JSON.stringify([scene.server.objects(events), scene.server.objects(pods)]);
      expect(told).not.toContain('seeded-canary');
    });

    it('sees updates whole, but not by a subPath, and keeps what is deleted', async () => {
      const { client } = scene.server;
      const at = { namespace: 'default', name: `live-${mode}` };
      const data = (value: string): Record<string, string> => ({ a: value, b: value });
      await client.create(configMaps, { metadata: at, data: data('one') });
      await client.create(secrets, { metadata: at, data: { password: secret.data.password } });
      const watch = `
        cd "$POD_ROOT/etc/vk-live"; trap 'exit 3' TERM; last=; echo "env $VALUE"
        while :; do
          cd -P ..data/; a=$(cat a 2>/dev/null) && b=$(cat b 2>/dev/null) && [ "$a$b" != "$last" ] && last=$a$b && echo "$a $b"
          cd "$POD_ROOT/etc/vk-live"; sleep 0.01
        done`;
      const app = sh('app', watch, {
        env: [{ name: 'VALUE', valueFrom: { configMapKeyRef: { name: at.name, key: 'a' } } }],
        volumeMounts: [
          { name: 'live', mountPath: '/etc/vk-live' },
          { name: 'live', mountPath: '/etc/vk-fixed', subPath: 'a' },
          { name: 'secret', mountPath: '/etc/vk-secret' },
        ],
      });
      const volumes = [
        { name: 'live', configMap: { name: at.name } },
        { name: 'secret', secret: { secretName: at.name } },
      ];
      const pod = await scene.run(podOf('live', app, { volumes }));
      await eventually('the first', async () => (await scene.logs(pod)) === 'env one\none one\n');
      await client.patch(configMaps, at, 'merge', { data: data('two') });
      await eventually('the second', async () => (await scene.logs(pod)) === 'env one\none one\ntwo two\n');
      await client.delete(secrets, at);
      await client.patch(configMaps, at, 'merge', { data: data('three') });
      await eventually('the third', async () => (await scene.logs(pod)).endsWith('\ntwo two\nthree three\n'));
      const { output } = await scene.exec(pod, [
        'sh',
        '-c',
        'cat "$POD_ROOT/etc/vk-fixed" "$POD_ROOT/etc/vk-secret/password"',
      ]);
      expect(output).toBe(`one${secretValue}`);
      await scene.delete('live', 0);
    });

    it('is joined by what another provider runs in it, on a terminal too', async () => {
      const stateFolder = mkdtempSync(join(tmpdir(), 'vk-process-'));
      const options = { nodeName: 'node-1', stateFolder, namespaces: mode };
      const app = sh('app', 'echo "$VALUE" > "$POD_ROOT/vk-adopted/file"; exec sleep 1000', {
        env: [{ name: 'VALUE', value: 'kept' }],
        volumeMounts: [{ name: 'd', mountPath: '/vk-adopted' }],
      });
      const pod = podOf('adopted', app, { volumes: [{ name: 'd', emptyDir: {} }] });
      pod.metadata.uid = `adopted-${mode}`;
      const first = new ProcessProvider(options);
      first.start();
      await first.createPod(pod, context);
      const status = () => first.getPodStatus(podRef(pod));
      await eventually('the process', async () => appOf(await status())?.state?.running !== undefined);
      first.close();
      const second = new ProcessProvider(options);
      second.start();
      try {
        const show = ['sh', '-c', 'cat "$POD_ROOT/vk-adopted/file"'];
        const shown = eventually('the file', async () => {
          const { output } = await execIn(second, pod, show).catch(() => ({ output: '' }));
          return output === 'kept\n';
        });
        await shown;
        expect((await execIn(second, pod, show, undefined, { tty: true })).output).toBe('kept\r\n');
        await expect(execIn(second, pod, ['no-such-program'])).rejects.toThrow('no-such-program');
        expect(existsSync('/vk-adopted')).toBe(false);
      } finally {
        await second.remove();
      }
    });

    it('whose mount would hide the state folder has POD_ROOT, whatever the machine allows', async () => {
      const app = sh('app', 'echo "$POD_ROOT"; exec sleep 1000', {
        volumeMounts: [{ name: 'd', mountPath: tmpdir() }],
      });
      const pod = await scene.run(podOf('hides', app, { volumes: [{ name: 'd', emptyDir: {} }] }));
      const root = join(scene.folder(pod), 'containers', 'app', 'root');
      await eventually('its word', async () => (await scene.logs(pod)) === `${root}\n`);
      await scene.delete('hides', 0);
    });

    it('refuses a subPathExpr that leads out of the volume, and does not say what it was', async () => {
      const app = sh('app', 'exec sleep 1000', {
        env: [{ name: 'WHERE', value: '../outside' }],
        volumeMounts: [{ name: 'd', mountPath: '/vk-d', subPathExpr: 'x/$(WHERE)' }],
      });
      const pod = await scene.run(
        podOf('outside', app, { volumes: [{ name: 'd', emptyDir: {} }] }),
        (status) => appOf(status)?.state?.waiting?.reason === 'CreateContainerConfigError',
      );
      expect(appOf(pod.status)?.state?.waiting?.message).toBe(
        'container app: mount /vk-d: subPathExpr "x/$(WHERE)": leaves the volume',
      );
      await scene.delete('outside', 0);
    });
  });
});

describe.skipIf(!ControlPlane.available())(
  'on a real control plane (skipped unless KUBEBUILDER_ASSETS names a folder with etcd and kube-apiserver)',
  () => {
    const cluster = new ControlPlane();
    beforeAll(() => cluster.start(), 60_000);
    afterAll(() => cluster.stop(), 30_000);

    it('a pod sees what it would see under a kubelet', async () => {
      const { client } = cluster;
      await client.create(serviceAccounts, serviceAccount);
      await client.create(configMaps, configMap);
      await client.create(secrets, secret);
      const { spec } = await client.create(services, service);
      const provider = new ProcessProvider({
        nodeName: 'node-1',
        stateFolder: mkdtempSync(join(tmpdir(), 'vk-process-')),
      });
      provider.start();
      const node = new VirtualNode('node-1', provider, client);
      try {
        await node.start();
        await node.ready();
        const wanted = podOfAll('exec sleep 1000');
        await client.create(pods, { ...wanted, spec: { ...wanted.spec, nodeName: 'node-1' } });
        const at = { namespace: 'default', name: 'all' };
        const pod = await eventually('the pod', async () => {
          const found = await client.get(pods, at);
          return found.status?.phase === 'Running' && found;
        });
        const rows = kubeletTable(pod, { ...known, service: spec?.clusterIP ?? '' });
        const { output } = await execIn(provider, pod, ['sh', '-c', 'printf %s "$POD_ROOT"']);
        await compare(provider, pod, rows, output === '');
        await client.delete(pods, at, { gracePeriodSeconds: 0 });
      } finally {
        await node.close();
        await provider.remove();
      }
    });
  },
);

async function compare(provider: ProcessProvider, pod: Pod, rows: readonly Row[], isMounted: boolean): Promise<void> {
  for (const { source, script, sees, mounted } of rows) {
    if (mounted && !isMounted) continue;
    const { output, errors } = await execIn(provider, pod, ['sh', '-c', script]);
    expect({ source, script, sees: output.replace(/\n$/, ''), errors }).toEqual({ source, script, sees, errors: '' });
  }
}

/** Files below `folder` that hold the secret and that others may read, by their own mode or a directory's. */
function readable(folder: string): string[] {
  if ((statSync(folder).mode & 0o077) === 0) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => (statSync(path).mode & 0o077) !== 0 && readFileSync(path, 'utf8').includes(secretValue));
}
