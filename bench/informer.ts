/**
 * P9 and the reflector's part of P5: the first sync of 100,000 pods by our reflector, in pages and as a streaming list, and
 * by client-node's informer, each in a process of its own, from a server in another one that makes the pods up as it goes.
 *
 *     npx tsx bench/informer.ts [PODS]
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { podJson } from './pod-json.js';
import type { Pod } from '../src/kube/types.js';

export interface Row {
  readonly name: string;
  readonly target: string;
  readonly measured: number;
  readonly unit: string;
  /** Ours divided by theirs, such that more is better. */
  readonly ratio?: number;
}

interface Sync {
  readonly objects: number;
  readonly ms: number;
  /** Time on the processor, all threads: steadier than `ms` where others use the machine too. */
  readonly cpuMs: number;
  /** The longest time that the event loop did not turn. */
  readonly blockMs: number;
  readonly startRssMb: number;
  readonly rssMb: number;
  readonly peakRssMb: number;
}

/** What a measurement must not lose to the garbage collector. */
const keep: unknown[] = [];

const roles = ['pages', 'stream', 'client-node'] as const;
type Role = (typeof roles)[number];

export default async function informer(pods = 100_000): Promise<Row[]> {
  const server = spawn('server', String(pods));
  try {
    const { port } = await message<{ port: number }>(server);
    const syncs = new Map<Role, Sync>();
    for (const role of roles) {
      const child = spawn(role, String(port));
      syncs.set(role, await message<Sync>(child));
      if (child.exitCode === null) await once(child, 'exit');
    }
    return rows(pods, syncs);
  } finally {
    server.kill();
  }
}

function rows(pods: number, syncs: ReadonlyMap<Role, Sync>): Row[] {
  const theirs = syncs.get('client-node');
  return [...syncs].flatMap(([role, sync]): Row[] => {
    if (sync.objects !== pods) throw new Error(`${role}: ${sync.objects} of ${pods} pods arrived`);
    const ratio = theirs === undefined || role === 'client-node' ? {} : { ratio: theirs.ms / sync.ms };
    const ours = role !== 'client-node';
    const name = (what: string): string => `P9 first sync of ${pods} pods, ${role}: ${what}`;
    return [
      { name: name('time'), target: ours ? '>= 2x client-node' : '', measured: sync.ms, unit: 'ms', ...ratio },
      { name: name('processor time'), target: '', measured: sync.cpuMs, unit: 'ms' },
      { name: name('longest block'), target: ours ? '<= 50' : '', measured: sync.blockMs, unit: 'ms' },
      { name: name('RSS (P5)'), target: ours ? '<= 600' : '', measured: sync.rssMb, unit: 'MB' },
      { name: name('peak RSS'), target: '', measured: sync.peakRssMb, unit: 'MB' },
      { name: name('RSS before'), target: '', measured: sync.startRssMb, unit: 'MB' },
    ];
  });
}

function spawn(role: string, argument: string): ChildProcess {
  return fork(fileURLToPath(import.meta.url), [role, argument]);
}

async function message<T>(child: ChildProcess): Promise<T> {
  const exited = once(child, 'exit').then(([code]) => {
    throw new Error(`benchmark process ended with ${String(code)}`);
  });
  const [sent] = (await Promise.race([once(child, 'message'), exited])) as [T];
  exited.catch(() => undefined);
  return sent;
}

async function serve(pods: number): Promise<void> {
  const version = String(1_000 + pods);
  const server = createServer((request, response) => {
    const query = new URL(request.url ?? '/', 'http://bench').searchParams;
    response.setHeader('content-type', 'application/json');
    const from = Number(query.get('continue') ?? 0);
    const to = Math.min(pods, from + Number(query.get('limit') ?? pods));
    if (query.get('watch') === 'true') {
      response.flushHeaders();
      if (query.get('sendInitialEvents') === 'true') void stream(response, pods, version);
      return;
    }
    const metadata = { resourceVersion: version, ...(to < pods ? { continue: String(to) } : {}) };
    response.write(`{"kind":"PodList","apiVersion":"v1","metadata":${JSON.stringify(metadata)},"items":[`);
    void write(response, from, to, (i) => (i === from ? '' : ',') + podJson(i)).then(() => response.end(']}'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.send?.({ port: (server.address() as AddressInfo).port });
}

async function stream(response: ServerResponse, pods: number, version: string): Promise<void> {
  await write(response, 0, pods, (i) => `{"type":"ADDED","object":${podJson(i)}}\n`);
  const metadata = { resourceVersion: version, annotations: { 'k8s.io/initial-events-end': 'true' } };
  response.write(`${JSON.stringify({ type: 'BOOKMARK', object: { kind: 'Pod', metadata } })}\n`);
}

async function write(response: ServerResponse, from: number, to: number, text: (i: number) => string): Promise<void> {
  for (let start = from; start < to; start += 50) {
    let chunk = '';
    for (let i = start; i < Math.min(start + 50, to); i += 1) chunk += text(i);
    if (!response.write(chunk)) await once(response, 'drain');
  }
}

/** Loads what is to be measured; what it answers syncs once and tells how many objects came. */
type Subject = (port: number) => Promise<() => Promise<number>>;

function reflector(streamingList: boolean): Subject {
  return async (port) => {
    const { KubeClient } = await import('../src/kube/client.js');
    const { staticConnection } = await import('../src/kube/connection.js');
    const { Reflector } = await import('../src/kube/reflector/reflector.js');
    const { pods } = await import('../src/kube/resources.js');
    const client = new KubeClient(staticConnection(`http://127.0.0.1:${port}`, {}));
    const indexes = { node: ({ spec }: Pod) => (spec.nodeName ? [spec.nodeName] : []) };
    const subject = new Reflector(client, pods, { streamingList, indexes });
    let added = 0;
    subject.addHandler({ onAdd: () => void (added += 1) });
    keep.push(subject);
    return async () => {
      subject.start();
      await subject.waitForSync();
      return added;
    };
  };
}

const clientNode: Subject = async (port) => {
  const { CoreV1Api, KubeConfig, makeInformer } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  const server = { name: 'bench', server: `http://127.0.0.1:${port}`, skipTLSVerify: true };
  config.loadFromClusterAndUser(server, { name: 'bench' });
  const api = config.makeApiClient(CoreV1Api);
  const subject = makeInformer(config, '/api/v1/pods', () => api.listPodForAllNamespaces());
  let added = 0;
  subject.on('add', () => void (added += 1));
  keep.push(subject);
  return async () => {
    await subject.start();
    return added;
  };
};

const subjects: Readonly<Record<Role, Subject>> = {
  pages: reflector(false),
  stream: reflector(true),
  'client-node': clientNode,
};

async function measure(role: Role, port: number): Promise<void> {
  const sync = await subjects[role](port);
  const startRssMb = process.memoryUsage().rss / 1e6;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const begin = performance.now();
  const cpu = process.cpuUsage();
  const objects = await sync();
  const ms = performance.now() - begin;
  const { user, system } = process.cpuUsage(cpu);
  await new Promise((resolve) => setTimeout(resolve, 50));
  delay.disable();
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const result: Sync = {
    objects,
    ms,
    cpuMs: (user + system) / 1e3,
    blockMs: delay.max / 1e6,
    startRssMb,
    rssMb: process.memoryUsage().rss / 1e6,
    peakRssMb: process.resourceUsage().maxRSS / 1e3,
  };
  process.send?.(result, () => process.exit(0));
}

const [role, argument] = process.argv.slice(2);
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (role === 'server') await serve(Number(argument));
  else if (roles.includes(role as Role)) await measure(role as Role, Number(argument));
  else console.table(await informer(role === undefined ? undefined : Number(role)));
}
