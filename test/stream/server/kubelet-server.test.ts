import { afterEach, describe, expect, it } from 'vitest';
import type { KubeletServer } from '../../../src/stream/server/kubelet-server.js';
import { apiserver, ask, clientOf, startServer, stranger, type SceneOptions } from './kubelet-scene.js';

describe('KubeletServer', () => {
  let server: KubeletServer;
  const start = async (options?: SceneOptions): Promise<void> => {
    server = await startServer(options);
  };
  afterEach(() => server.close({ graceMs: 100 }));

  it('answers whoever has a certificate of a trusted authority, over TLS that verifies', async () => {
    await start();
    expect(await ask(server, '/healthz', { as: apiserver })).toMatchObject({ status: 200, body: 'ok' });
  });

  it('answers 401 to callers without a certificate, and with one of another authority', async () => {
    await start();
    expect(await ask(server, '/healthz')).toMatchObject({ status: 401, body: 'Unauthorized\n' });
    const wrong = clientOf(stranger, 'kube-apiserver-kubelet-client', ['system:masters']);
    expect(await ask(server, '/healthz', { as: wrong })).toMatchObject({ status: 401 });
  });

  it('trusts no certificate at all where it was given no authority', async () => {
    const { everybody } = await import('./kubelet-scene.js');
    await start({
      authenticator: {
        authenticate: async ({ certificate }) => certificate && { username: certificate.commonName, groups: [] },
      },
      authorizer: everybody,
      clientAuthorities: { open: async () => undefined },
    });
    expect(await ask(server, '/healthz', { as: apiserver })).toMatchObject({ status: 401 });
  });

  it('lists the pods of the node', async () => {
    await start();
    const { body } = await ask(server, '/pods', { as: apiserver });
    expect(JSON.parse(body)).toMatchObject({ kind: 'PodList', items: [{ metadata: { name: 'web' } }] });
    const running = await ask(server, '/runningpods/', { as: apiserver });
    expect(JSON.parse(running.body)).toMatchObject({ items: [{ spec: { containers: [{ name: 'main' }] } }] });
  });

  it('refuses upgrades before it answers them', async () => {
    await start();
    const headers = { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': 'v4.channel.k8s.io' };
    const path = '/exec/default/web/main?command=true&output=1';
    expect(await ask(server, path, { headers, method: 'POST' })).toMatchObject({ status: 401 });
    const { status, body } = await ask(server, path, { headers, method: 'POST', as: apiserver });
    expect(status).toBe(501);
    expect(JSON.parse(body)).toMatchObject({
      kind: 'Status',
      code: 501,
      message: expect.stringContaining('runInContainer'),
    });
  });
});
