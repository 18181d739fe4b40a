import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { KubeClient } from '../../src/kube/client.js';
import { loadInCluster } from '../../src/kube/config/in-cluster.js';
import type { KubeconfigCluster, KubeconfigUser } from '../../src/kube/config/kubeconfig.js';
import { loadKubeconfig, type LoadOptions } from '../../src/kube/config/load-kubeconfig.js';
import { connect, type ClusterTarget } from '../../src/kube/connect.js';
import { pods } from '../../src/kube/resources.js';
import { ManualClock } from '../../src/testing/manual-clock.js';
import {
  closingAfterEach,
  inOrder,
  json,
  pki,
  rejection,
  serverTls,
  startPeer,
  status,
  web,
  webName,
} from './client-peer.js';

const track = closingAfterEach();
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const unauthorized = status(401, 'Unauthorized', 'Unauthorized');
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vk-sdk-'));
  track({ [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) });
});

function kubeconfig(cluster: KubeconfigCluster, user: object = {}, namespace?: string): string {
  return JSON.stringify({
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'admin', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'admin', namespace } }],
    'current-context': 'x',
  });
}

/** The `Authorization` headers that a server sees which refuses the requests at the places named. */
async function authorizations(
  user: KubeconfigUser,
  options: LoadOptions = {},
  refused: readonly boolean[] = [false],
): Promise<(string | undefined)[]> {
  const peer = track(await startPeer(inOrder(...refused.map((no) => (no ? unauthorized : json(web))))));
  const connection = await loadKubeconfig(
    { contents: kubeconfig({ server: peer.url }, user) },
    { env: {}, ...options },
  );
  const client = track(new KubeClient(connection));
  await client.get(pods, webName);
  return peer.seen.map(({ headers }) => headers.authorization);
}

describe('what a kubeconfig says', () => {
  it('in YAML reaches the cluster: authority, certificate and names as data', async () => {
    const peer = track(await startPeer(json(web), serverTls));
    const path = join(folder, 'config');
    await writeFile(
      path,
      `apiVersion: v1
kind: Config
preferences: {}
clusters:
- name: other
  cluster: {server: https://127.0.0.1:1}
- name: mine
  cluster:
    server: ${peer.url}/
    certificate-authority-data: ${base64(pki('ca.crt'))}
    tls-server-name: localhost
contexts:
- name: other
  context: {cluster: other, user: admin}
- name: mine
  context: {cluster: mine, user: admin, namespace: team-a}
current-context: other
users:
- name: admin
  user:
    client-certificate-data: ${base64(pki('client.crt'))}
    client-key-data: ${base64(pki('client.key'))}
    as: jane
    as-uid: "7"
    as-groups: [dev]
    as-user-extra: {team: [a]}
`,
    );
    const client = track(await connect({ kubeconfig: path, context: 'mine' }, { env: {} }));
    await client.get(pods, webName);
    expect(client.connection.namespace).toBe('team-a');
    expect(peer.seen[0]?.clientName).toBe('admin');
    expect(peer.seen[0]?.headers).toMatchObject({
      'impersonate-user': 'jane',
      'impersonate-uid': '7',
      'impersonate-group': 'dev',
      'impersonate-extra-team': 'a',
    });
  });

  it('about paths is relative to its own folder', async () => {
    const peer = track(await startPeer(json(web), serverTls));
    await mkdir(join(folder, 'pki'));
    for (const name of ['ca.crt', 'client.crt', 'client.key']) await writeFile(join(folder, 'pki', name), pki(name));
    await writeFile(join(folder, 'token'), 't1\n');
    const user = { 'client-certificate': 'pki/client.crt', 'client-key': 'pki/client.key', tokenFile: 'token' };
    const path = join(folder, 'config');
    await writeFile(path, kubeconfig({ server: peer.url, 'certificate-authority': 'pki/ca.crt' }, user));
    const client = track(await connect({ kubeconfig: path }, { env: {} }));
    await client.get(pods, webName);
    expect(peer.seen[0]).toMatchObject({ clientName: 'admin', headers: { authorization: 'Bearer t1' } });
  });

  it('about tokens and passwords goes into the Authorization header', async () => {
    expect(await authorizations({ token: 'abc' })).toEqual(['Bearer abc']);
    expect(await authorizations({ username: 'jo', password: 'a:b' })).toEqual([`Basic ${base64('jo:a:b')}`]);
    expect(await authorizations({})).toEqual([undefined]);
  });

  it.each<[string, string, RegExp]>([
    ['neither YAML nor JSON', '{"geheim', /^kubeconfig \(contents\): neither YAML nor JSON$/],
    ['broken YAML', 'users: [geheim', /^kubeconfig \(contents\): neither YAML nor JSON$/],
    ['a list', '- 1', /^kubeconfig \(contents\): not a kubeconfig$/],
    ['without a current context', '{}', /^kubeconfig: no current-context, and no context named$/],
    [
      'a context that is not there',
      '{"current-context": "y", "contexts": [{"name": "x"}]}',
      /no context is named "y" \(there are: x\)/,
    ],
    ['without a server', kubeconfig({}), /^kubeconfig cluster "c": no server$/],
    [
      'an authority that is to be ignored',
      kubeconfig({ server: 'https://x', 'certificate-authority-data': 'eA==', 'insecure-skip-tls-verify': true }),
      /exclude each other/,
    ],
    [
      'a certificate without a key',
      kubeconfig({ server: 'https://x' }, { 'client-certificate-data': 'eA==' }),
      /^kubeconfig user "admin": a client certificate needs its key/,
    ],
    [
      'a certificate that is none',
      kubeconfig({ server: 'https://x' }, { 'client-certificate-data': 'eA==', 'client-key-data': 'eA==' }),
      /client certificate or key is not PEM$/,
    ],
    [
      'a key of another certificate',
      kubeconfig(
        { server: 'https://x' },
        { 'client-certificate-data': base64(pki('client.crt')), 'client-key-data': base64(pki('server.key')) },
      ),
      /do not belong together$/,
    ],
    [
      'a dropped auth provider',
      kubeconfig({ server: 'https://x' }, { 'auth-provider': { name: 'gcp' } }),
      /auth-provider "gcp" is not supported; .*: use an exec plugin$/,
    ],
    ['groups without a user', kubeconfig({ server: 'https://x' }, { 'as-groups': ['a'] }), /need "as"$/],
    [
      'a proxy that is none',
      kubeconfig({ server: 'https://x', 'proxy-url': 'ftp://jo:geheim@x' }),
      /^proxy: not an http/,
    ],
  ])('and cannot be used is InvalidInput: %s', async (_what, contents, message) => {
    const error = await rejection(loadKubeconfig({ contents }, { env: {} }));
    expect(error).toMatchObject({ code: 'InvalidInput', message: expect.stringMatching(message) as string });
    expect(String(error)).not.toContain('geheim');
  });

  it('names a file that cannot be read, and what it was for', async () => {
    const missing = join(folder, 'none');
    const server = 'https://x';
    expect(await rejection(connect({ kubeconfig: missing }))).toMatchObject({
      message: `kubeconfig ${missing}: cannot be read (ENOENT)`,
    });
    for (const [contents, purpose] of [
      [kubeconfig({ server, 'certificate-authority': missing }), 'certificate authority'],
      [kubeconfig({ server }, { tokenFile: missing }), 'token file'],
      [kubeconfig({ server }, { 'client-certificate': missing, 'client-key': missing }), 'client certificate'],
    ] as const) {
      const message = `${purpose} ${missing}: cannot be read (ENOENT)`;
      expect(await rejection(loadKubeconfig({ contents }))).toMatchObject({ code: 'InvalidInput', message });
    }
  });
});

describe('token files', () => {
  it('that rotate are read again each minute, and one that is missing for a moment is no matter', async () => {
    const peer = track(await startPeer(json(web)));
    const tokenFile = join(folder, 'token');
    await writeFile(tokenFile, 't1');
    const clock = new ManualClock();
    const contents = kubeconfig({ server: peer.url }, { tokenFile });
    const client = track(new KubeClient(await loadKubeconfig({ contents }, { clock, env: {} })));
    await client.get(pods, webName);
    await writeFile(tokenFile, 't2');
    await client.get(pods, webName);
    await clock.advance(60_000);
    await client.get(pods, webName);
    await rename(tokenFile, `${tokenFile}.away`);
    await clock.advance(60_000);
    await client.get(pods, webName);
    expect(peer.seen.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer t1',
      'Bearer t1',
      'Bearer t2',
      'Bearer t2',
    ]);
  });

  it('are read again at once when the token is refused, and the request is repeated', async () => {
    const peer = track(
      await startPeer(({ headers }, response) =>
        (headers.authorization === 'Bearer t2' ? json(web) : unauthorized)({} as never, response),
      ),
    );
    const tokenFile = join(folder, 'token');
    await writeFile(tokenFile, 't1');
    const contents = kubeconfig({ server: peer.url }, { tokenFile });
    const client = track(new KubeClient(await loadKubeconfig({ contents }, { clock: new ManualClock(), env: {} })));
    expect(await rejection(client.get(pods, webName))).toMatchObject({ code: 'Unauthorized' });
    await writeFile(tokenFile, 't2');
    const answers = await Promise.all([client.create(pods, web), client.create(pods, web), client.get(pods, webName)]);
    expect(answers).toEqual([web, web, web]);
  });
});

describe('inside a pod', () => {
  it('the service account is used, over IPv6 too, and its token is read again', async () => {
    const peer = track(await startPeer(json(web), serverTls));
    await writeFile(join(folder, 'ca.crt'), pki('ca.crt'));
    await writeFile(join(folder, 'token'), 't1\n');
    await writeFile(join(folder, 'namespace'), 'team-a\n');
    const clock = new ManualClock();
    const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(peer.port) };
    const connection = await loadInCluster({ env, clock, serviceAccountDir: folder });
    expect(connection.namespace).toBe('team-a');
    const client = track(new KubeClient(connection));
    await client.get(pods, webName);
    await writeFile(join(folder, 'token'), 't2\n');
    await clock.advance(60_000);
    await client.get(pods, webName);
    expect(peer.seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer t1', 'Bearer t2']);

    const ipv6 = await loadInCluster({
      env: { ...env, KUBERNETES_SERVICE_HOST: 'fd00::1' },
      serviceAccountDir: folder,
    });
    expect(ipv6.server).toBe(`https://[fd00::1]:${peer.port}`);
  });

  it('is said to be elsewhere when there is no pod', async () => {
    expect(await rejection(connect({ inCluster: true }, { env: {} }))).toMatchObject({
      code: 'InvalidInput',
      message: 'in-cluster: KUBERNETES_SERVICE_HOST and _PORT are not set: this is no pod',
    });
    const env = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };
    expect(await rejection(loadInCluster({ env, serviceAccountDir: folder }))).toMatchObject({ code: 'InvalidInput' });
  });
});

describe('connect', () => {
  it('takes no cluster that was not named, whatever the environment holds', async () => {
    const peer = track(await startPeer(json(web)));
    const path = join(folder, 'config');
    await writeFile(path, kubeconfig({ server: peer.url }));
    const env = { KUBECONFIG: path };
    const unnamed = [{}, { ambient: false }, { kubeconfig: '' }, { kubeconfig: path, ambient: true }];
    for (const target of unnamed as ClusterTarget[]) {
      expect(await rejection(connect(target, { env }))).toMatchObject({ code: 'InvalidInput' });
    }
    const client = track(await connect({ ambient: true }, { env }));
    expect(await client.get(pods, webName)).toEqual(web);
  });

  it('merges the files of KUBECONFIG as kubectl does: what is said first counts', async () => {
    const [first, second, missing] = [join(folder, 'a'), join(folder, 'sub', 'b'), join(folder, 'none')];
    await mkdir(join(folder, 'sub'));
    await writeFile(join(folder, 'sub', 'token'), 't');
    await writeFile(
      first,
      JSON.stringify({ 'current-context': 'x', clusters: [{ name: 'c', cluster: { server: 'https://first' } }] }),
    );
    await writeFile(second, kubeconfig({ server: 'https://second' }, { tokenFile: 'token' }, 'team-b'));
    const env = { KUBECONFIG: [missing, first, second].join(delimiter) };
    const client = track(await connect({ ambient: true }, { env }));
    expect(client.connection).toMatchObject({ server: 'https://first', namespace: 'team-b' });
    expect(await client.connection.credentials.get()).toEqual({ authorization: 'Bearer t' });
    expect(await rejection(connect({ ambient: true }, { env: { KUBECONFIG: missing } }))).toMatchObject({
      message: `kubeconfig ${missing}: cannot be read (ENOENT)`,
    });
  });

  it('takes ~/.kube/config, else the pod’s own cluster', async () => {
    expect(await rejection(connect({ ambient: true }, { env: { HOME: folder } }))).toMatchObject({
      message: expect.stringMatching(/^in-cluster: /) as string,
    });
    await mkdir(join(folder, '.kube'));
    await writeFile(join(folder, '.kube', 'config'), kubeconfig({ server: 'https://home' }));
    const client = track(await connect({ ambient: true }, { env: { HOME: folder } }));
    expect(client.connection.server).toBe('https://home');
  });
});
