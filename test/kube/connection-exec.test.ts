import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { KubeClient } from '../../src/kube/client.js';
import type { ExecConfig } from '../../src/kube/config/kubeconfig.js';
import { loadKubeconfig } from '../../src/kube/config/load-kubeconfig.js';
import { pods } from '../../src/kube/resources.js';
import { ManualClock } from '../../src/testing/manual-clock.js';
import {
  closingAfterEach,
  eventually,
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
const apiVersion = 'client.authentication.k8s.io/v1';
let folder: string;
let peer: Peer;
let clock: ManualClock;
let accepted: string | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vk-sdk-'));
  track({ [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) });
  accepted = undefined;
  clock = new ManualClock();
  const unauthorized = status(401, 'Unauthorized', 'Unauthorized');
  const reply: Parameters<typeof startPeer>[0] = (request, response) => {
    const welcome = accepted === undefined || request.headers.authorization === `Bearer ${accepted}`;
    (welcome ? json(web) : unauthorized)(request, response);
  };
  peer = track(await startPeer(reply, serverTls));
});

/** Runs `program` as the plugin, in which `run` counts its runs from 1 and `info` is what it was asked. */
async function clientWith(program: string, exec: Partial<ExecConfig> = {}, cluster: object = {}): Promise<KubeClient> {
  const script = join(folder, 'plugin.mjs');
  await writeFile(
    script,
    `import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
const log = ${JSON.stringify(join(folder, 'runs'))};
appendFileSync(log, (process.env.KUBERNETES_EXEC_INFO ?? '') + '\\n');
const info = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
const run = readFileSync(log, 'utf8').trim().split('\\n').length;
const answer = (status) => console.log(JSON.stringify({ apiVersion: info.apiVersion, kind: 'ExecCredential', status }));
${program}
`,
  );
  const config = {
    clusters: [
      {
        name: 'c',
        cluster: {
          server: peer.url,
          'certificate-authority-data': Buffer.from(pki('ca.crt')).toString('base64'),
          ...cluster,
        },
      },
    ],
    users: [{ name: 'admin', user: { exec: { apiVersion, command: process.execPath, args: [script], ...exec } } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'admin' } }],
    'current-context': 'x',
  };
  const path = join(folder, 'config');
  await writeFile(path, JSON.stringify(config));
  return track(
    new KubeClient(await loadKubeconfig({ path }, { clock, env: { PATH: process.env['PATH'] } }), { clock }),
  );
}

async function runs(): Promise<{ spec: { interactive: boolean; cluster?: object } }[]> {
  const lines = await readFile(join(folder, 'runs'), 'utf8').catch(() => '');
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { spec: { interactive: boolean } });
}

const tokens = (): (string | undefined)[] => peer.seen.map(({ headers }) => headers.authorization);

describe('exec plugins', () => {
  it('are asked once, however many requests there are, and not before the first', async () => {
    const client = await clientWith('answer({ token: `t${run}` });');
    expect(await runs()).toHaveLength(0);
    await Promise.all([client.get(pods, webName), client.get(pods, webName)]);
    await clock.advance(24 * 3_600_000);
    await client.get(pods, webName);
    expect(tokens()).toEqual(['Bearer t1', 'Bearer t1', 'Bearer t1']);
    expect(await runs()).toHaveLength(1);
  });

  it('are asked again shortly before their credentials end', async () => {
    const expiry = new Date(clock.now() + 3_600_000).toISOString();
    const client = await clientWith(
      `answer({ token: \`t\${run}\`, expirationTimestamp: run === 1 ? '${expiry}' : undefined });`,
    );
    await client.get(pods, webName);
    await clock.advance(3_600_000 - 31_000);
    await client.get(pods, webName);
    await clock.advance(1_000);
    await client.get(pods, webName);
    expect(tokens()).toEqual(['Bearer t1', 'Bearer t1', 'Bearer t2']);
  });

  it('are asked again when their token is refused: once for all who were refused, and not over and over', async () => {
    const client = await clientWith('answer({ token: `t${run}` });');
    await client.get(pods, webName);
    accepted = 't2';
    const names = [webName, webName, webName];
    expect(await Promise.all(names.map((name) => client.get(pods, name)))).toEqual([web, web, web]);
    expect(await runs()).toHaveLength(2);
    accepted = 't4';
    for (let i = 0; i < 5; i += 1)
      expect(await rejection(client.get(pods, webName))).toMatchObject({ code: 'Unauthorized' });
    expect(await runs()).toHaveLength(2);
    await clock.advance(5_000);
    expect(await rejection(client.get(pods, webName))).toMatchObject({ code: 'Unauthorized' });
    await clock.advance(5_000);
    expect(await client.get(pods, webName)).toEqual(web);
    expect(await runs()).toHaveLength(4);
  });

  it('may answer a client certificate', async () => {
    const pair = JSON.stringify({ clientCertificateData: pki('client.crt'), clientKeyData: pki('client.key') });
    const client = await clientWith(`answer(${pair});`);
    await client.get(pods, webName);
    expect(peer.seen[0]?.clientName).toBe('admin');
    expect(tokens()).toEqual([undefined]);
  });

  it('are told who asks, get their own environment, and the cluster if they want it', async () => {
    const env = [{ name: 'PLUGIN_TOKEN', value: 'from-env' }];
    const extensions = [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'a' } }];
    const client = await clientWith(
      'answer({ token: process.env.PLUGIN_TOKEN });',
      { env, provideClusterInfo: true },
      { extensions },
    );
    await client.get(pods, webName);
    expect(tokens()).toEqual(['Bearer from-env']);
    const data = Buffer.from(pki('ca.crt')).toString('base64');
    const cluster = { server: peer.url, 'certificate-authority-data': data, config: { audience: 'a' } };
    expect(await runs()).toEqual([{ apiVersion, kind: 'ExecCredential', spec: { interactive: false, cluster } }]);
  });

  it('are found beside the kubeconfig when their command is a path', async () => {
    const client = await clientWith('', { command: './plugin', args: [] });
    const plugin = `#!${process.execPath}\nconsole.log('{"apiVersion":"${apiVersion}","kind":"ExecCredential","status":{"token":"t"}}');\n`;
    await writeFile(join(folder, 'plugin'), plugin, { mode: 0o755 });
    await client.get(pods, webName);
    expect(tokens()).toEqual(['Bearer t']);
  });

  it.each<[string, string, Partial<ExecConfig>, RegExp]>([
    [
      'that fail',
      'console.log("geheim"); console.error("session ended: log in\\nagain"); process.exit(3);',
      {},
      /failed \(exit code 3\): session ended: log in again$/,
    ],
    [
      'that are missing',
      '',
      { command: 'vk-no-such-plugin', installHint: 'get it from example.com' },
      /vk-no-such-plugin could not be started \(ENOENT\): get it from example.com$/,
    ],
    ['that answer nonsense', 'console.log("geheim");', {}, /did not answer JSON$/],
    [
      'that answer another version',
      'console.log(JSON.stringify({ kind: "ExecCredential", apiVersion: "v0", status: { token: "geheim" } }));',
      {},
      /did not answer an ExecCredential of/,
    ],
    [
      'that answer nothing of use',
      'answer({ clientCertificateData: "geheim" });',
      {},
      /answered neither a token nor a certificate with its key$/,
    ],
    [
      'that answer no time',
      'answer({ token: "geheim", expirationTimestamp: "soon" });',
      {},
      /expirationTimestamp that is no time$/,
    ],
  ])('%s are named, with what to do, and their output is shown to nobody', async (_what, program, exec, message) => {
    const client = await clientWith(program, exec);
    const error = await rejection(client.get(pods, webName));
    expect(error).toMatchObject({ code: 'Unauthorized', message: expect.stringMatching(message) as string });
    expect((error as Error).message).toMatch(/^kubeconfig user "admin": exec plugin /);
    expect(String(error) + String((error as Error).cause)).not.toContain('geheim');
    expect(peer.seen).toEqual([]);
  });

  it.each<[string, Partial<ExecConfig>]>([
    ['of a version that is not supported', { apiVersion: 'client.authentication.k8s.io/v1alpha1' }],
    ['that insist on a terminal', { interactiveMode: 'Always' }],
    ['without a command', { command: '' }],
  ])('%s are InvalidInput', async (_what, exec) => {
    const client = await clientWith('answer({ token: "t" });', exec);
    expect(await rejection(client.get(pods, webName))).toMatchObject({ code: 'InvalidInput' });
  });

  it('that hang are ended', async () => {
    const client = await clientWith('setInterval(() => undefined, 1000);');
    const call = rejection(client.get(pods, webName, { deadlineMs: Infinity }));
    await eventually(async () => (await runs()).length === 1);
    await clock.advance(60_000);
    expect(await call).toMatchObject({ message: expect.stringMatching(/did not end within 60 s$/) as string });
  });
});
