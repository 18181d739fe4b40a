import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KubeClient } from '../../src/kube/client.js';
import { loadKubeconfig } from '../../src/kube/config/load-kubeconfig.js';
import { staticConnection, type StaticConnectionOptions } from '../../src/kube/connection.js';
import { pods } from '../../src/kube/resources.js';
import { ManualClock } from '../../src/testing/manual-clock.js';
import {
  closingAfterEach,
  json,
  pki,
  rejection,
  serverTls,
  startPeer,
  web,
  webName,
  type Peer,
} from './client-peer.js';

const track = closingAfterEach();
const ca = pki('ca.crt');

function clientAt(peer: Peer, options: StaticConnectionOptions): KubeClient {
  return track(new KubeClient(staticConnection(peer.url, options), { maxReconnects: 0 }));
}

/** A folder for one test. */
async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'vk-sdk-'));
  track({ [Symbol.asyncDispose]: () => rm(path, { recursive: true }) });
  return path;
}

/** As a kubelet does it: the new content appears at once, never half of it. */
async function swap(path: string, content: string): Promise<void> {
  await writeFile(`${path}.new`, content);
  await rename(`${path}.new`, path);
}

describe('whom the client trusts', () => {
  it('is the authority it was given', async () => {
    const peer = track(await startPeer(json(web), serverTls));
    expect(await clientAt(peer, { ca }).get(pods, webName)).toEqual(web);
  });

  it.each([
    ['another authority', { ca: pki('other-ca.crt') }],
    ['the machine’s own authorities', {}],
  ])('is not a server whose certificate is not of %s', async (_what, options) => {
    const peer = track(await startPeer(json(web), serverTls));
    expect(await rejection(clientAt(peer, { ...options, token: 'geheim' }).get(pods, webName))).toMatchObject({
      code: 'Unavailable',
      message: `pods default/web: no answer from ${peer.url}: its certificate is not signed by an authority that this client trusts: set the CA of the cluster (certificate-authority-data)`,
    });
    expect(peer.seen).toEqual([]);
  });

  it('is not a server whose certificate is for another name, unless that name is asked for', async () => {
    const tls = { cert: pki('named-server.crt'), key: pki('named-server.key') };
    const peer = track(await startPeer(json(web), tls));
    const error = await rejection(clientAt(peer, { ca }).get(pods, webName));
    expect((error as Error).message).toMatch(/its certificate is for another name: .* tls-server-name$/);
    expect(await clientAt(peer, { ca, tlsServerName: 'apiserver.example' }).get(pods, webName)).toEqual(web);
    const { body } = await clientAt(peer, { ca, tlsServerName: 'apiserver.example' }).stream({
      method: 'GET',
      path: '/',
    });
    expect(await body.toArray()).toHaveLength(1);
  });

  it('is anybody with insecureSkipTlsVerify', async () => {
    const peer = track(await startPeer(json(web), serverTls));
    expect(await clientAt(peer, { insecureSkipTlsVerify: true }).get(pods, webName)).toEqual(web);
  });

  it('tells that a port does not speak TLS', async () => {
    const peer = track(await startPeer(json(web)));
    const client = track(new KubeClient(staticConnection(peer.url.replace('http:', 'https:')), { maxReconnects: 0 }));
    const error = await rejection(client.get(pods, webName));
    expect((error as Error).message).toMatch(
      /does not speak TLS at this port: should the address begin with http:\/\//,
    );
  });
});

describe('client certificates', () => {
  it('are shown by calls and streams', async () => {
    const peer = track(await startPeer(json(web), serverTls));
    const client = clientAt(peer, { ca, cert: pki('client.crt'), key: pki('client.key') });
    await client.get(pods, webName);
    const { body } = await client.stream({ method: 'GET', path: '/' });
    await body.toArray();
    expect(peer.seen.map(({ clientName }) => clientName)).toEqual(['admin', 'admin']);
  });

  it('in files are read again, and new connections are made with them', async () => {
    const peer = track(await startPeer(json(web), serverTls));
    const at = await folder();
    const [certFile, keyFile] = [join(at, 'client.crt'), join(at, 'client.key')];
    await writeFile(certFile, pki('client.crt'));
    await writeFile(keyFile, pki('client.key'));
    await writeFile(join(at, 'ca.crt'), ca);
    const clock = new ManualClock();
    const connection = await loadKubeconfig({ path: await writeConfig(at, peer) }, { clock });
    const client = track(new KubeClient(connection, { clock }));
    await client.get(pods, webName);

    await swap(certFile, pki('client-renewed.crt'));
    await clock.advance(60_000);
    // The key is still the old one: half of a renewal changes nothing.
    await client.get(pods, webName);
    await swap(keyFile, pki('client-renewed.key'));
    await clock.advance(10_000);
    await client.get(pods, webName);
    expect(peer.seen.map(({ clientName }) => clientName)).toEqual(['admin', 'admin', 'admin-renewed']);
  });

  it('of an authority that is replaced in its file is read again at once when the server is not trusted', async () => {
    const peer = track(await startPeer(json(web), serverTls));
    const at = await folder();
    await writeFile(join(at, 'client.crt'), pki('client.crt'));
    await writeFile(join(at, 'client.key'), pki('client.key'));
    await writeFile(join(at, 'ca.crt'), pki('other-ca.crt'));
    const connection = await loadKubeconfig({ path: await writeConfig(at, peer) }, { clock: new ManualClock() });
    const client = track(new KubeClient(connection, { maxReconnects: 0 }));
    expect(await rejection(client.get(pods, webName))).toMatchObject({ code: 'Unavailable' });
    await swap(join(at, 'ca.crt'), ca);
    expect(await client.create(pods, web)).toEqual(web);
  });

  async function writeConfig(at: string, peer: Peer): Promise<string> {
    const path = join(at, 'config');
    const cluster = { server: peer.url, 'certificate-authority': 'ca.crt' };
    const user = { 'client-certificate': 'client.crt', 'client-key': 'client.key' };
    const config = {
      clusters: [{ name: 'c', cluster }],
      users: [{ name: 'u', user }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    };
    await writeFile(path, JSON.stringify(config));
    return path;
  }
});
