/**
 * Where everything is. What a provider knows is on disk before it is done, so that the next one knows it too:
 *
 *   provider                      who holds the folder (a claim)
 *   s/<hash>                      sockets of the supervisors, with short names as their length is limited
 *   pods/<uid>/pod.json           the pod as Kubernetes has it; there once the pod is taken over
 *             /status.json        the status as it was last told
 *             /stop.json          the pod was told to stop
 *             /environment.json   the variables of its containers, as they were last known
 *             /volumes/<name>/    the volumes
 *             /containers/<name>/root/          its working directory
 *                              /parts/<n>       what a subPath shows of a volume that holds files
 *                              /mounts/         the stage of its mount namespace
 *                              /logs/<run>.log
 *                              /runs/<run>/     what the supervisor is told and tells
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { VkError } from 'vk-sdk';
import { claim, claimOf } from '../supervisor/claim.js';

/** The shortest limit of any system (macOS) is 104 bytes with the final zero. */
const longestSocketPath = 103;
const socketNameLength = 16;

export class StateFolder {
  readonly path: string;

  /** Throws if the path is too long for the sockets in it. */
  constructor(path: string) {
    this.path = resolve(path);
    const most = longestSocketPath - '/s/'.length - socketNameLength;
    if (Buffer.byteLength(this.path) > most) {
      throw new VkError('InvalidInput', `state folder ${this.path}: longer than ${most} bytes; choose a shorter path`);
    }
  }

  /** Takes the folder for this process. Throws if another one that is alive has it: two would run everything twice. */
  take(): void {
    mkdirSync(join(this.path, 's'), { recursive: true, mode: 0o700 });
    mkdirSync(join(this.path, 'pods'), { recursive: true, mode: 0o700 });
    const lock = join(this.path, 'provider');
    const holder = claimOf(lock);
    if (holder && !holder.alive) rmSync(lock);
    if (!claim(lock)) {
      const pid = claimOf(lock)?.identity.pid ?? 'unknown';
      throw new VkError('AlreadyExists', `state folder ${this.path}: process ${pid} uses it; choose another`);
    }
  }

  release(): void {
    rmSync(join(this.path, 'provider'), { force: true });
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  socket(mark: string): string {
    return join(this.path, 's', createHash('sha256').update(mark).digest('hex').slice(0, socketNameLength));
  }

  pods(): PodFolder[] {
    return readdirSync(join(this.path, 'pods')).map((uid) => this.pod(uid));
  }

  pod(uid: string): PodFolder {
    if (!/^[\w-]+$/.test(uid)) throw new VkError('InvalidInput', `pod uid "${uid}": not usable as a folder`);
    return new PodFolder(join(this.path, 'pods', uid));
  }
}

export class PodFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  get pod(): string {
    return join(this.path, 'pod.json');
  }

  get status(): string {
    return join(this.path, 'status.json');
  }

  get stop(): string {
    return join(this.path, 'stop.json');
  }

  get environment(): string {
    return join(this.path, 'environment.json');
  }

  volume(name: string): string {
    return join(this.path, 'volumes', name);
  }

  container(name: string): ContainerFolder {
    return new ContainerFolder(join(this.path, 'containers', name));
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true, maxRetries: 5 });
  }
}

export class ContainerFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  get root(): string {
    return join(this.path, 'root');
  }

  /** What the container's mount of that number shows, where it is a part of a volume. */
  part(mount: number): string {
    return join(this.path, 'parts', String(mount));
  }

  get mounts(): string {
    return join(this.path, 'mounts');
  }

  get logs(): string {
    return join(this.path, 'logs');
  }

  log(run: number): string {
    return join(this.logs, `${run}.log`);
  }

  run(run: number): string {
    return join(this.path, 'runs', String(run));
  }

  /** The runs there are, oldest first. */
  runs(): number[] {
    try {
      const names = readdirSync(join(this.path, 'runs'));
      return names.map(Number).sort((a, b) => a - b);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  /** Forgets a run and its logs. */
  removeRun(run: number): void {
    rmSync(this.run(run), { recursive: true, force: true });
    const logs = readdirSync(this.logs).filter((name) => name.startsWith(`${run}.log`));
    for (const name of logs) rmSync(join(this.logs, name), { force: true });
  }
}
