/** What pods bring with them when things come late, go missing, or end in the middle; and what is never told of it. */
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configMaps, events, pods, secrets } from '../../../src/kube/resources.js';
import type { Pod, PodSpec } from '../../../src/kube/types.js';
import { MissingInputsError } from '../../../src/provider/inputs/missing-inputs.js';
import type { PodContext, PodInputs } from '../../../src/provider/inputs/pod-inputs.js';
import type { Logger } from '../../../src/runtime/logger.js';
import { MemoryProvider } from './memory-provider.js';
import { PodScene } from './pod-scene.js';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const at = (name: string) => ({ namespace: 'default', name });

/** Does with what pods bring what a test tells it. */
class ToldProvider extends MemoryProvider {
  inputs: PodInputs | undefined;
  given: Pod | undefined;
  onCreate: (inputs: PodInputs | undefined, pod: Pod) => Promise<unknown> = () => Promise.resolve();

  override async createPod(pod: Pod, context: PodContext): Promise<void> {
    this.inputs = context.inputs;
    this.given = pod;
    await this.onCreate(context.inputs, pod);
    await super.createPod(pod, context);
  }

  override async updatePod(pod: Pod, context: PodContext): Promise<void> {
    this.given = pod;
    await super.updatePod(pod, context);
  }
}

/** One that is told of changes. */
class FollowingProvider extends ToldProvider {
  updates = 0;
  onUpdate: (inputs: PodInputs | undefined) => Promise<unknown> = () => Promise.resolve();

  async updatePodInputs(_: Pod, context: PodContext): Promise<void> {
    this.updates += 1;
    await this.onUpdate(context.inputs);
  }
}

describe('what a pod brings with it, in adversity', () => {
  let scene: PodScene;
  beforeEach(async () => {
    scene = new PodScene();
    await scene.open();
  });
  afterEach(() => scene.close());

  const fromSecret = (name: string) => [{ name: 'P', valueFrom: { secretKeyRef: { name, key: 'password' } } }];
  const withEnv = (env: PodSpec['containers'][number]['env']): Partial<PodSpec> => ({
    automountServiceAccountToken: false,
    containers: [{ name: 'c', image: 'i', ...(env && { env }) }],
  });
  const fromConfigMap = withEnv([
    { name: 'COLOR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'color' } } },
  ]);
  const color = (value: string) => ({ metadata: at('settings'), data: { color: value } });
  const login = { metadata: at('login'), data: { password: base64('hunter2') } };
  const configVolume: Partial<PodSpec> = {
    automountServiceAccountToken: false,
    volumes: [{ name: 'v', configMap: { name: 'settings' } }],
  };
  const waitingReason = () => scene.pod()?.status?.containerStatuses?.[0]?.state?.waiting?.reason;
  const isRunning = () => scene.pod()?.status?.phase === 'Running';

  /** A provider that waits for volumes whose ConfigMap the apiserver never answers for, and how that wait ended. */
  async function waitingForReads(): Promise<{ provider: ToldProvider; ended: () => unknown }> {
    const provider = new ToldProvider();
    let ended: unknown;
    provider.onCreate = async (inputs) => {
      scene.patient = false;
      scene.server.faults.add({ on: { resource: 'configmaps' }, fault: { type: 'hang' }, times: 100 });
      await inputs?.volumes().catch((error: unknown) => {
        ended = error;
        throw error;
      });
    };
    await scene.startController({}, provider);
    await scene.create('web', configVolume);
    await scene.until(() => provider.inputs !== undefined);
    return { provider, ended: () => ended };
  }

  it('calls a provider once for a change, also one that does not look at what has changed', async () => {
    await scene.server.client.create(configMaps, color('blue'));
    const provider = new FollowingProvider();
    provider.onCreate = async (inputs) => inputs?.volumes();
    await scene.startController({}, provider);
    await scene.create('web', configVolume);
    await scene.until(isRunning);
    await scene.clock.advance(10_000);
    expect(provider.updates).toBe(0);
    await scene.server.client.patch(configMaps, at('settings'), 'merge', { data: { color: 'red' } });
    await scene.until(() => provider.updates > 0);
    await scene.clock.advance(600_000);
    expect(provider.updates).toBe(1);
  });

  it('calls again for a change that arrives while the provider takes the one before', async () => {
    await scene.server.client.create(configMaps, color('blue'));
    const provider = new FollowingProvider();
    const seen: (string | undefined)[] = [];
    const look = async (inputs: PodInputs | undefined): Promise<void> => {
      const content = (await inputs?.volumes())?.get('v');
      seen.push(content?.kind === 'files' ? content.files.get('color')?.data.toString() : undefined);
    };
    provider.onCreate = look;
    let release: () => void = () => undefined;
    provider.onUpdate = async (inputs) => {
      await look(inputs);
      if (provider.updates === 1) await new Promise<void>((resolve) => (release = resolve));
    };
    await scene.startController({}, provider);
    await scene.create('web', configVolume);
    await scene.until(isRunning);
    await scene.server.client.patch(configMaps, at('settings'), 'merge', { data: { color: 'red' } });
    await scene.until(() => seen.length === 2);
    await scene.server.client.patch(configMaps, at('settings'), 'merge', { data: { color: 'green' } });
    await scene.clock.advance(1_000);
    release();
    await scene.until(() => seen.length === 3);
    expect(seen).toEqual(['blue', 'red', 'green']);
  });

  it('says that containers are being created once nothing is missing, also while the provider is slow', async () => {
    const provider = new ToldProvider();
    let release: () => void = () => undefined;
    provider.onCreate = () => new Promise<void>((resolve) => (release = resolve));
    await scene.startController({}, provider);
    await scene.create('web', fromConfigMap);
    await scene.until(() => waitingReason() === 'CreateContainerConfigError');
    await scene.server.client.create(configMaps, color('blue'));
    await scene.until(() => waitingReason() === 'ContainerCreating');
    const writes = scene.statusWrites();
    await scene.clock.advance(600_000);
    expect(scene.statusWrites()).toBe(writes);
    release();
    await scene.until(isRunning);
  });

  it('shows what the provider failed with, and no longer what was missing before', async () => {
    const provider = new ToldProvider();
    provider.onCreate = () => Promise.reject(new Error('out of capacity'));
    await scene.startController({}, provider);
    await scene.create('web', fromConfigMap);
    await scene.until(() => waitingReason() === 'CreateContainerConfigError');
    await scene.server.client.create(configMaps, color('blue'));
    await scene.until(() => scene.pod()?.status?.reason === 'ProviderFailed');
    expect(waitingReason()).toBe('ContainerCreating');
  });

  it('makes a pod that the backend lost wait for what has gone missing meanwhile', async () => {
    await scene.server.client.create(configMaps, color('blue'));
    await scene.startController();
    await scene.create('web', fromConfigMap);
    await scene.until(isRunning);
    await scene.server.client.delete(configMaps, at('settings'));
    await scene.clock.advance(10_000);
    await scene.stopController();
    scene.provider.instances.clear();
    scene.provider.journal.length = 0;
    await scene.startController();
    await scene.until(() => scene.eventReasons().includes('MandatoryConfigMapNotFound'));
    await scene.clock.advance(600_000);
    expect(scene.provider.journal).toEqual([]);
    await scene.server.client.create(configMaps, color('red'));
    await scene.until(() => scene.provider.journal.length > 0);
    expect([...scene.provider.instances.values()][0]?.spec.containers[0]?.env?.[0]?.value).toBe('red');
  });

  it('leaves a pod alone that is found running although what it refers to is gone', async () => {
    await scene.server.client.create(configMaps, color('blue'));
    await scene.startController();
    await scene.create('web', fromConfigMap);
    await scene.until(isRunning);
    await scene.stopController();
    await scene.server.client.delete(configMaps, at('settings'));
    await scene.startController();
    await scene.clock.advance(600_000);
    expect(isRunning()).toBe(true);
    expect(scene.eventReasons()).not.toContain('MandatoryConfigMapNotFound');
  });

  it('brings an ephemeral container once its Secret is there', async () => {
    const provider = new ToldProvider();
    await scene.startController({}, provider);
    await scene.create('web', withEnv([]));
    await scene.until(isRunning);
    const debug = { name: 'debug', image: 'i', env: fromSecret('login') };
    const ephemeral = { spec: { ephemeralContainers: [debug] } };
    await scene.server.client.patch(pods, at('web'), 'strategic', ephemeral, { subresource: 'ephemeralcontainers' });
    await scene.until(() => scene.eventReasons().includes('MandatorySecretNotFound'));
    await scene.clock.advance(60_000);
    expect(provider.journal.filter((call) => call.startsWith('update'))).toEqual([]);
    await scene.server.client.create(secrets, login);
    await scene.until(() => provider.journal.some((call) => call.startsWith('update')));
    const added = provider.given?.spec.ephemeralContainers?.[0];
    expect(added?.env?.[0]).toEqual({ name: 'P', value: 'hunter2' });
  });

  it('tries again with a Secret that a provider missed by its name, and not before', async () => {
    const provider = new ToldProvider();
    let attempts = 0;
    provider.onCreate = async (inputs) => {
      attempts += 1;
      const { state } = (await inputs?.secret('login')) ?? {};
      if (state !== 'found') throw new MissingInputsError('default/web', ['secret "login" not found']);
    };
    await scene.startController({}, provider);
    await scene.create('web', withEnv([]));
    await scene.until(() => scene.eventReasons().includes('FailedMount'));
    await scene.clock.advance(240_000);
    expect(attempts).toBe(1);
    await scene.server.client.create(secrets, login);
    await scene.clock.advance(1_000);
    expect(isRunning()).toBe(true);
  });

  it('does not hurry a provider that says something is missing without having asked', async () => {
    const provider = new ToldProvider();
    let attempts = 0;
    provider.onCreate = () => {
      attempts += 1;
      return Promise.reject(new MissingInputsError('default/web', ['a licence']));
    };
    await scene.startController({}, provider);
    await scene.create('web', withEnv([]));
    await scene.clock.advance(1_000_000);
    expect(attempts).toBeLessThan(6);
  });

  it('ends the wait of a provider whose reads never come when the controller is closed', async () => {
    const { provider, ended } = await waitingForReads();
    await scene.stopController();
    scene.patient = true;
    expect(ended()).toMatchObject({ code: 'Aborted' });
    await expect(provider.inputs?.secret('any')).rejects.toMatchObject({ code: 'Aborted' });
  });

  it('ends the wait of a provider whose reads never come when the pod is to go', async () => {
    const { ended } = await waitingForReads();
    const deletedAt = scene.clock.now();
    await scene.server.client.delete(pods, at('web'));
    await scene.until(() => scene.pod() === undefined);
    expect(scene.clock.now() - deletedAt).toBeLessThan(5_000);
    expect(ended()).toMatchObject({ code: 'Aborted' });
    scene.patient = true;
  });

  it('is let go of whichever way a pod goes: ended, evicted, deleted, made again under its name', async () => {
    await scene.server.client.create(configMaps, color('blue'));
    await scene.startController();
    await scene.clock.advance(1_000);
    const spec = { ...fromConfigMap, restartPolicy: 'Never' };
    await scene.create('first', spec);
    await scene.until(() => scene.provider.instances.size === 1);
    const idle = scene.server.watchCount - 1;
    scene.provider.end(scene.uid('first'));
    await scene.until(() => scene.pod('first')?.status?.phase === 'Succeeded');
    await scene.until(() => scene.server.watchCount === idle);

    await scene.create('second', spec);
    await scene.until(() => scene.server.watchCount === idle + 1 && scene.provider.instances.size === 1);
    scene.provider.evict(scene.uid('second'));
    await scene.until(() => scene.pod('second') === undefined);
    await scene.until(() => scene.server.watchCount === idle);

    for (let round = 0; round < 5; round += 1) {
      await scene.create('third', spec);
      await scene.until(() => scene.pod('third')?.status?.phase === 'Running');
      await scene.server.client.delete(pods, at('third'), { gracePeriodSeconds: 0 });
    }
    await scene.until(() => scene.provider.instances.size === 0 && scene.server.watchCount === idle);
  });

  it('tells of a failure once, however often the apiserver repeats it', async () => {
    const refused = { type: 'status', code: 403 } as const;
    scene.server.faults.add({ on: { resource: 'configmaps' }, fault: refused, times: 40 });
    await scene.startController();
    await scene.create('web', fromConfigMap);
    await scene.until(() => waitingReason() === 'CreateContainerConfigError');
    await scene.clock.advance(600_000);
    const told = scene.server.objects(events).filter(({ reason }) => reason === 'FailedToReadMandatoryConfigMap');
    expect(told.map(({ count }) => count)).toEqual([1]);
    expect(scene.statusWrites()).toBe(1);
  });

  it('no value of a Secret, a token or a credential is in any log line, Event, status or error', async () => {
    const written: string[] = [];
    const write = (fields: object, message: string): void => {
      written.push(message, inspect(fields, { depth: 12, showHidden: true, maxStringLength: null }));
    };
    const logger: Logger = { debug: write, info: write, warn: write, error: write };
    const canary = (of: string): string => `canary-${of}-5d1f`;
    const dockerConfig = (text: string) => ({
      type: 'kubernetes.io/dockerconfigjson',
      data: { '.dockerconfigjson': base64(text) },
    });
    const { client } = scene.server;
    await client.create(secrets, {
      metadata: at('login'),
      data: { password: base64(canary('value')), '..up': base64(canary('path')) },
    });
    await client.create(configMaps, { metadata: at('login'), data: { password: canary('sibling') } });
    await client.create(secrets, { metadata: at('pull-1'), ...dockerConfig(`{"auths": {"${canary('server')}": 7}}`) });
    await client.create(secrets, { metadata: at('pull-2'), ...dockerConfig(`{"auths": ${canary('malformed')}`) });
    await client.create(secrets, {
      metadata: at('pull-3'),
      ...dockerConfig(JSON.stringify({ auths: { 'a.example': { auth: base64(canary('auth')) } } })),
    });
    const tokens: string[] = [];
    const provider = new FollowingProvider();
    const noteError = (error: unknown): never => {
      written.push(inspect(error, { depth: 12, showHidden: true, maxStringLength: null }));
      throw error;
    };
    let attempts = 0;
    const take = async (inputs: PodInputs | undefined): Promise<void> => {
      attempts += 1;
      await inputs?.registryCredentials().catch(noteError);
      const contents = await inputs?.volumes().catch(noteError);
      const token = contents?.get('token');
      if (token?.kind === 'files') tokens.push(...[...token.files.values()].map(({ data }) => data.toString()));
      if (attempts % 2 === 0) throw new Error('the backend has had enough');
    };
    provider.onCreate = take;
    provider.onUpdate = take;
    const faulty = (resource: string, code: number, times: number): void => {
      scene.server.faults.add({ on: { resource }, fault: { type: 'status', code }, nth: 2, times });
    };
    faulty('secrets', 500, 2);
    faulty('serviceaccounts/token', 503, 2);
    faulty('pods/status', 422, 2);
    await scene.startController({ logger }, provider);
    const token = {
      name: 'token',
      projected: { sources: [{ serviceAccountToken: { path: 'token', audience: 'vault' } }] },
    };
    const secretVolume = { name: 'v', secret: { secretName: 'login' } };
    const imagePullSecrets = ['pull-1', 'pull-2', 'pull-3'].map((name) => ({ name }));
    const shapes: Record<string, Partial<PodSpec>> = {
      whole: { ...withEnv(fromSecret('login')), imagePullSecrets, volumes: [token] },
      'missing-key': withEnv([{ name: 'P', valueFrom: { secretKeyRef: { name: 'login', key: 'absent' } } }]),
      'missing-item': {
        ...withEnv([]),
        volumes: [{ name: 'v', secret: { secretName: 'login', items: [{ key: 'no', path: 'no' }] } }],
      },
      'bad-path': { ...withEnv([]), volumes: [secretVolume, token] },
      'all-of-it': {
        containers: [{ name: 'c', image: 'i', envFrom: [{ secretRef: { name: 'login' } }] }],
        volumes: [token],
      },
      derived: withEnv([...fromSecret('login'), { name: 'URL', value: 'https://user:$(P)@host' }]),
      'no-such': withEnv([
        { name: 'X', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        ...fromSecret('nowhere'),
      ]),
    };
    for (const [name, spec] of Object.entries(shapes)) await scene.create(name, spec);
    await scene.clock.advance(120_000);
    await client.patch(secrets, at('login'), 'merge', { data: { password: base64(canary('changed')) } });
    await scene.clock.advance(3_600_000);
    for (const name of ['whole', 'derived']) await client.delete(pods, at(name));
    await scene.clock.advance(120_000);

    expect(tokens.length).toBeGreaterThan(1);
    expect(new Set(tokens).size).toBeGreaterThan(1);
    expect(written.length).toBeGreaterThan(20);
    const statuses = scene.server.objects(pods).map(({ metadata, status }) => ({ metadata, status }));
    const everything = [...written, JSON.stringify(scene.server.objects(events)), JSON.stringify(statuses)].join('\n');
    expect(everything).toContain('MandatorySecretNotFound');
    expect(everything).toContain('begins with');
    const looked = ['canary-', base64('canary-').slice(0, 8), ...tokens];
    expect(looked.filter((text) => everything.includes(text))).toEqual([]);
  });
});
