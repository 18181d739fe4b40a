/**
 * A backend that survives the process: each running instance is a file, each call a line in a journal. It is careless on
 * purpose, so that what it ends up with is the SDK's doing: every createPod starts another instance, whatever is there.
 *
 * 1. An instance file exists exactly while the instance runs or waits to be ended.
 * 2. The journal is complete: a line is on disk before the effect that it announces.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pod, PodStatus } from '../../../src/kube/types.js';
import {
  podRef,
  type CallContext,
  type DeleteContext,
  type PodRef,
  type Provider,
} from '../../../src/provider/provider.js';
import { endedStatus, runningStatus } from './pods.js';

/** Where a call can be interrupted. */
export type Point =
  | 'createPod:before'
  | 'createPod:after'
  | 'updatePod:before'
  | 'updatePod:after'
  | 'deletePod:before'
  | 'deletePod:after'
  | 'getPods:after';

export interface JournalEntry {
  readonly call: 'createPod' | 'updatePod' | 'deletePod' | 'getPods' | 'started' | 'ended' | 'process';
  readonly uid?: string;
  readonly name?: string;
  readonly gracePeriodSeconds?: number;
  readonly pid: number;
}

/** An instance as its file has it. */
export interface Instance {
  readonly id: string;
  readonly pod: Pod;
  readonly startedAt: string;
  /** Set when all its containers have ended by themselves. */
  readonly ended?: { readonly at: string; readonly exitCode: number };
}

export interface FileBackendOptions {
  /** Called at every {@link Point}; what it throws the call rejects with. Default: nothing happens. */
  readonly at?: (point: Point, uid: string) => void | Promise<void>;
}

export class FileBackend implements Provider {
  readonly folder: string;
  readonly #at: (point: Point, uid: string) => void | Promise<void>;
  #notify: (pod: Pod) => void = () => undefined;

  constructor(folder: string, options: FileBackendOptions = {}) {
    this.folder = folder;
    this.#at = options.at ?? (() => undefined);
    mkdirSync(this.#instances, { recursive: true });
    this.#record({ call: 'process' });
  }

  notifyPods(notify: (pod: Pod) => void): void {
    this.#notify = notify;
  }

  async createPod(pod: Pod): Promise<void> {
    const { uid = '', name = '' } = pod.metadata;
    this.#record({ call: 'createPod', uid, name });
    await this.#at('createPod:before', uid);
    const id = `${uid}.${this.journal('started', uid).length}`;
    this.#record({ call: 'started', uid, name });
    const instance = { id, pod, startedAt: now() };
    this.#write(instance);
    await this.#at('createPod:after', uid);
    this.#report(instance);
  }

  async updatePod(pod: Pod): Promise<void> {
    const { uid = '', name = '' } = pod.metadata;
    this.#record({ call: 'updatePod', uid, name });
    await this.#at('updatePod:before', uid);
    const instance = this.instanceOf(uid);
    if (instance) this.#write({ ...instance, pod });
    await this.#at('updatePod:after', uid);
  }

  async deletePod(pod: Pod, context: DeleteContext): Promise<void> {
    const { uid = '', name = '' } = pod.metadata;
    this.#record({ call: 'deletePod', uid, name, gracePeriodSeconds: context.gracePeriodSeconds });
    await this.#at('deletePod:before', uid);
    for (const instance of this.instances().filter((each) => each.pod.metadata.uid === uid)) this.#remove(instance);
    await this.#at('deletePod:after', uid);
  }

  getPod(ref: PodRef): Promise<Pod | undefined> {
    const instance = this.instanceOf(ref.uid);
    return Promise.resolve(instance && withStatus(instance));
  }

  getPodStatus(ref: PodRef): Promise<PodStatus | undefined> {
    const instance = this.instanceOf(ref.uid);
    return Promise.resolve(instance && statusOf(instance));
  }

  async getPods(_context: CallContext): Promise<Pod[]> {
    this.#record({ call: 'getPods' });
    const found = this.instances().map(withStatus);
    await this.#at('getPods:after', '');
    return found;
  }

  /** All containers of a pod end by themselves. */
  end(uid: string, exitCode: number): void {
    const instance = this.instanceOf(uid);
    if (!instance) throw new Error(`instance of pod ${uid}: not there`);
    const ended = { ...instance, ended: { at: now(), exitCode } };
    this.#write(ended);
    this.#report(ended);
  }

  /** The backend takes a pod away on its own account. */
  evict(uid: string): void {
    const instance = this.instanceOf(uid);
    if (!instance) throw new Error(`instance of pod ${uid}: not there`);
    const at = now();
    const pod = withStatus({ ...instance, ended: { at, exitCode: 137 } });
    this.#remove(instance);
    this.#notify({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: at } });
  }

  instances(): Instance[] {
    return readdirSync(this.#instances)
      .sort()
      .map((name) => JSON.parse(readFileSync(join(this.#instances, name), 'utf8')) as Instance);
  }

  instanceOf(uid: string): Instance | undefined {
    return this.instances().find((instance) => instance.pod.metadata.uid === uid);
  }

  /** The journal, or of it the entries of one kind, or those of one kind and pod. */
  journal(call?: JournalEntry['call'], uid?: string): JournalEntry[] {
    const file = join(this.folder, 'journal');
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
    return lines
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as JournalEntry)
      .filter((entry) => (call === undefined || entry.call === call) && (uid === undefined || entry.uid === uid));
  }

  get #instances(): string {
    return join(this.folder, 'instances');
  }

  #report(instance: Instance): void {
    this.#notify(withStatus(instance));
  }

  #write(instance: Instance): void {
    writeFileSync(join(this.#instances, instance.id), JSON.stringify(instance));
  }

  #remove(instance: Instance): void {
    const { uid, name } = podRef(instance.pod);
    this.#record({ call: 'ended', uid, name });
    rmSync(join(this.#instances, instance.id), { force: true });
  }

  #record(entry: Omit<JournalEntry, 'pid'>): void {
    appendFileSync(join(this.folder, 'journal'), `${JSON.stringify({ ...entry, pid: process.pid })}\n`);
  }
}

/** As Kubernetes writes times: whole seconds. */
function now(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}

function statusOf(instance: Instance): PodStatus {
  const { pod, startedAt, ended } = instance;
  return ended ? endedStatus(pod, startedAt, ended.at, ended.exitCode) : runningStatus(pod, startedAt);
}

function withStatus(instance: Instance): Pod {
  return { ...instance.pod, status: statusOf(instance) };
}
