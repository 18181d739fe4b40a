/** What pods bring with them, from the apiserver to the provider. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configMaps, nodes, pods, secrets } from '../../../src/kube/resources.js';
import type { Pod, PodSpec } from '../../../src/kube/types.js';
import type { PodContext, PodInputs } from '../../../src/provider/inputs/pod-inputs.js';
import { MemoryProvider } from './memory-provider.js';
import { PodScene } from './pod-scene.js';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const at = (name: string) => ({ namespace: 'default', name });

/** Takes volumes as files, and changes of them while a pod runs. */
class VolumeProvider extends MemoryProvider {
  readonly files = new Map<string, string>();
  inputs: PodInputs | undefined;
  given: Pod | undefined;
  updates = 0;

  override async createPod(pod: Pod, context: PodContext): Promise<void> {
    this.given = pod;
    await this.#write(context);
    await super.createPod(pod, context);
  }

  async updatePodInputs(_: Pod, context: PodContext): Promise<void> {
    this.updates += 1;
    await this.#write(context);
  }

  async #write(context: PodContext): Promise<void> {
    this.inputs = context.inputs;
    for (const [volume, content] of (await context.inputs?.volumes()) ?? []) {
      if (content.kind !== 'files') continue;
      for (const [path, { data }] of content.files) this.files.set(`${volume}/${path}`, data.toString());
    }
  }
}

describe('what a pod brings with it', () => {
  let scene: PodScene;
  beforeEach(async () => {
    scene = new PodScene();
    await scene.open();
  });
  afterEach(() => scene.close());

  const withEnv = (env: PodSpec['containers'][number]['env']): Partial<PodSpec> => ({
    containers: [{ name: 'c', image: 'i', ...(env && { env }) }],
  });
  const fromConfigMap = (name: string) => [{ name: 'COLOR', valueFrom: { configMapKeyRef: { name, key: 'color' } } }];
  const color = (value: string) => ({ metadata: at('settings'), data: { color: value } });
  const volume = (more: object): Partial<PodSpec> => ({ volumes: [{ name: 'v', ...more }] });
  const waitingReason = () => scene.pod()?.status?.containerStatuses?.[0]?.state?.waiting?.reason;
  const isRunning = () => scene.pod()?.status?.phase === 'Running';

  it('reaches the provider as values of variables, secrets marked as such beside them', async () => {
    await scene.server.client.create(secrets, { metadata: at('login'), data: { password: base64('hunter2') } });
    const provider = new VolumeProvider();
    await scene.startController({}, provider);
    await scene.create(
      'web',
      withEnv([
        { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'login', key: 'password' } } },
        { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
        { name: 'FILE', valueFrom: { fileKeyRef: { volumeName: 'v', path: 'out.env', key: 'K' } } },
      ]),
    );
    await scene.until(isRunning);
    const env = provider.given?.spec.containers[0]?.env?.filter(({ name }) => !name.startsWith('KUBERNETES_'));
    expect(env).toEqual([
      { name: 'PASSWORD', value: 'hunter2' },
      { name: 'NAME', value: 'web' },
      { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP', apiVersion: 'v1' } } },
      expect.objectContaining({ name: 'FILE' }),
    ]);
    const file = (volume: string, path: string): string => `K='${path} of ${volume}'`;
    const { containers } = provider.inputs?.environment({ podIP: '10.1.0.5' }, file) ?? {};
    expect(containers?.get('c')?.find(({ name }) => name === 'FILE')?.value).toBe('out.env of v');
    expect(containers?.get('c')?.find(({ name }) => name === 'PASSWORD')?.secret).toBe(true);
    expect(containers?.get('c')?.find(({ name }) => name === 'IP')?.value).toBe('10.1.0.5');
  });

  it('keeps the pod waiting while it is missing, and lets it go within a second of its arrival', async () => {
    await scene.startController();
    await scene.create('web', withEnv(fromConfigMap('settings')));
    await scene.until(() => waitingReason() === 'CreateContainerConfigError');
    expect(scene.pod()?.status).toMatchObject({ phase: 'Pending' });
    expect(scene.pod()?.status?.containerStatuses?.[0]?.state?.waiting?.message).toBe('configmap "settings" not found');
    await scene.until(() => scene.eventReasons().includes('MandatoryConfigMapNotFound'));
    await scene.clock.advance(3_600_000);
    expect(scene.provider.journal).toEqual([]);
    expect(scene.statusWrites()).toBe(1);
    await scene.server.client.create(configMaps, color('blue'));
    await scene.clock.advance(1_000);
    expect(isRunning()).toBe(true);
    expect([...scene.provider.instances.values()][0]?.spec.containers[0]?.env?.[0]).toEqual({
      name: 'COLOR',
      value: 'blue',
    });
  });

  it('lets a waiting pod be deleted at once', async () => {
    await scene.startController();
    await scene.create('web', withEnv(fromConfigMap('settings')));
    await scene.until(() => waitingReason() === 'CreateContainerConfigError');
    await scene.server.client.delete(pods, at('web'));
    await scene.clock.advance(1_000);
    expect(scene.pod()).toBeUndefined();
    expect(scene.provider.journal).toEqual([]);
  });

  it('reaches a running pod when it changes, and leaves it alone when it goes', async () => {
    await scene.server.client.create(configMaps, color('blue'));
    const provider = new VolumeProvider();
    await scene.startController({}, provider);
    await scene.create('web', volume({ configMap: { name: 'settings' } }));
    await scene.until(isRunning);
    await scene.clock.advance(10_000);
    expect([provider.files.get('v/color'), provider.updates]).toEqual(['blue', 0]);
    await scene.server.client.patch(configMaps, at('settings'), 'merge', { data: { color: 'red' } });
    await scene.until(() => provider.files.get('v/color') === 'red');
    expect(provider.updates).toBe(1);
    await scene.server.client.delete(configMaps, at('settings'));
    await scene.clock.advance(600_000);
    expect(provider.files.get('v/color')).toBe('red');
    expect(isRunning()).toBe(true);
    await scene.server.client.create(configMaps, color('green'));
    await scene.until(() => provider.files.get('v/color') === 'green');
  });

  it('says what a volume lacks as a kubelet does, and goes on when it is there', async () => {
    const provider = new VolumeProvider();
    await scene.startController({}, provider);
    await scene.create('web', { ...volume({ secret: { secretName: 'login' } }), restartPolicy: 'Never' });
    await scene.until(() => scene.eventReasons().includes('FailedMount'));
    expect(waitingReason()).toBe('ContainerCreating');
    expect(scene.pod()?.status?.phase).toBe('Pending');
    await scene.server.client.create(secrets, { metadata: at('login'), data: { password: base64('hunter2') } });
    await scene.clock.advance(1_000);
    expect(isRunning()).toBe(true);
    expect(provider.files.get('v/password')).toBe('hunter2');
  });

  it('brings labels that change into the volumes that show them', async () => {
    const provider = new VolumeProvider();
    await scene.startController({}, provider);
    const items = [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }];
    // No token is to bring them along.
    const spec = { ...volume({ downwardAPI: { items } }), automountServiceAccountToken: false };
    await scene.create('web', spec, { labels: { app: 'web' } });
    await scene.until(isRunning);
    expect(provider.files.get('v/labels')).toBe('app="web"');
    await scene.server.client.patch(pods, at('web'), 'merge', { metadata: { labels: { tier: 'front' } } });
    await scene.until(() => provider.files.get('v/labels') === 'app="web"\ntier="front"');
  });

  it('brings limits that change into the volumes that show them', async () => {
    const provider = new VolumeProvider();
    await scene.startController({}, provider);
    const resourceFieldRef = { containerName: 'c', resource: 'limits.cpu', divisor: '1m' };
    const limits = (cpu: string) => [{ name: 'c', image: 'i', resources: { limits: { cpu } } }];
    await scene.create('web', {
      ...volume({ downwardAPI: { items: [{ path: 'cpu', resourceFieldRef }] } }),
      // Nor does a token bring them along.
      automountServiceAccountToken: false,
      containers: limits('1'),
    });
    await scene.until(isRunning);
    expect(provider.files.get('v/cpu')).toBe('1000');
    await scene.server.client.create(nodes, { metadata: { name: 'edge-1' } });
    const pod = { spec: { containers: limits('1500m') } };
    await scene.server.client.patch(pods, at('web'), 'strategic', pod, { subresource: 'resize' });
    await scene.until(() => provider.files.get('v/cpu') === '1500');
  });

  it('is handed over anew after a restart of the provider, once', async () => {
    await scene.server.client.create(configMaps, color('blue'));
    const first = new VolumeProvider();
    await scene.startController({}, first);
    await scene.create('web', volume({ configMap: { name: 'settings' } }));
    await scene.until(isRunning);
    await scene.stopController();
    const second = new VolumeProvider();
    for (const [uid, pod] of first.instances) second.instances.set(uid, pod);
    await scene.startController({}, second);
    await scene.until(() => second.updates > 0);
    await scene.clock.advance(600_000);
    expect(second.updates).toBe(1);
    expect(second.files.get('v/color')).toBe('blue');
    expect(second.journal).toEqual([]);
  });

  it('asks for no token before a provider wants one, and replaces it in running pods', async () => {
    const plain = new MemoryProvider();
    await scene.startController({}, plain);
    await scene.create('plain');
    await scene.until(() => scene.pod('plain')?.status?.phase === 'Running');
    expect(scene.server.requests.count({ resource: 'serviceaccounts/token' })).toBe(0);
    await scene.stopController();

    const provider = new VolumeProvider();
    await scene.startController({}, provider);
    await scene.create('web');
    await scene.until(isRunning);
    const tokenPath = [...provider.files.keys()].find((path) => path.endsWith('/token')) ?? '';
    const token = provider.files.get(tokenPath);
    expect(token).toBeTruthy();
    await scene.clock.advance(0.79 * 3_607_000);
    expect(provider.files.get(tokenPath)).toBe(token);
    await scene.clock.advance(0.02 * 3_607_000);
    await scene.until(() => provider.files.get(tokenPath) !== token);
  });

  it('can be turned off: the pod comes as it is written, and nothing is read for it', async () => {
    const provider = new VolumeProvider();
    await scene.startController({ inputs: false }, provider);
    await scene.create('web', withEnv(fromConfigMap('settings')));
    await scene.until(isRunning);
    expect(provider.inputs).toBeUndefined();
    expect(provider.given?.spec.containers[0]?.env).toEqual(fromConfigMap('settings'));
    expect(scene.server.requests.count({ resource: 'configmaps' })).toBe(0);
    expect(scene.server.requests.count({ resource: 'services' })).toBe(0);
  });

  it('is shared: 200 pods with 10 ConfigMaps cost 10 watches of them', async () => {
    for (let index = 0; index < 10; index += 1) {
      await scene.server.client.create(configMaps, { metadata: at(`settings-${index}`), data: { color: 'blue' } });
    }
    await scene.startController();
    for (let index = 0; index < 200; index += 1)
      await scene.create(`p${index}`, withEnv(fromConfigMap(`settings-${index % 10}`)));
    await scene.until(() => scene.provider.instances.size === 200);
    // Of pods, of services, and of each ConfigMap.
    expect(scene.server.watchCount).toBe(12);
    for (let index = 0; index < 200; index += 1)
      await scene.server.client.delete(pods, at(`p${index}`), { gracePeriodSeconds: 0 });
    await scene.until(() => scene.controller.status.pods === 0);
    await scene.clock.advance(1_000);
    expect(scene.server.watchCount).toBe(2);
  });
});
