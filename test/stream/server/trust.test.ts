/** What TLS goes by may change while the server serves: its certificate, and whose clients it takes. */
import { execFile } from 'node:child_process';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CertificateAuthority } from '../../../src/kube/pki/certificates.js';
import { type CertificateAndKey } from '../../../src/kube/pki/certificates.js';
import { configMaps } from '../../../src/kube/resources.js';
import type { Logger } from '../../../src/runtime/logger.js';
import { authoritiesFromCluster, authoritiesFromFile } from '../../../src/stream/auth/client-authorities.js';
import type { KubeletServer } from '../../../src/stream/server/kubelet-server.js';
import { certificateFrom, certificateFromFiles } from '../../../src/stream/server/serving-certificate.js';
import { FakeApiServer } from '../../../src/testing/fake-api-server.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { eventually } from '../../e2e/support/eventually.js';
import { apiserver, ask, authority, clientOf, startServer, stranger, type SceneOptions } from './kubelet-scene.js';
import { exchange, openTls } from './raw-client.js';

const healthz = 'GET /healthz HTTP/1.1\r\nHost: edge-1\r\n\r\n';

/** The status of one more request on an open connection. */
async function again(socket: Awaited<ReturnType<typeof openTls>>): Promise<number> {
  socket.write(healthz);
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  return Number(/^HTTP\/1\.1 (\d+)/.exec(chunk.toString('latin1'))?.[1]);
}

describe('KubeletServer', () => {
  let server: KubeletServer;
  let folder: string;
  let clock: ManualClock;
  const said: string[] = [];
  const note = (_fields: object, message: string): void => void said.push(message);
  const logger: Logger = { debug: () => undefined, info: note, warn: note, error: note };

  const start = async (options: SceneOptions): Promise<void> => {
    server = await startServer({ clock, logger, ...options });
  };
  /** As programs that renew do: another file takes the old one's place. */
  const put = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(`${path}.new`, text);
    await rename(`${path}.new`, path);
    return path;
  };
  /** Files are read outside of the clock's world. */
  const passMinute = async (): Promise<void> => {
    await clock.advance(60_000);
    await new Promise((resolve) => setTimeout(resolve, 20));
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vk-sdk-trust-'));
    clock = new ManualClock({ nowMs: Date.now() });
    said.length = 0;
  });
  afterEach(async () => {
    await server.close({ graceMs: 100 });
    await rm(folder, { recursive: true, force: true });
  });

  const pairOf = (by: CertificateAuthority): CertificateAndKey =>
    by.issue({ commonName: 'edge-1' }, { hosts: ['edge-1'], usages: ['serverAuth'], nowMs: Date.now() });

  it('S4: takes a renewed certificate from its files while it serves, and open connections go on', async () => {
    const [first, second] = [pairOf(authority), pairOf(authority)];
    const certificateFile = await put('tls.crt', first.certificate);
    const keyFile = await put('tls.key', first.key);
    await start({ certificate: certificateFromFiles(certificateFile, keyFile) });
    expect(server.certificate).toBe(first.certificate);
    const at = { address: server.address, certificate: authority.certificate };
    const open = await openTls(at, apiserver);
    expect(await again(open)).toBe(200);
    await put('tls.crt', second.certificate);
    await passMinute();
    // Half of a renewal is none.
    expect(server.certificate).toBe(first.certificate);
    expect(said).toContain('serving certificate not read again; the old one stays');
    await put('tls.key', second.key);
    await passMinute();
    await eventually(() => expect(server.certificate).toBe(second.certificate));
    expect(await again(open)).toBe(200);
    open.destroy();
    const fresh = connect({ ...server.address, ca: authority.certificate, servername: 'edge-1' });
    await once(fresh, 'secureConnect');
    expect(fresh.getPeerX509Certificate()?.toString()).toBe(second.certificate);
    fresh.destroy();
  });

  it('takes certificates from a function, and a pair as it is', async () => {
    let pair = pairOf(authority);
    await start({ certificate: certificateFrom(() => pair) });
    pair = pairOf(authority);
    await passMinute();
    expect(server.certificate).toBe(pair.certificate);
    await server.close();
    await start({ certificate: pair });
    expect(server.certificate).toBe(pair.certificate);
  });

  it('goes on with the certificate that it has where a source gives one that cannot be', async () => {
    const [one, other] = [pairOf(authority), pairOf(authority)];
    let give = (_pair: CertificateAndKey): void => undefined;
    await start({ certificate: { open: async (_context, serve) => (give = serve)(one) } });
    expect(() => give({ certificate: other.certificate, key: one.key })).toThrow();
    expect(server.certificate).toBe(one.certificate);
    give(other);
    expect(server.certificate).toBe(other.certificate);
  });

  it('does not start with a certificate that cannot be', async () => {
    await start({});
    const [one, other] = [pairOf(authority), pairOf(authority)];
    for (const certificate of [
      { certificate: one.certificate, key: other.key },
      { certificate: 'nonsense', key: one.key },
      certificateFromFiles(join(folder, 'missing.crt'), join(folder, 'missing.key')),
    ]) {
      await expect(startServer({ certificate })).rejects.toMatchObject({ code: 'InvalidInput' });
    }
  });

  it('S4: a certificate that ends while its connection is open is refused from then on', async () => {
    await start({});
    const short = clientOf(authority, 'short', [], 3_600_000);
    const open = await openTls(server, short);
    expect(await again(open)).toBe(200);
    await clock.advance(3_601_000);
    expect(await again(open)).toBe(401);
    open.destroy();
  });

  it('S4: an authority that is no longer trusted ends what its certificates may, on open connections too', async () => {
    const path = await put('ca.crt', `${authority.certificate}${stranger.certificate}`);
    await start({ clientAuthorities: authoritiesFromFile(path) });
    const other = clientOf(stranger, 'other');
    const [staying, leaving] = [await openTls(server, apiserver), await openTls(server, other)];
    expect([await again(staying), await again(leaving)]).toEqual([200, 200]);
    await put('ca.crt', authority.certificate);
    await passMinute();
    await eventually(async () => expect((await ask(server, '/healthz', { as: other })).status).toBe(401));
    expect(await again(staying)).toBe(200);
    expect(await again(leaving)).toBe(401);
    staying.destroy();
    leaving.destroy();
  });

  it('kubelet-protocol §6: learns the authorities of the cluster from its ConfigMap, and of changes', async () => {
    await using cluster = new FakeApiServer();
    await cluster.start();
    const at = { namespace: 'kube-system', name: 'extension-apiserver-authentication' };
    await start({ clientAuthorities: authoritiesFromCluster(cluster.client) });
    expect(await ask(server, '/healthz', { as: apiserver })).toMatchObject({ status: 401 });
    await cluster.client.patch(configMaps, at, 'merge', { data: { 'client-ca-file': authority.certificate } });
    await clock.advance(60_000);
    await eventually(async () => expect((await ask(server, '/healthz', { as: apiserver })).status).toBe(200));
  });

  it('serves without the authorities of a cluster that keeps them to itself, says so once, and goes on trying', async () => {
    let may = false;
    await using cluster = new FakeApiServer({
      authorize: (_user, { plural }) => may || plural !== 'configmaps',
      tokens: { good: { username: 'alice', groups: [] } },
    });
    await cluster.start();
    const clientAuthorities = authoritiesFromCluster(cluster.client);
    const { DelegatedAuthenticator } = await import('../../../src/stream/auth/delegated-authenticator.js');
    await start({ clientAuthorities, authenticator: new DelegatedAuthenticator(cluster.client) });
    await clock.advance(60_000);
    const told = (): number => said.filter((text) => text.includes('extension-apiserver-authentication-reader')).length;
    expect(told()).toBe(1);
    expect(await ask(server, '/healthz', { token: 'good' })).toMatchObject({ status: 200 });
    expect(await ask(server, '/healthz', { as: apiserver })).toMatchObject({ status: 401 });
    may = true;
    await clock.advance(10_000);
    const { data } = await cluster.client.get(configMaps, {
      namespace: 'kube-system',
      name: 'extension-apiserver-authentication',
    });
    expect(data?.['client-ca-file']).toContain('BEGIN CERTIFICATE');
    expect(told()).toBe(1);
  });

  it('keeps the authorities that it has when the new ones cannot be read', async () => {
    const path = await put('ca.crt', authority.certificate);
    await start({ clientAuthorities: authoritiesFromFile(path) });
    await put('ca.crt', 'nonsense');
    await passMinute();
    expect(await ask(server, '/healthz', { as: apiserver })).toMatchObject({ status: 200 });
    expect(said).toContain('client authorities not read again; the ones known stay');
  });

  it('S2: trusts none of the authorities that Node trusts by default where it was given none', async () => {
    await start({});
    const client = clientOf(authority, 'kube-apiserver-kubelet-client', ['system:masters']);
    const [ca, certificate, key] = [
      await put('ca.crt', authority.certificate),
      await put('client.crt', client.certificate),
      await put('client.key', client.key),
    ];
    const child = fileURLToPath(new URL('extra-authority-program.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', child, certificate, key], {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: ca },
    });
    expect(stdout).toBe('401');
  });

  it('does not take a leaf for an authority', async () => {
    await start({});
    const leaf = clientOf(authority, 'leaf').certificate;
    await expect(startServer({ clientAuthorities: leaf })).rejects.toThrow(
      'a certificate in it is no authority’s'.replace('’', "'"),
    );
    expect((await exchange(await openTls(server, apiserver), healthz)).statuses).toEqual([200]);
  });
});
