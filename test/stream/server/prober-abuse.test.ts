/** What a server must withstand, from raw sockets: every case is one connection that does what no client should. */
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CertificateAndKey } from '../../../src/kube/pki/certificates.js';
import type { StreamingProvider } from '../../../src/stream/backend.js';
import type { KubeletServer } from '../../../src/stream/server/kubelet-server.js';
import { eventually } from '../../e2e/support/eventually.js';
import { apiserver, ask, startServer } from './kubelet-scene.js';
import { exchange, openTcp, openTls, readAll } from './raw-client.js';

const reached: string[] = [];
const reach = (what: string) => async (): Promise<never> => {
  reached.push(what);
  throw new Error('reached');
};
const provider: StreamingProvider = {
  runInContainer: reach('exec'),
  attachToContainer: reach('attach'),
  portForward: reach('portForward'),
  getContainerLogs: reach('logs'),
  getStatsSummary: reach('stats'),
};

let server: KubeletServer;
/** The same, in a hurry: for what is given up after its time. */
let hasty: KubeletServer;

function start(timeoutMs: number): Promise<KubeletServer> {
  return startServer({
    provider,
    limits: {
      headersTimeoutMs: timeoutMs,
      requestTimeoutMs: timeoutMs,
      handshakeTimeoutMs: timeoutMs,
      keepAliveTimeoutMs: timeoutMs,
      headerBytes: 16_384,
      bodyBytes: 4_096,
      strangers: 64,
    },
  });
}

beforeAll(async () => {
  // Long enough for a hundred handshakes at once on a machine that has other things to do.
  [server, hasty] = await Promise.all([start(3_000), start(1_000)]);
});
afterAll(async () => {
  await Promise.all([server.close({ graceMs: 100 }), hasty.close({ graceMs: 100 })]);
});

const get = (target: string, headers = ''): string => `GET ${target} HTTP/1.1\r\nHost: edge-1\r\n${headers}\r\n`;
const post = (target: string, headers = '', body = ''): string =>
  `POST ${target} HTTP/1.1\r\nHost: edge-1\r\n${headers}\r\n${body}`;

interface Case {
  readonly what: string;
  readonly send: string | readonly string[] | Buffer;
  /** Statuses of the answers. Of several lists any will do. */
  readonly answers: readonly (readonly number[])[];
  /** Default: the apiserver. */
  readonly as?: CertificateAndKey | 'nobody';
  /** Default: true. */
  readonly closed?: boolean;
}

const cases: Case[] = [];
const add = (what: string, send: Case['send'], answers: Case['answers'], more: Partial<Case> = {}): void => {
  cases.push({ what, send, answers, ...more });
};

// Targets that two readers might read differently. Refused, though the caller may do everything.
for (const target of [
  '/../pods',
  '/./pods',
  '//pods',
  '/pods//',
  '/%70ods',
  '/pods%2f',
  '/pods%00',
  '/pods%0d%0aX:1',
  '/containerLogs/default/web/../web/main',
  '/healthz/../exec/default/web/main?command=id&output=1',
  '/healthz/..%2fexec/default/web/main?command=id&output=1',
  '/exec/default/%77eb/main?command=id&output=1',
  '/exec/default/web/%2e%2e/main',
  '/pods\\',
  '/\\edge-1/pods',
  '/pods;x=1',
  '/pods#fragment',
  '/pods?a#b',
  'https://edge-1/pods',
  'http://169.254.169.254/latest/meta-data',
  '*',
  'pods',
  '/containerLogs/default/web/main/..',
  '/exec/default/web\u00e9/main',
]) {
  add(`target ${target}`, get(target), [[400]], { closed: target.includes('\u00e9') });
}

// Ways to be somebody without proving it.
for (const [what, target, headers] of [
  ['a token in the query', '/pods?token=abc', ''],
  ['an access token in the query', '/pods?access_token=abc', ''],
  ['an authorization in the query', '/pods?authorization=Bearer+abc', ''],
  ['headers of an authenticating proxy', '/pods', 'X-Remote-User: admin\r\nX-Remote-Group: system:masters\r\n'],
  ['impersonation', '/pods', 'Impersonate-User: admin\r\nImpersonate-Group: system:masters\r\n'],
  [
    'a forwarded certificate',
    '/pods',
    'X-Forwarded-Client-Cert: Subject="CN=admin"\r\nX-SSL-Client-Verify: SUCCESS\r\n',
  ],
  ['basic authentication', '/pods', 'Authorization: Basic YWRtaW46YWRtaW4=\r\n'],
  ['an empty token', '/pods', 'Authorization: Bearer \r\n'],
  ['no scheme', '/pods', 'Authorization: abc\r\n'],
  ['a list of tokens', '/pods', 'Authorization: Bearer a, Bearer b\r\n'],
  ['two authorizations', '/pods', 'Authorization: Bearer a\r\nAuthorization: Bearer b\r\n'],
  ['a cookie', '/pods', 'Cookie: token=abc\r\n'],
  ['a forwarded address', '/pods', 'X-Forwarded-For: 127.0.0.1\r\nForwarded: for=127.0.0.1\r\n'],
  ['another host', '/pods', 'X-Forwarded-Host: localhost\r\nX-Original-URL: /healthz\r\nX-Rewrite-URL: /healthz\r\n'],
  ['a method in a header', '/pods', 'X-HTTP-Method-Override: GET\r\n'],
] as const) {
  add(`nobody with ${what}`, get(target, headers), [[401]], { as: 'nobody' });
}

const upgrade = 'Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n';
const webSocket =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
const exec = '/exec/default/web/main?command=id&output=1';
const bearerProtocol = 'Sec-WebSocket-Protocol: base64url.bearer.authorization.k8s.io.YWJj, v4.channel.k8s.io\r\n';
add('nobody with a token among WebSocket protocols', get(exec, webSocket + bearerProtocol), [[401]], { as: 'nobody' });

// What comes after an upgrade that was refused is nobody's request.
const smuggled = get('/pods');
for (const as of ['nobody', apiserver] as const) {
  const who = as === 'nobody' ? 'nobody' : 'the apiserver';
  const refused = as === 'nobody' ? 401 : 404;
  const missing = '/exec/default/missing/main?command=id&output=1';
  add(`a request after a refused SPDY upgrade of ${who}`, post(missing, upgrade, smuggled), [[refused]], { as });
  add(`a request after a refused WebSocket upgrade of ${who}`, [get(missing, webSocket), smuggled], [[refused]], {
    as,
  });
  add(
    `a request in the body of an upgrade of ${who}`,
    post(missing, `${upgrade}Content-Length: ${smuggled.length}\r\n`, smuggled),
    [[as === 'nobody' ? 401 : 400]],
    { as },
  );
  add(
    `a request in the chunks of an upgrade of ${who}`,
    post(
      missing,
      `${upgrade}Transfer-Encoding: chunked\r\n`,
      `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`,
    ),
    [[as === 'nobody' ? 401 : 400]],
    { as },
  );
}
add(
  'a body of an upgrade whose length comes after thousands of other lines',
  get(exec, `${webSocket}${'a: b\r\n'.repeat(2_100)}Content-Length: ${smuggled.length}\r\n`) + smuggled,
  [[400]],
);
add('a request after an upgrade of a route that has none', get('/healthz', webSocket) + smuggled, [[400]]);
add(
  'an upgrade to HTTP/2',
  get('/pods', 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n') + smuggled,
  [[400]],
);
add('an upgrade to TLS', get(exec, 'Connection: Upgrade\r\nUpgrade: TLS/1.0\r\n') + smuggled, [[400]]);
add('a WebSocket upgrade by POST', post(exec, webSocket), [[405]]);
add('a WebSocket of another version', get(exec, webSocket.replace('13', '7')), [[400]]);
add('a WebSocket without a key', get(exec, webSocket.replace(/Sec-WebSocket-Key.*\r\n/, '')), [[400]]);
add('pipelined requests', get('/healthz') + smuggled, [[], [200]]);
add('a request pipelined to an upgrade', get('/healthz') + get(exec, webSocket), [[], [200]]);

// Framing.
const host = 'Host: edge-1\r\n';
add(
  'two different lengths',
  post('/run/default/web/main?cmd=id', 'Content-Length: 0\r\nContent-Length: 5\r\n', smuggled),
  [[400]],
);
add('the same length twice', post('/run/default/web/main?cmd=id', 'Content-Length: 0\r\nContent-Length: 0\r\n'), [
  [400],
]);
add('a list of lengths', post('/run/default/web/main?cmd=id', 'Content-Length: 0, 5\r\n'), [[400]]);
add(
  'a length and chunks',
  post('/run/default/web/main?cmd=id', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${smuggled}`),
  [[400]],
);
add(
  'chunks and a length',
  post('/run/default/web/main?cmd=id', 'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', `0\r\n\r\n${smuggled}`),
  [[400]],
);
add(
  'chunks that are not the last coding',
  post('/pods', 'Transfer-Encoding: chunked, identity\r\n', `0\r\n\r\n${smuggled}`),
  [[400]],
);
add('a coding like chunked', post('/pods', 'Transfer-Encoding: xchunked\r\n', `0\r\n\r\n${smuggled}`), [[400], []]);
add('a negative length', post('/pods', 'Content-Length: -1\r\n'), [[400]]);
add('a signed length', post('/pods', 'Content-Length: +5\r\n'), [[400]]);
add('a length with letters', post('/pods', 'Content-Length: 0x5\r\n'), [[400]]);
add('a length beyond all numbers', post('/pods', `Content-Length: ${'9'.repeat(40)}\r\n`), [[400]]);
add('a space before the colon', get('/pods', 'Content-Length : 5\r\n'), [[400]]);
add('a folded header', get('/pods', 'X-A: b\r\n c\r\n'), [[400]]);
add('a header without a colon', get('/pods', 'nonsense\r\n'), [[400]]);
add('a NUL in a header', get('/pods', 'X-A: b\0c\r\n'), [[400]]);
add('a NUL in a target', get('/po\0ds'), [[400]]);
add('lines that end in LF alone', `GET /pods HTTP/1.1\nHost: edge-1\n\n`, [[400]]);
add('a CR within a header', get('/pods', 'X-A: b\rX-B: c\r\n'), [[400]]);
add('no host', 'GET /pods HTTP/1.1\r\n\r\n', [[400]]);
add('HTTP 0.9', 'GET /pods\r\n\r\n', [[505]]);
add('HTTP 3.0', `GET /pods HTTP/3.0\r\n${host}\r\n`, [[400]]);
add('the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [[400], []]);
add('no method', ` /pods HTTP/1.1\r\n${host}\r\n`, [[400]]);
add('an unknown method', `FETCH /pods HTTP/1.1\r\n${host}\r\n`, [[400]]);
add('a method in small letters', `get /pods HTTP/1.1\r\n${host}\r\n`, [[400]]);
add('CONNECT', `CONNECT edge-1:22 HTTP/1.1\r\n${host}\r\n`, [[], [400], [405]]);
add('TRACE', `TRACE /pods HTTP/1.1\r\n${host}\r\n`, [[405]], { closed: false });
add(
  'OPTIONS',
  `OPTIONS /pods HTTP/1.1\r\n${host}Origin: https://evil.example\r\nAccess-Control-Request-Method: GET\r\n\r\n`,
  [[405]],
  { closed: false },
);
add('an expectation of another kind', get('/pods', 'Expect: wonders\r\n'), [[417]], { closed: false });
add('a body that waits to be asked for', post('/pods', 'Expect: 100-continue\r\nContent-Length: 5\r\n'), [[405]]);
add('garbage', Buffer.from(Array.from({ length: 512 }, (_, index) => (index * 151) % 256)), [[400]]);

// Sizes.
add('a head that is too long', get('/pods', `X-A: ${'a'.repeat(20_000)}\r\n`), [[431]]);
add('a head of too many lines', get('/pods', 'X-A: a\r\n'.repeat(5_000)), [[431]]);
add('a target that is too long', get(`/pods?${'a'.repeat(20_000)}`), [[431], [400]]);
add('a body that is too long', post('/run/default/web/main?cmd=id', 'Content-Length: 5000\r\n'), [[413]]);
add('a body of nobody', post('/pods', 'Content-Length: 999999999\r\n', 'a'.repeat(10_000)), [[401]], { as: 'nobody' });
add('a chunk without an end of its size', post('/healthz', 'Transfer-Encoding: chunked\r\n', 'f'.repeat(100)), [
  [],
  [405, 400],
  [405],
  [400],
]);
add(
  'a chunk with an extension without end',
  post('/healthz', 'Transfer-Encoding: chunked\r\n', `5;${'a'.repeat(20_000)}`),
  [[405, 400], [405], [400], [413], [431]],
);

describe('the prober', () => {
  it('S3: has at least 60 cases', () => {
    expect(cases.length).toBeGreaterThanOrEqual(60);
    expect(new Set(cases.map(({ what }) => what)).size).toBe(cases.length);
  });

  it.concurrent.each(cases)('S3: gets nothing by $what', async ({ send, answers, as = apiserver, closed = true }) => {
    const socket = await openTls(server, as === 'nobody' ? undefined : as);
    const answer = await exchange(
      socket,
      typeof send === 'string' ? Buffer.from(send, 'latin1') : send,
      closed ? 10_000 : 100,
    );
    expect(answers).toContainEqual(answer.statuses);
    if (closed) expect(answer.closed).toBe(true);
    expect(answer.text).not.toContain('PodList');
    expect(reached).toEqual([]);
  });
});

describe('the prober, with patience', () => {
  it('S4: a connection that says nothing is ended before its handshake', async () => {
    expect(await readAll(await openTcp(hasty), 10_000)).toMatchObject({ closed: true, text: '' });
  });

  it('S4: a connection that says nothing is ended after its handshake', async () => {
    expect(await readAll(await openTls(hasty), 10_000)).toMatchObject({ closed: true, text: '' });
    expect(await readAll(await openTls(hasty, apiserver), 10_000)).toMatchObject({ closed: true, text: '' });
  });

  it('S4: a head that comes a byte at a time is given up', async () => {
    const socket = await openTls(hasty, apiserver);
    const text = get('/pods', 'X-A: a\r\n'.repeat(100));
    let at = 0;
    const timer = setInterval(() => socket.writable && socket.write(text[at++] ?? ''), 20);
    const answer = await readAll(socket, 10_000);
    clearInterval(timer);
    expect(answer).toMatchObject({ statuses: [408], closed: true });
  });

  it('S4: a body that does not come is given up', async () => {
    const socket = await openTls(hasty, apiserver);
    socket.write(post('/checkpoint/default/web/main', 'Content-Length: 100\r\n', 'a'));
    const answer = await readAll(socket, 10_000);
    expect(answer).toMatchObject({ statuses: [501], closed: true });
  });

  it('S4: a body without end is cut', async () => {
    const socket = await openTls(hasty, apiserver);
    socket.write(post('/run/default/web/main?cmd=id', 'Transfer-Encoding: chunked\r\n'));
    const timer = setInterval(() => socket.writable && socket.write(`400\r\n${'a'.repeat(1_024)}\r\n`), 1);
    const { closed } = await readAll(socket, 10_000);
    clearInterval(timer);
    expect(closed).toBe(true);
  });

  it('S4: an unused connection is ended after its time', async () => {
    const socket = await openTls(hasty, apiserver);
    socket.write(get('/healthz'));
    expect(await readAll(socket, 10_000)).toMatchObject({ statuses: [200], closed: true });
  });

  it('S3: plain HTTP on the port of TLS gets nothing', async () => {
    const answer = await exchange(await openTcp(server), get('/pods'), 10_000);
    expect(answer).toMatchObject({ statuses: [], closed: true });
  });

  // VK_IDLE_CONNECTIONS=10000 is the full size of the target.
  const crowd = Number(process.env['VK_IDLE_CONNECTIONS'] ?? 300);
  it(`S3: ${crowd} idle connections of strangers keep nobody out`, async () => {
    const idle: Socket[] = [];
    for (let opened = 0; opened < crowd; opened += 50) {
      idle.push(...(await Promise.all(Array.from({ length: 50 }, () => openTcp(server)))));
    }
    expect(await ask(server, '/healthz', { as: apiserver })).toMatchObject({ status: 200 });
    // Nothing is written to them, so that they are cut shows when they are read.
    for (const socket of idle) socket.resume();
    await eventually(() => expect(idle.filter(({ destroyed }) => !destroyed).length).toBeLessThanOrEqual(64));
    for (const socket of idle) socket.destroy();
  }, 60_000);
});
