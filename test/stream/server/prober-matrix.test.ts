/**
 * Who gets where, from outside: every route by every kind of caller in every way of asking. The expected answers are
 * written down by hand from kubelet-protocol §1 and §6, and share nothing with the code that decides.
 */
import { Agent } from 'node:https';
import { describe, expect, it } from 'vitest';
import { ControlPlane } from '../../../src/testing/control-plane.js';
import { FakeApiServer } from '../../../src/testing/fake-api-server.js';
import { apiserver, ask, authority, clientOf, stranger, type AskOptions } from './kubelet-scene.js';
import { bindRights, callers, rights, rightsOf, startNode, type ProbedNode } from './prober-scene.js';

interface Row {
  readonly path: string;
  /** Any of these rights suffices to GET; for a POST the same with `create`. */
  readonly get: readonly string[];
  /** What somebody gets who may: GET, POST, WebSocket. */
  readonly answers: readonly [number, number, number];
}

const row = (path: string, get: string, ...answers: [number, number, number]): Row => ({
  path,
  get: get.split(' '),
  answers,
});

const query = 'command=true&output=1&error=1';
const matrix: readonly Row[] = [
  row('/healthz', 'get/healthz get/proxy', 200, 405, 400),
  row('/healthz/ping', 'get/healthz get/proxy', 200, 405, 400),
  row('/healthz/syncloop', 'get/healthz get/proxy', 200, 405, 400),
  row('/pods', 'get/pods get/proxy', 200, 405, 400),
  row('/runningpods/', 'get/pods get/proxy', 200, 405, 400),
  row('/configz', 'get/configz get/proxy', 200, 405, 400),
  row('/stats/summary', 'get/stats', 200, 405, 400),
  row('/stats/else', 'get/stats', 404, 404, 404),
  row('/metrics', 'get/metrics', 200, 405, 400),
  row('/metrics/resource', 'get/metrics', 200, 405, 400),
  row('/metrics/cadvisor', 'get/metrics', 200, 405, 400),
  row('/metrics/probes', 'get/metrics', 200, 405, 400),
  row('/logs/', 'get/log', 501, 405, 400),
  row('/logs/syslog', 'get/log', 501, 405, 400),
  row('/checkpoint/default/web/main', 'get/checkpoint', 405, 501, 405),
  row('/containerLogs/default/web/main', 'get/proxy', 200, 405, 400),
  row('/containerLogs/default/none/main', 'get/proxy', 404, 405, 400),
  // A GET executes nothing without `create`: that is where this server differs from the kubelet.
  row(`/exec/default/web/main?${query}`, 'create/proxy', 400, 400, 101),
  row(`/exec/default/none/main?${query}`, 'create/proxy', 400, 400, 404),
  row(`/attach/default/web/main?${query}`, 'create/proxy', 400, 400, 101),
  row('/portForward/default/web?port=80', 'create/proxy', 400, 400, 101),
  row('/run/default/web/main?cmd=true', 'create/proxy', 405, 200, 405),
  row('/', 'get/proxy', 404, 404, 404),
  row('/debug/pprof/profile', 'get/proxy', 404, 404, 404),
  row('/exec', 'create/proxy', 404, 404, 404),
  row('/spec', 'get/proxy', 404, 404, 404),
];

const webSocket = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-protocol': 'v4.channel.k8s.io',
};

const ways: readonly { readonly name: string; readonly as: AskOptions; readonly verb: string }[] = [
  { name: 'GET', as: { method: 'GET' }, verb: 'get' },
  { name: 'POST', as: { method: 'POST' }, verb: 'create' },
  { name: 'WebSocket', as: { method: 'GET', headers: webSocket }, verb: 'get' },
];

function expected(caller: string, { get, answers }: Row, way: number): number {
  const held = rights[caller];
  if (held === undefined) return 401;
  const needed = get.map((right) => right.replace(/^get/, ways[way]?.verb ?? ''));
  return needed.some((right) => held.includes(right)) ? (answers[way] ?? 0) : 403;
}

/** Answers what differs from what is expected, as lines. */
async function probe({ at }: ProbedNode, all: Readonly<Record<string, AskOptions>>): Promise<string[]> {
  const surprises: string[] = [];
  for (const [caller, credentials] of Object.entries(all)) {
    const agent = new Agent({ keepAlive: true });
    for (const each of matrix) {
      const statuses = await Promise.all(
        ways.map(async ({ as }) => {
          const connection = as.headers === undefined ? agent : false;
          return (await ask(at, each.path, { ...as, ...credentials, agent: connection })).status;
        }),
      );
      for (const [way, status] of statuses.entries()) {
        const right = expected(caller, each, way);
        if (status !== right) surprises.push(`${caller}: ${ways[way]?.name} ${each.path}: ${status}, not ${right}`);
      }
    }
    agent.destroy();
  }
  return surprises;
}

const strangers = {
  anonymous: {},
  'wrong CA': { as: clientOf(stranger, 'kube-apiserver-kubelet-client', ['system:masters']) },
  'unknown token': { token: 'not-a-token' },
};

describe('the prober, on the fake', () => {
  it('S2: every route lets in whom RBAC lets in, and nobody else', async () => {
    await using cluster = new FakeApiServer({
      authorize: ({ username }, { plural, subresource, verb, name }) => {
        const held = rightsOf(username);
        if (held === undefined) return true;
        return plural === 'nodes' && name === 'edge-1' && held.includes(`${verb}/${subresource}`);
      },
    });
    await cluster.start();
    await using probed = await startNode(cluster.client);
    expect(await probe(probed, { ...strangers, ...(await callers(cluster.client)) })).toEqual([]);
    // Of all who asked, one may execute.
    const executed = probed.provider.reached.filter((what) => /^(exec|attach)/.test(what));
    expect(executed.sort()).toEqual(['attach', 'exec true', 'exec true']);
  });

  it('S2: nobody is let in while the apiserver that would know is away', async () => {
    await using cluster = new FakeApiServer();
    await cluster.start();
    await using probed = await startNode(cluster.client, { clientAuthorities: authority.certificate });
    await cluster.stop();
    const failing = new Set<number>();
    for (const { path } of matrix) {
      for (const { as } of ways) failing.add((await ask(probed.at, path, { ...as, as: apiserver })).status);
    }
    expect([...failing]).toEqual([500]);
    expect(probed.provider.reached).toEqual([]);
  });
});

describe.skipIf(!ControlPlane.available())('the prober, on a real control plane (set KUBEBUILDER_ASSETS)', () => {
  it('S2: every route lets in whom real RBAC lets in, and nobody else', async () => {
    await using cluster = new ControlPlane();
    await cluster.start();
    const { client } = cluster;
    await using probed = await startNode(client);
    await bindRights(client);
    expect(await probe(probed, { ...strangers, ...(await callers(client)) })).toEqual([]);
    // By certificate, of an authority that the server learned of by itself.
    const master = clientOf(cluster.authority, 'kube-apiserver-kubelet-client', ['system:masters']);
    expect(await ask(probed.at, '/pods', { as: master })).toMatchObject({ status: 200 });
    const nobody = clientOf(cluster.authority, 'nobody');
    expect(await ask(probed.at, '/pods', { as: nobody })).toMatchObject({ status: 403 });
  }, 60_000);
});
