/**
 * A provider whose pods run nothing by themselves: exec and attach run real processes of this machine, ports are this
 * machine's, logs are what a test writes, figures are made up.
 */
import { spawn } from 'node:child_process';
import type { Duplex, Readable } from 'node:stream';
import { spawn as openTerminal } from '@lydell/node-pty';
import type { ContainerStatus, Pod, PodStatus } from '../../../src/kube/types.js';
import {
  podRef,
  type AttachIO,
  type CallContext,
  type ContainerLogOptions,
  type ContainerRef,
  type PodRef,
  type Provider,
  type StatsSummary,
} from '../../../src/provider/provider.js';
import { VkError } from '../../../src/runtime/errors.js';
import { pipeToChildProcess } from '../../../src/stream/bridges/child-process.js';
import { pipeToSocket } from '../../../src/stream/bridges/socket.js';
import { pipeToTerminal } from '../../../src/stream/bridges/terminal.js';
import { logStream } from '../../../src/stream/logs/log-stream.js';
import { MemoryLog } from './memory-log.js';
import { endedStatus, runningStatus } from './pods.js';

interface Run {
  readonly startedAt: string;
  readonly log: MemoryLog;
}

interface Entry {
  pod: Pod;
  /** By container, the latest run last. */
  readonly runs: Map<string, Run[]>;
}

/** Of every container, and of the node as a whole. */
export const figures = { cores: 0.25, workingSetBytes: 64 * 2 ** 20 } as const;

export class ShellProvider implements Provider {
  readonly #nodeName: string;
  readonly #entries = new Map<string, Entry>();
  readonly #startedMs = Date.now();
  #notify: (pod: Pod) => void = () => undefined;

  constructor(nodeName: string) {
    this.#nodeName = nodeName;
  }

  /** The log that a container writes now. */
  log(podName: string, container = 'main'): MemoryLog {
    return latest(this.#runs(this.#byName(podName), container)).log;
  }

  /** The container ends and starts again. */
  restart(podName: string, container = 'main'): void {
    const entry = this.#byName(podName);
    const runs = this.#runs(entry, container);
    latest(runs).log.end();
    runs.push(newRun());
    this.#tell(entry);
  }

  notifyPods(notify: (pod: Pod) => void): void {
    this.#notify = notify;
  }

  createPod(pod: Pod): Promise<void> {
    return this.updatePod(pod);
  }

  async updatePod(pod: Pod): Promise<void> {
    const { uid } = podRef(pod);
    const entry: Entry = this.#entries.get(uid) ?? { pod, runs: new Map<string, Run[]>() };
    entry.pod = pod;
    this.#entries.set(uid, entry);
    for (const name of containerNames(pod)) if (!entry.runs.has(name)) entry.runs.set(name, [newRun()]);
    this.#tell(entry);
  }

  async deletePod(pod: Pod): Promise<void> {
    const { uid } = podRef(pod);
    const entry = this.#entries.get(uid);
    if (entry === undefined) return;
    for (const runs of entry.runs.values()) latest(runs).log.end();
    this.#entries.delete(uid);
    this.#notify({ ...pod, status: endedStatus(pod, new Date(this.#startedMs).toISOString(), now(), 0) });
  }

  async getPod({ uid }: PodRef): Promise<Pod | undefined> {
    return this.#entries.get(uid)?.pod;
  }

  async getPodStatus({ uid }: PodRef): Promise<PodStatus | undefined> {
    const entry = this.#entries.get(uid);
    return entry && statusOf(entry);
  }

  async getPods(): Promise<Pod[]> {
    return [...this.#entries.values()].map(({ pod }) => pod);
  }

  async getContainerLogs(ref: ContainerRef, options: ContainerLogOptions, context: CallContext): Promise<Readable> {
    const runs = this.#runs(this.#byUid(ref), ref.container);
    const run = options.previous ? runs.at(-2) : runs.at(-1);
    if (run === undefined) throw new VkError('NotFound', `container ${ref.container}: no previous run`);
    return logStream(run.log.read(), options, { signal: context.signal });
  }

  runInContainer(ref: ContainerRef, command: string[], io: AttachIO, { signal }: CallContext): Promise<number> {
    this.#runs(this.#byUid(ref), ref.container);
    return runHere(command, io, signal);
  }

  /** Runs the container's command, which is `cat` unless it says otherwise. */
  attachToContainer(ref: ContainerRef, io: AttachIO, { signal }: CallContext): Promise<number> {
    const { pod } = this.#byUid(ref);
    const all = [...pod.spec.containers, ...(pod.spec.ephemeralContainers ?? [])];
    return runHere(all.find(({ name }) => name === ref.container)?.command ?? ['cat'], io, signal);
  }

  async portForward(ref: PodRef, port: number, connection: Duplex, { signal }: CallContext): Promise<void> {
    this.#byUid(ref);
    await pipeToSocket(connection, { host: '127.0.0.1', port }, { signal });
  }

  async getStatsSummary(): Promise<StatsSummary> {
    const startTime = new Date(this.#startedMs).toISOString();
    const nowMs = Date.now();
    const time = new Date(nowMs).toISOString();
    const cpu = {
      time,
      usageNanoCores: figures.cores * 1e9,
      usageCoreNanoSeconds: Math.round((nowMs - this.#startedMs) * 1e6 * figures.cores),
    };
    const memory = { time, workingSetBytes: figures.workingSetBytes };
    return {
      node: { nodeName: this.#nodeName, startTime, cpu, memory },
      pods: [...this.#entries.values()].map(({ pod }) => ({
        podRef: podRef(pod),
        startTime,
        containers: pod.spec.containers.map(({ name }) => ({ name, startTime, cpu, memory })),
        cpu,
        memory,
      })),
    };
  }

  #tell(entry: Entry): void {
    this.#notify({ ...entry.pod, status: statusOf(entry) });
  }

  #byName(name: string): Entry {
    const found = [...this.#entries.values()].find(({ pod }) => pod.metadata.name === name);
    if (found === undefined) throw new VkError('NotFound', `pod ${name}: unknown to the backend`);
    return found;
  }

  #byUid({ uid, name }: PodRef): Entry {
    const found = this.#entries.get(uid);
    if (found === undefined) throw new VkError('NotFound', `pod ${name}: unknown to the backend`);
    return found;
  }

  #runs({ runs }: Entry, container: string): Run[] {
    const found = runs.get(container);
    if (found === undefined) throw new VkError('NotFound', `container ${container}: unknown to the backend`);
    return found;
  }
}

function runHere([file = '', ...args]: string[], io: AttachIO, signal: AbortSignal): Promise<number> {
  if (io.tty) {
    const terminal = openTerminal(file, args, { encoding: null });
    return pipeToTerminal(io, terminal, { signal });
  }
  return pipeToChildProcess(io, spawn(file, args, { detached: true }), { signal, processGroup: true });
}

function containerNames({ spec }: Pod): string[] {
  return [...spec.containers, ...(spec.ephemeralContainers ?? [])].map(({ name }) => name);
}

function statusOf({ pod, runs }: Entry): PodStatus {
  const first = [...runs.values()][0]?.[0]?.startedAt ?? now();
  const statuses = (containers: readonly { readonly name: string; readonly image?: string }[]): ContainerStatus[] =>
    containers.map(({ name, image = '' }) => {
      const all = runs.get(name) ?? [];
      const [previous, current] = all.slice(-2).length === 2 ? all.slice(-2) : [undefined, all[0]];
      return {
        name,
        image,
        imageID: '',
        ready: true,
        started: true,
        restartCount: all.length - 1,
        containerID: `shell://${pod.metadata.uid}/${name}/${all.length}`,
        state: { running: { startedAt: current?.startedAt ?? first } },
        ...(previous
          ? { lastState: { terminated: { exitCode: 1, startedAt: previous.startedAt, finishedAt: now() } } }
          : {}),
      };
    });
  return {
    ...runningStatus(pod, first),
    containerStatuses: statuses(pod.spec.containers),
    ...(pod.spec.ephemeralContainers ? { ephemeralContainerStatuses: statuses(pod.spec.ephemeralContainers) } : {}),
  };
}

function newRun(): Run {
  return { startedAt: now(), log: new MemoryLog() };
}

function latest(runs: readonly Run[]): Run {
  return runs.at(-1)!;
}

function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z');
}
