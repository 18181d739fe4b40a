import { beforeEach, describe, expect, it } from 'vitest';
import { KubeClient } from '../../src/kube/client.js';
import { loadKubeconfig } from '../../src/kube/config/load-kubeconfig.js';
import { pods } from '../../src/kube/resources.js';
import { ManualClock } from '../../src/testing/manual-clock.js';
import {
  closingAfterEach,
  json,
  pki,
  rejection,
  serverTls,
  startPeer,
  status,
  web,
  webName,
  type Peer,
} from './client-peer.js';

const track = closingAfterEach();
let clock: ManualClock;
let issuer: Peer;
let apiserver: Peer;
let accepted: (authorization: string | undefined) => boolean;
let discovery: object;
let issued: object | undefined;

function token(id: string, lifeMs: number): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ sub: id, exp: (clock.now() + lifeMs) / 1000 })}.x`;
}

beforeEach(async () => {
  clock = new ManualClock();
  accepted = () => true;
  discovery = {};
  issued = undefined;
  issuer = track(
    await startPeer((request, response) => {
      const wellKnown = request.url === '/tenant/.well-known/openid-configuration';
      const found = { token_endpoint: `${issuer.url}/tenant/token`, ...discovery };
      const fresh = issued ?? { id_token: token('fresh', 3_600_000), refresh_token: 'r2' };
      json(wellKnown ? found : fresh)(request, response);
    }, serverTls),
  );
  apiserver = track(
    await startPeer((request, response) => {
      const unauthorized = status(401, 'Unauthorized', 'Unauthorized');
      (accepted(request.headers.authorization) ? json(web) : unauthorized)(request, response);
    }),
  );
});

async function clientWith(config: Record<string, string>): Promise<KubeClient> {
  const provider = {
    'idp-issuer-url': `${issuer.url}/tenant`,
    'idp-certificate-authority-data': Buffer.from(pki('ca.crt')).toString('base64'),
    'client-id': 'kube',
    ...config,
  };
  const contents = JSON.stringify({
    clusters: [{ name: 'c', cluster: { server: apiserver.url } }],
    users: [{ name: 'jane', user: { 'auth-provider': { name: 'oidc', config: provider } } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'jane' } }],
    'current-context': 'x',
  });
  return track(new KubeClient(await loadKubeconfig({ contents }, { clock, env: {} }), { clock }));
}

const asked = (peer: Peer): string[] => peer.seen.map(({ method, url, body }) => `${method} ${url} ${body}`.trim());

describe('OpenID Connect', () => {
  it('uses the ID token it has until that ends, then a new one', async () => {
    const first = token('first', 3_600_000);
    const client = await clientWith({ 'id-token': first, 'refresh-token': 'r1' });
    await client.get(pods, webName);
    expect(issuer.seen).toEqual([]);
    await clock.advance(3_600_000);
    await client.get(pods, webName);
    await client.get(pods, webName);
    expect(apiserver.seen[0]?.headers.authorization).toBe(`Bearer ${first}`);
    expect(apiserver.seen[1]?.headers.authorization).not.toBe(`Bearer ${first}`);
    expect(asked(issuer)).toEqual([
      'GET /tenant/.well-known/openid-configuration',
      'POST /tenant/token grant_type=refresh_token&refresh_token=r1&client_id=kube',
    ]);
  });

  it('sends a replaced refresh token the next time', async () => {
    const client = await clientWith({ 'refresh-token': 'r1' });
    await client.get(pods, webName);
    await clock.advance(3_600_000);
    await client.get(pods, webName);
    const sent = issuer.seen.filter(({ method }) => method === 'POST').map(({ body }) => body);
    expect(sent.map((body) => new URLSearchParams(body).get('refresh_token'))).toEqual(['r1', 'r2']);
  });

  it('asks for a new token when a good one is refused', async () => {
    const first = token('first', 3_600_000);
    accepted = (authorization) => authorization !== `Bearer ${first}`;
    const client = await clientWith({ 'id-token': first, 'refresh-token': 'r1' });
    expect(await client.get(pods, webName)).toEqual(web);
  });

  it('shows the client’s secret in the header, or in the form where the provider wants it there', async () => {
    const secret = { 'client-secret': 's:1', 'refresh-token': 'r1' };
    await (await clientWith(secret)).get(pods, webName);
    const basic = Buffer.from('kube:s%3A1').toString('base64');
    expect(issuer.seen[1]?.headers.authorization).toBe(`Basic ${basic}`);
    discovery = { token_endpoint_auth_methods_supported: ['client_secret_post'] };
    await (await clientWith(secret)).get(pods, webName);
    expect(issuer.seen[3]?.headers.authorization).toBeUndefined();
    expect(new URLSearchParams(issuer.seen[3]?.body).get('client_secret')).toBe('s:1');
  });

  it.each<[string, object | undefined, object, Record<string, string>, RegExp]>([
    [
      'refused',
      { error: 'invalid_grant' },
      {},
      { 'refresh-token': 'geheim' },
      /no new ID token from .*: invalid_grant$/,
    ],
    [
      'not to be had',
      undefined,
      { token_endpoint: '' },
      { 'refresh-token': 'geheim' },
      /no token_endpoint in its discovery document$/,
    ],
    [
      'trusted from another authority',
      undefined,
      {},
      {
        'refresh-token': 'geheim',
        'idp-certificate-authority-data': Buffer.from(pki('other-ca.crt')).toString('base64'),
      },
      /no usable answer$/,
    ],
    ['without a refresh token', undefined, {}, {}, /no refresh token$/],
  ])(
    'a token that is %s is Unauthorized, and nothing secret is told',
    async (_what, answer, found, config, message) => {
      issued = answer;
      discovery = found;
      const error = await rejection((await clientWith(config)).get(pods, webName));
      expect(error).toMatchObject({ code: 'Unauthorized', message: expect.stringMatching(message) as string });
      expect((error as Error).message).toMatch(/^kubeconfig user "jane": /);
      expect(String(error)).not.toContain('geheim');
    },
  );

  it('needs an issuer and a client', async () => {
    expect(await rejection(clientWith({ 'client-id': '' }))).toMatchObject({ code: 'InvalidInput' });
  });
});
