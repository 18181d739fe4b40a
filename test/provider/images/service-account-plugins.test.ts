import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KubeApi } from '../../../src/kube/api.js';
import { pods, serviceAccounts } from '../../../src/kube/resources.js';
import type { Pod } from '../../../src/kube/types.js';
import { parseCredentialPluginConfig } from '../../../src/provider/images/credential-plugin-config.js';
import { CredentialPlugins } from '../../../src/provider/images/credential-plugins.js';
import { PullingAccounts } from '../../../src/provider/images/pulling-account.js';
import { FakeApiServer } from '../../../src/testing/fake-api-server.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

const apiVersion = 'credentialprovider.kubelet.k8s.io/v1';
const base = { serviceAccountTokenAudience: 'registry', requireServiceAccount: true, cacheType: 'ServiceAccount' };
const config = (tokenAttributes: object, more: object = {}) =>
  parseCredentialPluginConfig({
    kind: 'CredentialProviderConfig',
    providers: [
      {
        name: 'plugin',
        apiVersion,
        matchImages: ['*.example.com'],
        defaultCacheDuration: '1h',
        tokenAttributes,
        ...more,
      },
    ],
  });
const image = 'eu.example.com/app:1';

interface Request {
  readonly serviceAccountToken?: string;
  readonly serviceAccountAnnotations?: Record<string, string>;
}

describe('credential plugins that go by the service account (KEP-4412, kubelet-config.v1)', () => {
  let server: FakeApiServer;
  let folder: string;
  let clock: ManualClock;
  let logged: string[];

  beforeEach(async () => {
    server = new FakeApiServer();
    await server.start();
    folder = await mkdtemp(join(tmpdir(), 'vk-sdk-plugins-'));
    clock = new ManualClock();
    logged = [];
    await install({ password: 'p' });
  });
  afterEach(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** A program that counts its runs. `password` is what it answers, or `token` to give its own back. */
  async function install({ password }: { password: string }): Promise<void> {
    const program = `#!${process.execPath}
      const { appendFileSync, readFileSync } = require('node:fs');
      const request = JSON.parse(readFileSync(0, 'utf8'));
      appendFileSync(${JSON.stringify(join(folder, 'runs'))}, JSON.stringify(request) + '\\n');
      const password = ${JSON.stringify(password)} === 'token' ? request.serviceAccountToken : ${JSON.stringify(password)};
      const auth = { '*.example.com': { username: 'u', password } };
      console.log(JSON.stringify({ kind: 'CredentialProviderResponse', apiVersion: request.apiVersion, cacheKeyType: 'Global', auth }));`;
    await writeFile(join(folder, 'plugin'), program, { mode: 0o755 });
  }
  const runs = async (): Promise<Request[]> => {
    const text = await readFile(join(folder, 'runs'), 'utf8').catch(() => '');
    return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Request]));
  };
  function pluginsOf(tokenAttributes: object): CredentialPlugins {
    const note = (fields: object, message: string): void => {
      logged.push(
        message + JSON.stringify(fields, (_, value: unknown) => (value instanceof Error ? value.message : value)),
      );
    };
    const logger = { debug: note, info: note, warn: note, error: note };
    const options = { binDir: folder, clock, logger, client: server.client };
    return new CredentialPlugins(config({ ...base, ...tokenAttributes }), options);
  }
  const account = (name: string, annotations: Record<string, string> = {}) =>
    server.client.create(serviceAccounts, { metadata: { namespace: 'default', name, annotations } });
  const podOf = (name: string, serviceAccountName: string): Promise<Pod> =>
    server.client.create(pods, {
      metadata: { namespace: 'default', name },
      spec: { serviceAccountName, automountServiceAccountToken: false, containers: [{ name: 'main', image }] },
    });

  it('are told a token of the pod for their audience, and the annotations that they ask for', async () => {
    await account('robot', { 'example.com/role': 'reader', 'example.com/team': 'shop', 'example.com/other': 'x' });
    const plugins = pluginsOf({
      requiredServiceAccountAnnotationKeys: ['example.com/role'],
      optionalServiceAccountAnnotationKeys: ['example.com/team', 'example.com/absent'],
    });
    const pod = await podOf('web', 'robot');
    expect(await plugins.forImage(image, pod)).toEqual([{ username: 'u', password: 'p' }]);
    const [request] = await runs();
    expect(request).toMatchObject({
      kind: 'CredentialProviderRequest',
      apiVersion,
      image: 'eu.example.com/app',
      serviceAccountAnnotations: { 'example.com/role': 'reader', 'example.com/team': 'shop' },
    });
    expect(Object.keys(request?.serviceAccountAnnotations ?? {})).toHaveLength(2);
    const review = await server.client.request<{ status: { authenticated: boolean; user: { username: string } } }>({
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/tokenreviews',
      body: {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenReview',
        metadata: {},
        spec: { token: request?.serviceAccountToken, audiences: ['registry'] },
      },
    });
    expect(review.status).toMatchObject({
      authenticated: true,
      user: { username: 'system:serviceaccount:default:robot' },
    });
  });

  it('answer all pods of one account, and no other, with cacheType ServiceAccount', async () => {
    await account('robot');
    await account('other');
    const plugins = pluginsOf({});
    for (const [name, of] of [
      ['a', 'robot'],
      ['b', 'robot'],
      ['c', 'other'],
    ] as const) {
      expect(await plugins.forImage(image, await podOf(name, of))).toHaveLength(1);
    }
    expect(await runs()).toHaveLength(2);
  });

  it('answer one pod for as long as its token is used, with cacheType Token', async () => {
    await account('robot');
    await install({ password: 'token' });
    const plugins = pluginsOf({ cacheType: 'Token' });
    const [a, b] = [await podOf('a', 'robot'), await podOf('b', 'robot')];
    const passwords = new Set<string>();
    for (const pod of [a, b, a, b]) passwords.add((await plugins.forImage(image, pod))[0]?.password ?? '');
    expect([passwords.size, (await runs()).length]).toEqual([2, 2]);
    await clock.advance(3_600_000 * 0.8 - 1);
    await plugins.forImage(image, a);
    expect(await runs()).toHaveLength(2);
    await clock.advance(1);
    await plugins.forImage(image, a);
    expect(await runs()).toHaveLength(3);
  });

  it('are asked anew when an annotation that they see has changed, or the account has been made anew', async () => {
    await account('robot', { role: 'reader', other: '1' });
    const plugins = pluginsOf({ optionalServiceAccountAnnotationKeys: ['role'] });
    const pod = await podOf('web', 'robot');
    const at = { namespace: 'default', name: 'robot' };
    const change = (annotations: object) =>
      server.client.patch(serviceAccounts, at, 'merge', { metadata: { annotations } });
    await plugins.forImage(image, pod);
    await change({ other: '2' });
    await plugins.forImage(image, pod);
    expect(await runs()).toHaveLength(1);
    await change({ role: 'writer' });
    await plugins.forImage(image, pod);
    expect(await runs()).toHaveLength(2);
    await server.client.delete(serviceAccounts, at);
    await account('robot', { role: 'writer' });
    await plugins.forImage(image, pod);
    expect(await runs()).toHaveLength(3);
  });

  it('are not asked for an account that lacks a required annotation: it did not opt in', async () => {
    await account('robot', { optional: '1' });
    const plugins = pluginsOf({ requiredServiceAccountAnnotationKeys: ['role'] });
    expect(await plugins.forImage(image, await podOf('web', 'robot'))).toEqual([]);
    expect([await runs(), logged]).toEqual([[], []]);
  });

  it.each([
    [true, 0],
    [false, 1],
  ])(
    'are asked without a pod, and without a token, only if they do not require an account (%s)',
    async (requires, times) => {
      const plugins = pluginsOf({ requireServiceAccount: requires });
      expect(await plugins.forImage(image)).toHaveLength(times);
      expect((await runs()).map((request) => Object.keys(request))).toEqual(
        Array.from({ length: times }, () => ['kind', 'apiVersion', 'image']),
      );
    },
  );

  it('count for nothing where the account or its token is not to be had', async () => {
    await account('robot');
    const pod = await podOf('web', 'robot');
    await server.client.delete(serviceAccounts, { namespace: 'default', name: 'robot' });
    expect(await pluginsOf({}).forImage(image, pod)).toEqual([]);
    expect(await runs()).toEqual([]);
    expect(logged).toEqual([expect.stringContaining('serviceaccounts default/robot: ')]);
  });

  it('may not give the token itself for a password, unless answers are kept by token', async () => {
    await account('robot');
    await install({ password: 'token' });
    const pod = await podOf('web', 'robot');
    expect(await pluginsOf({}).forImage(image, pod)).toEqual([]);
    expect(logged).toEqual([expect.stringContaining('which cacheType Token alone allows')]);
    expect(await pluginsOf({ cacheType: 'Token' }).forImage(image, pod)).toHaveLength(1);
    const [request] = await runs();
    expect(JSON.stringify(logged)).not.toContain(request?.serviceAccountToken);
  });

  it('run once for pods of one account that pull at the same time', async () => {
    await account('robot');
    const plugins = pluginsOf({});
    const all = await Promise.all(['a', 'b', 'c'].map(async (name) => podOf(name, 'robot')));
    await Promise.all(all.map((pod) => plugins.forImage(image, pod)));
    expect(await runs()).toHaveLength(1);
  });

  it('may ask for annotations in either case, as those of kubelets may', () => {
    const keys = ['eks.example.com/Role-ARN', 'Team'];
    const [plugin] = config({ ...base, requiredServiceAccountAnnotationKeys: keys });
    expect(plugin?.tokenAttributes?.requiredAnnotations).toEqual(keys);
  });

  it('keep no token that has ended, and none whose age the clock does not tell any more', async () => {
    let nowMs = clock.now();
    const machine = { now: () => nowMs, setTimer: clock.setTimer.bind(clock), sleep: clock.sleep.bind(clock) };
    let asked = 0;
    const { request } = server.client;
    const counting: KubeApi = new Proxy(server.client, {
      get: (client, name: keyof KubeApi) =>
        name === 'request' ? ((asked += 1), request.bind(client)) : client[name].bind(client),
    });
    const accounts = new PullingAccounts(counting, machine);
    const [plugin] = config({ ...base, cacheType: 'Token' });
    if (plugin?.tokenAttributes === undefined) throw new Error('no attributes');
    const { tokenAttributes } = plugin;
    await account('robot');
    const [a, b] = [await podOf('a', 'robot'), await podOf('b', 'robot')];
    await accounts.of(tokenAttributes, a, 'robot');
    nowMs += 3_600_000;
    await accounts.of(tokenAttributes, b, 'robot');
    expect(accounts.size).toBe(1);
    nowMs -= 86_400_000;
    await accounts.of(tokenAttributes, b, 'robot');
    expect(accounts.size).toBe(1);
    expect(asked).toBe(3);
  });

  it('need a client', () => {
    expect(() => new CredentialPlugins(config(base), { binDir: folder })).toThrow(
      'its tokenAttributes need the option client',
    );
  });

  it.each([
    [{ serviceAccountTokenAudience: '' }, 'serviceAccountTokenAudience is missing'],
    [{ requireServiceAccount: undefined }, 'requireServiceAccount is not true or false'],
    [{ cacheType: 'Pod' }, 'cacheType is none of ServiceAccount and Token'],
    [
      { requiredServiceAccountAnnotationKeys: ['A b'] },
      'requiredServiceAccountAnnotationKeys[0] is not the key of an annotation',
    ],
    [{ optionalServiceAccountAnnotationKeys: ['a', 'a'] }, 'optionalServiceAccountAnnotationKeys[1] is there twice'],
    [{ requireServiceAccount: false, requiredServiceAccountAnnotationKeys: ['a'] }, 'needs requireServiceAccount'],
    [
      { requiredServiceAccountAnnotationKeys: ['a'], optionalServiceAccountAnnotationKeys: ['a'] },
      'holds the annotation "a" as required and as optional',
    ],
  ])('refuse %j', (more, message) => {
    expect(() => config({ ...base, ...more })).toThrow(`credential plugins: providers[0].tokenAttributes`);
    expect(() => config({ ...base, ...more })).toThrow(message);
  });

  it('refuse an apiVersion that has no field for a token', () => {
    const older = 'credentialprovider.kubelet.k8s.io/v1beta1';
    expect(() => config(base, { apiVersion: older })).toThrow(`needs the apiVersion ${apiVersion}`);
  });
});
