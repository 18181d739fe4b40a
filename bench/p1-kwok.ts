/** P1: pods to Running and deleted on one real control plane, by vk-sdk and by KWOK, in turn. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { KubeApi } from '../src/kube/api.js';
import { nodes, pods } from '../src/kube/resources.js';
import { ControlPlane } from '../src/testing/control-plane.js';
import { requestsBetween, type RequestCount } from '../src/testing/control-plane/request-counts.js';
import { connectionOf } from './control-plane-connection.js';
import { createPods, deletePods, revision, untilGone, untilRunning } from './load.js';
import { quantile, Skipped, type Benchmark, type Measurement } from './measurement.js';
import { Program } from './program.js';

const count = 2_000;

interface Contender {
  readonly name: string;
  /** Makes the node's process; pods of the node are there already. Resolves with what ends it. */
  readonly start: (node: string) => Promise<() => Promise<void>>;
}

interface Run {
  readonly runningPerSecond: number;
  readonly deletedPerSecond: number;
  /** API requests of the contender for each pod, by what they did. */
  readonly requests: ReadonlyMap<string, number>;
}

/** Requests on pods, other than the load's own, and Events. */
function perPod(requests: readonly RequestCount[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { verb, resource, subresource, count: made } of requests) {
    if (verb === 'WATCH' || verb === 'LIST' || (resource !== 'pods' && resource !== 'events')) continue;
    const key = `${verb} ${resource}${subresource === '' ? '' : `/${subresource}`}`;
    counts.set(key, (counts.get(key) ?? 0) + made / count);
  }
  const deletes = (counts.get('DELETE pods') ?? 0) - 1;
  counts.set('DELETE pods', deletes);
  return new Map([...counts].filter(([, made]) => made >= 0.005));
}

async function measure(plane: ControlPlane, contender: Contender, round: number): Promise<Run> {
  const { client } = plane;
  const node = `${contender.name}-${round}`;
  const app = `load-${node}`;
  await createPods(client, node, app, count);
  const before = await plane.requestCounts();
  const running = untilRunning(client, app, await revision(client), count);
  const stop = await contender.start(node);
  try {
    const { perSecond } = await running;
    const gone = untilGone(client, app, await revision(client), count);
    const askedAt = performance.now();
    await deletePods(client, app, count);
    const { lastAt } = await gone;
    return {
      runningPerSecond: perSecond,
      deletedPerSecond: count / ((lastAt - askedAt) / 1000),
      requests: perPod(requestsBetween(before, await plane.requestCounts())),
    };
  } finally {
    await stop();
  }
}

function vkSdk(plane: ControlPlane): Contender {
  return {
    name: 'vk-sdk',
    start: async (name) => {
      const program = await Program.start('virtual-node', { connection: await connectionOf(plane), name });
      void program.ask('start').catch(() => undefined);
      return () => program.stop();
    },
  };
}

function kwok(plane: ControlPlane, binary: string, stages: string): Contender {
  return {
    name: 'kwok',
    start: async (name) => {
      await createKwokNode(plane.client, name);
      const child: ChildProcess = spawn(
        binary,
        [
          `--kubeconfig=${plane.kubeconfig}`,
          `--config=${stages}`,
          '--manage-all-nodes=false',
          '--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake',
          '--node-lease-duration-seconds=40',
          '--server-address=127.0.0.1:0',
        ],
        { stdio: 'ignore' },
      );
      const exited = once(child, 'exit');
      return async () => {
        child.kill('SIGKILL');
        await exited;
        await plane.client.delete(nodes, { name });
      };
    },
  };
}

async function createKwokNode(api: KubeApi, name: string): Promise<void> {
  const resources = { cpu: '2k', memory: '32Ti', pods: '200k' };
  const annotations = { 'kwok.x-k8s.io/node': 'fake' };
  await api.create(nodes, { metadata: { name, annotations, labels: { type: 'kwok' } } });
  const status = { status: { allocatable: resources, capacity: resources } };
  await api.patch(nodes, { name }, 'merge', status, { subresource: 'status' });
}

function row(what: string, target: string, ours: number[], theirs: number[], least: number): Measurement {
  const [our, their] = [quantile(ours, 0.5), quantile(theirs, 0.5)];
  const ratio = our / their;
  const measured = `${ratio.toFixed(2)} (${our.toFixed(0)}/s and ${their.toFixed(0)}/s)`;
  return { id: 'P1', what, target, measured, met: ratio >= least };
}

function requestsRow(name: string, { requests }: Run): Measurement {
  const all = [...requests].sort(([a], [b]) => (a < b ? -1 : 1));
  const writes = all.filter(([key]) => key.includes('pods') && !key.startsWith('GET') && !key.startsWith('POST'));
  const total = writes.reduce((sum, [, made]) => sum + made, 0);
  const listed = all.map(([key, made]) => `${key} ${made.toFixed(2)}`).join(', ');
  return {
    id: 'P1',
    what: `${name}: requests for each pod, from created to gone`,
    target: name === 'vk-sdk' ? '≤ 2 writes besides Events' : '',
    measured: `${total.toFixed(2)} writes (${listed})`,
    ...(name === 'vk-sdk' ? { met: total <= 2.01 } : {}),
  };
}

export const p1: Benchmark = {
  name: 'p1',
  about: `${count} pods to Running and deleted on a real control plane, against KWOK`,
  run: async () => {
    if (!ControlPlane.available()) throw new Skipped('set KUBEBUILDER_ASSETS to a folder with etcd and kube-apiserver');
    const { KWOK: binary, KWOK_STAGES: stages } = process.env;
    if (!binary || !stages) throw new Skipped('set KWOK to a kwok binary and KWOK_STAGES to its file of stages');
    await using plane = new ControlPlane();
    await plane.start();
    const contenders = [vkSdk(plane), kwok(plane, binary, stages)] as const;
    const runs = new Map<Contender, Run[]>(contenders.map((contender) => [contender, []]));
    // One after the other and back, so that neither always finds the fuller database or the busier machine.
    const order = [...contenders, ...contenders.toReversed(), ...contenders];
    for (const [round, contender] of order.entries()) {
      runs.get(contender)?.push(await measure(plane, contender, round));
      const left = await plane.client.list(pods, { namespace: 'default', limit: 1 });
      if (left.items.length > 0) throw new Error(`${contender.name} left pods behind`);
    }
    const [ours = [], theirs = []] = contenders.map((contender) => runs.get(contender));
    const pick = (of: Run[], key: 'runningPerSecond' | 'deletedPerSecond'): number[] => of.map((run) => run[key]);
    return [
      row(
        'pods/s to Running, vk-sdk / KWOK',
        '≥ 1.0',
        pick(ours, 'runningPerSecond'),
        pick(theirs, 'runningPerSecond'),
        1,
      ),
      row(
        'pods/s deleted, vk-sdk / KWOK',
        '≥ 1.0',
        pick(ours, 'deletedPerSecond'),
        pick(theirs, 'deletedPerSecond'),
        1,
      ),
      ...contenders.flatMap(
        (contender) =>
          runs
            .get(contender)
            ?.slice(0, 1)
            .map((run) => requestsRow(contender.name, run)) ?? [],
      ),
    ];
  },
};
