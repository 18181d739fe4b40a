import { readFile, stat } from 'node:fs/promises';
import { request as tlsRequest } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configMaps, pods } from '../../../../src/kube/resources.js';
import { FakeApiServer } from '../../../../src/testing/fake-api-server.js';
import { simplePod } from '../../support/objects.js';

interface Answer {
  readonly code: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly body: Record<string, unknown>;
}

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Null: none. */
  readonly token?: string | null;
}

const server = new FakeApiServer({
  tokens: { reader: { username: 'reader', groups: [] } },
  authorize: (user, { verb }) => user.username !== 'reader' || ['get', 'list', 'watch'].includes(verb),
});
beforeAll(() => server.start());
afterAll(() => server.stop());

function ask(path: string, { method = 'GET', headers = {}, body, token }: Asked = {}): Promise<Answer> {
  const bearer = token === null ? undefined : (token ?? server.adminToken);
  const authorization = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
  return new Promise((resolve, reject) => {
    const request = tlsRequest(
      `${server.url}${path}`,
      { method, headers: { ...authorization, ...headers }, ca: server.ca, agent: false },
      (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => {
          const parsed = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {};
          resolve({ code: response.statusCode ?? 0, headers: response.headers, text, body: parsed });
        });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

const podsPath = '/api/v1/namespaces/default/pods';
const json = { 'content-type': 'application/json' };

describe('callers', () => {
  it('are refused without credentials, and with wrong ones', async () => {
    expect(await ask('/api/v1/pods', { token: null })).toMatchObject({ code: 401, body: { reason: 'Unauthorized' } });
    expect(await ask('/api/v1/pods', { token: 'wrong' })).toMatchObject({ code: 401 });
    expect(await ask('/api/v1/pods', { headers: { authorization: 'Basic x' }, token: null })).toMatchObject({
      code: 401,
    });
    expect(await ask('/healthz', { token: null })).toMatchObject({ code: 200, text: 'ok' });
  });

  it('may do what the authorizer allows, and are told what they may not', async () => {
    expect(await ask(podsPath, { token: 'reader' })).toMatchObject({ code: 200 });
    const refused = await ask(`${podsPath}/web`, { token: 'reader', method: 'DELETE' });
    expect(refused.code).toBe(403);
    expect(refused.body['message']).toBe(
      'pods "web" is forbidden: User "reader" cannot delete resource "pods" in API group "" in the namespace "default"',
    );
  });

  it('of a kubeconfig are the administrator, and the file is theirs alone', async () => {
    expect((await stat(server.kubeconfig)).mode & 0o777).toBe(0o600);
    expect(await readFile(server.kubeconfig, 'utf8')).toContain(server.url);
  });
});

describe('a request that is wrong', () => {
  const post = (body: string | Buffer, type = 'application/json'): Promise<Answer> =>
    ask(podsPath, { method: 'POST', body, headers: { 'content-type': type } });

  it('gets a Status that says why', async () => {
    expect(await post('{')).toMatchObject({ code: 400, body: { reason: 'BadRequest' } });
    expect(await post('{}', 'text/plain')).toMatchObject({ code: 415, body: { reason: 'UnsupportedMediaType' } });
    expect(await post('{"kind":"Node","apiVersion":"v1"}')).toMatchObject({ code: 400 });
    expect(await post('[]')).toMatchObject({ code: 400 });
    expect(await post('k8s', 'application/vnd.kubernetes.protobuf')).toMatchObject({ code: 400 });
    expect(await post(Buffer.from('k8s\0\x0a\x0b', 'latin1'), 'application/vnd.kubernetes.protobuf')).toMatchObject({
      code: 400,
    });
    expect(await ask(podsPath, { method: 'PUT' })).toMatchObject({ code: 405, body: { reason: 'MethodNotAllowed' } });
    expect(await ask('/api/v1/pods', { method: 'POST', body: '{}', headers: json })).toMatchObject({ code: 405 });
    expect(await ask('/nope')).toMatchObject({ code: 404, body: { reason: 'NotFound' } });
    expect(await ask('/api/v1/namespaces/default/%zz')).toMatchObject({ code: 400 });
    expect(await ask(`${podsPath}/missing`)).toMatchObject({
      code: 404,
      body: { message: 'pods "missing" not found' },
    });
    expect(await ask(`${podsPath}?limit=x`)).toMatchObject({ code: 400 });
    expect(await ask(podsPath, { headers: { accept: 'text/csv' } })).toMatchObject({ code: 406 });
    const apply = { method: 'PATCH', body: 'a: b', headers: { 'content-type': 'application/apply-patch+yaml' } };
    expect(await ask(`${podsPath}/x?fieldManager=me`, apply)).toMatchObject({ code: 400 });
  });

  it('of more than three mebibytes is not read to its end', async () => {
    const { code } = await post(Buffer.alloc(3 * 1024 * 1024 + 1, ' '));
    expect(code).toBe(413);
  });

  it('for what the fake does not hold is told so', async () => {
    const { code, body } = await ask('/apis/apps/v1/namespaces/default/deployments', { method: 'POST', body: '{}' });
    expect(code).toBe(404);
    expect(body['message']).toContain('the fake apiserver has no deployments.apps');
    expect(await ask(`${podsPath}/web/proxy/index.html`)).toMatchObject({ code: 501 });
  });
});

describe('representations', () => {
  it('are tables and metadata where the client asks for them', async () => {
    await server.client.create(pods, simplePod('tabled'));
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
    const table = await ask(`${podsPath}?fieldSelector=metadata.name=tabled`, { headers: { accept } });
    expect(table.headers['content-type']).toBe('application/json;g=meta.k8s.io;v=v1;as=Table');
    expect(table.body).toMatchObject({
      kind: 'Table',
      rows: [{ cells: ['tabled', '0/1', 'Pending', '0', expect.any(String), ...Array<string>(4).fill('<none>')] }],
    });
    const rows = async (include: string): Promise<unknown> =>
      (await ask(`${podsPath}?includeObject=${include}`, { headers: { accept } })).body['rows'];
    expect(await rows('Metadata')).toMatchObject([{ object: { kind: 'PartialObjectMetadata' } }]);
    expect(await rows('Object')).toMatchObject([{ object: { kind: 'Pod' } }]);
    expect(await rows('None')).not.toMatchObject([{ object: {} }]);
    const partial = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';
    const { body } = await ask(podsPath, { headers: { accept: partial } });
    expect(body).toMatchObject({ kind: 'PartialObjectMetadataList', items: [{ metadata: { name: 'tabled' } }] });
  });

  it('of lists leave kind and apiVersion to the list, and pages follow one another', async () => {
    for (const name of ['a', 'b', 'c']) {
      await server.client.create(configMaps, { metadata: { namespace: 'kube-public', name } });
    }
    const first = await server.client.list(configMaps, { namespace: 'kube-public', limit: 2 });
    expect(first).toMatchObject({ kind: 'ConfigMapList', metadata: { remainingItemCount: 2 } });
    expect(first.items.map(({ kind, apiVersion }) => [kind, apiVersion])).toEqual([
      [undefined, undefined],
      [undefined, undefined],
    ]);
    const rest = await server.client.list(configMaps, {
      namespace: 'kube-public',
      limit: 2,
      continue: first.metadata.continue,
    });
    const names = [...first.items, ...rest.items].map(({ metadata }) => metadata.name);
    expect(names).toEqual(['a', 'b', 'c', 'kube-root-ca.crt']);
  });

  it('of discovery are the plain and the aggregated documents', async () => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
    expect((await ask('/apis', { headers: { accept } })).body['kind']).toBe('APIGroupDiscoveryList');
    expect((await ask('/apis')).body['kind']).toBe('APIGroupList');
    expect((await ask('/api/v1')).body['resources']).toContainEqual(
      expect.objectContaining({ name: 'pods/eviction', group: 'policy', kind: 'Eviction' }),
    );
  });
});

describe('writes', () => {
  it('warn of unknown fields, refuse them or let them be, as fieldValidation says', async () => {
    const body = JSON.stringify({
      ...simplePod('validated'),
      spec: { containers: [{ name: 'a', image: 'b', odd: 1 }] },
    });
    const create = (validation: string): Promise<Answer> =>
      ask(`${podsPath}?dryRun=All&fieldValidation=${validation}`, { method: 'POST', body, headers: json });
    expect(await create('Strict')).toMatchObject({ code: 400 });
    const warned = await create('Warn');
    expect(warned).toMatchObject({ code: 201 });
    expect(warned.headers['warning']).toBe('299 - "unknown field \\"spec.containers[0].odd\\""');
    expect((await create('Ignore')).headers['warning']).toBeUndefined();
    expect(await create('Sometimes')).toMatchObject({ code: 422 });
    expect(server.objects(pods).map(({ metadata }) => metadata.name)).not.toContain('validated');
  });

  it('delete by collection and selector, with options in the body or in the query', async () => {
    const label = { labels: { doomed: 'yes' } };
    for (const name of ['d1', 'd2']) {
      const pod = simplePod(name);
      await server.client.create(pods, { ...pod, metadata: { ...pod.metadata, ...label } });
    }
    const dry = `${podsPath}?labelSelector=doomed&dryRun=All`;
    expect(await ask(dry, { method: 'DELETE' })).toMatchObject({ code: 200 });
    expect(server.objects(pods)).toHaveLength(3);
    const body = JSON.stringify({ kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 });
    await ask(`${podsPath}?labelSelector=doomed`, { method: 'DELETE', body, headers: json });
    expect(server.objects(pods).map(({ metadata }) => metadata.name)).toEqual(['tabled']);
  });

  it('evict unless a disruption budget forbids it', async () => {
    const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
    const pod = simplePod('guarded', { nodeName: 'n1' });
    await server.client.create(pods, { ...pod, metadata: { ...pod.metadata, labels: { app: 'guarded' } } });
    const running = { status: { phase: 'Running' } };
    await server.client.patch(pods, { namespace: 'default', name: 'guarded' }, 'merge', running, {
      subresource: 'status',
    });
    const budget = {
      metadata: { name: 'b' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'guarded' } } },
    };
    await ask(budgets, { method: 'POST', body: JSON.stringify(budget), headers: json });
    const eviction = JSON.stringify({ apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'guarded' } });
    const evict = (): Promise<Answer> =>
      ask(`${podsPath}/guarded/eviction`, { method: 'POST', body: eviction, headers: json });
    expect(await evict()).toMatchObject({ code: 429, body: { reason: 'TooManyRequests' } });
    await ask(`${budgets}/b`, { method: 'DELETE' });
    expect(await evict()).toMatchObject({ code: 201 });
    expect(
      server.objects(pods).find(({ metadata }) => metadata.name === 'guarded')?.metadata.deletionTimestamp,
    ).toBeDefined();
  });

  it('are counted by verb, resource and status', async () => {
    server.requests.clear();
    await server.client.list(pods);
    expect(server.requests.writes).toBe(0);
    await server.client.create(configMaps, { metadata: { namespace: 'default', name: 'counted' } });
    await ask(`${podsPath}/missing`, { method: 'DELETE' });
    expect(server.requests.writes).toBe(2);
    expect(server.requests.count({ verb: 'delete', status: 404 })).toBe(1);
    expect(server.requests.count({ resource: 'configmaps' })).toBe(1);
    expect(server.requests.records[0]).toMatchObject({ verb: 'list', user: 'kubernetes-admin', status: 200 });
  });
});

describe('tokens of service accounts', () => {
  interface TokenRequest {
    readonly status: { readonly token: string };
  }
  const request = (spec: object): Promise<Answer> =>
    ask('/api/v1/namespaces/default/serviceaccounts/default/token', {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', spec }),
    });

  it('hold until the pod they are bound to is gone', async () => {
    const pod = await server.client.create(pods, simplePod('bound'));
    const boundObjectRef = { kind: 'Pod', apiVersion: 'v1', name: 'bound', uid: pod.metadata.uid };
    const { body } = await request({ boundObjectRef });
    const { token } = (body as unknown as TokenRequest).status;
    expect(await ask(podsPath, { token })).toMatchObject({ code: 200 });
    await server.client.delete(pods, { namespace: 'default', name: 'bound' }, { gracePeriodSeconds: 0 });
    expect(await ask(podsPath, { token })).toMatchObject({ code: 401 });
  });

  it('are refused for too short a life, and for objects that are not there', async () => {
    expect(await request({ expirationSeconds: 10 })).toMatchObject({ code: 422 });
    expect(await request({ boundObjectRef: { kind: 'Pod', name: 'missing' } })).toMatchObject({ code: 404 });
    expect(await request({ boundObjectRef: { kind: 'Lease', name: 'x' } })).toMatchObject({ code: 400 });
  });
});

it('a server that has stopped leaves no file, and can be stopped again', async () => {
  const other = new FakeApiServer();
  await other.start();
  const { kubeconfig } = other;
  await Promise.all([other.stop(), other.stop()]);
  await other.stop();
  await expect(stat(kubeconfig)).rejects.toThrow('ENOENT');
  await expect(other.start()).rejects.toThrow('can be started once');
});

describe('without TLS', () => {
  it('everybody is the administrator, since nobody can say who they are', async () => {
    await using plain = new FakeApiServer({ tls: false });
    await plain.start();
    expect(plain.url).toMatch(/^http:/);
    expect((await fetch(`${plain.url}/api/v1/pods`)).status).toBe(200);
    expect((await plain.client.list(pods)).items).toEqual([]);
  });
});
