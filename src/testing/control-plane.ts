/**
 * A real control plane for tests: etcd and kube-apiserver, and on request the scheduler and the controllers, each the
 * real program, on free loopback ports and in a temporary folder. The same interface as `FakeApiServer`, so one test
 * body runs on both.
 *
 * Neighbours, in `control-plane/`: `binaries` finds the programs, `flags` has their command lines, `identity` the
 * certificates and kubeconfigs, `child` runs one program, `watchdog` cleans up after a test that was killed.
 *
 * 1. However it ends (stop, a failed start, the death of this process), no program and no file is left.
 * 2. Nothing of the machine's own configuration is read: no KUBECONFIG, no cluster but its own.
 * 3. Every wait has a bound, and the error at its end shows the log of the program that was waited for.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { KubeApi } from '../kube/api.js';
import { KubeClient } from '../kube/client.js';
import { staticConnection } from '../kube/connection.js';
import type { Resource } from '../kube/resources.js';
import { systemClock, type Clock } from '../runtime/clock.js';
import { VkError } from '../runtime/errors.js';
import { CertificateAuthority, type CertificateAndKey } from '../kube/pki/certificates.js';
import type { TestCluster } from './cluster.js';
import { assetsFolder, hasProgram, programPath, type Program } from './control-plane/binaries.js';
import { Child } from './control-plane/child.js';
import {
  apiserverFlags,
  controllerManagerFlags,
  etcdFlags,
  schedulerFlags,
  type Layout,
} from './control-plane/flags.js';
import { writeKubeconfig, writePki } from './control-plane/identity.js';
import { freePorts } from './control-plane/ports.js';
import { probe } from './control-plane/probe.js';
import { parseRequestCounts, type RequestCount } from './control-plane/request-counts.js';
import { Watchdog } from './control-plane/watchdog.js';

export interface ControlPlaneOptions {
  /** Folder of the programs. Default: `KUBEBUILDER_ASSETS`, else `/usr/local/kubebuilder/bin`, as envtest. */
  readonly assets?: string;
  /** Also run kube-scheduler, which setup-envtest does not bring. Default: false. */
  readonly scheduler?: boolean;
  /** Also run kube-controller-manager, which setup-envtest does not bring. Default: false. */
  readonly controllers?: boolean;
  /** Flags for kube-apiserver, after the ones it gets anyway; the last of two equal ones counts. Default: none. */
  readonly apiserverFlags?: readonly string[];
  /** How long `start` waits for each program. Default: 60,000 ms; about 5,000 are usual. */
  readonly startTimeoutMs?: number;
  readonly clock?: Clock;
}

/** What exists between a start and a stop. */
interface Running {
  readonly layout: Layout;
  readonly children: Map<Program, Child>;
  readonly watchdog: Watchdog;
  readonly authority: CertificateAuthority;
  readonly admin: CertificateAndKey;
  readonly url: string;
  readonly kubeconfig: string;
  readonly client: KubeClient;
}

const serviceAccounts: Resource = {
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  namespaced: true,
};

/** How long a program may take to end by itself: what it holds is thrown away. */
const stopGraceMs = 2_000;
const pollMs = 50;
/** Starts are tried again only when another process took one of the ports in between. */
const startAttempts = 3;

export class ControlPlane implements TestCluster {
  readonly #options: ControlPlaneOptions;
  readonly #assets: string;
  readonly #clock: Clock;
  #running: Running | undefined;
  #users = 0;

  constructor(options: ControlPlaneOptions = {}) {
    this.#options = options;
    this.#assets = assetsFolder(options.assets);
    this.#clock = options.clock ?? systemClock;
  }

  /** Whether etcd and kube-apiserver are where `start()` would look for them. */
  static available(options: Pick<ControlPlaneOptions, 'assets' | 'scheduler' | 'controllers'> = {}): boolean {
    const folder = assetsFolder(options.assets);
    return programsOf(options).every((program) => hasProgram(folder, program));
  }

  get url(): string {
    return this.#started().url;
  }

  get kubeconfig(): string {
    return this.#started().kubeconfig;
  }

  get client(): KubeApi {
    return this.#started().client;
  }

  /** The authority that the apiserver trusts, and whose certificates its clients trust. */
  get authority(): CertificateAuthority {
    return this.#started().authority;
  }

  /** Path of the kubectl beside the other programs. Throws `NotFound` without one. */
  get kubectl(): string {
    return programPath(this.#assets, 'kubectl');
  }

  /** Starts everything and waits until it serves. A start that fails leaves nothing. */
  async start(): Promise<void> {
    if (this.#running) throw new VkError('AlreadyExists', 'control plane: started already');
    for (const program of programsOf(this.#options)) programPath(this.#assets, program);
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#startOnce();
        return;
      } catch (error) {
        await this.stop();
        const portTaken = error instanceof Error && error.message.includes('address already in use');
        if (!portTaken || attempt === startAttempts) throw error;
      }
    }
  }

  /** Ends every program, every connection of `client`, and removes the folder. Idempotent. */
  async stop(): Promise<void> {
    const running = this.#running;
    if (!running) return;
    this.#running = undefined;
    await running.client.close();
    // In the reverse order of their start: nobody spends its grace on a peer that has gone.
    for (const child of [...running.children.values()].reverse()) await child.stop(this.#clock, stopGraceMs);
    await running.watchdog.dismiss();
    await rm(running.layout.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Writes a kubeconfig for another user, with the rights that RBAC gives to its name and groups. Answers its path. */
  async addUser(name: string, groups: readonly string[] = []): Promise<string> {
    const { layout, url, authority } = this.#started();
    const subject = { commonName: name, organizations: groups };
    const credential = authority.issue(subject, { usages: ['clientAuth'], nowMs: this.#clock.now() });
    const path = join(layout.folder, `user-${++this.#users}.kubeconfig`);
    await writeKubeconfig(path, url, authority.certificate, credential);
    return path;
  }

  /** Requests that the apiserver has served since it started, by kind. */
  async requestCounts(): Promise<RequestCount[]> {
    const { body } = await this.#started().client.stream({ method: 'GET', path: '/metrics' });
    return parseRequestCounts(await text(body));
  }

  /** Freezes a program: connections stay open and nothing is answered, as on a network that swallows packets. */
  pause(program: 'kube-apiserver' | 'etcd' = 'kube-apiserver'): void {
    this.#child(program).signal('SIGSTOP');
  }

  /** Lets a paused program go on. */
  resume(program: 'kube-apiserver' | 'etcd' = 'kube-apiserver'): void {
    this.#child(program).signal('SIGCONT');
  }

  /** Ends the apiserver alone; what it stored stays. `SIGKILL` resets its connections, `SIGTERM` ends them in order. */
  async stopApiserver(signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): Promise<void> {
    await this.#child('kube-apiserver').stop(this.#clock, signal === 'SIGKILL' ? 0 : stopGraceMs);
  }

  /** Starts the apiserver again, at the same address and on the same data, and waits until it serves. */
  async startApiserver(): Promise<void> {
    const running = this.#started();
    if (!this.#child('kube-apiserver').exit) throw new VkError('AlreadyExists', 'kube-apiserver: it runs');
    await this.#startApiserver(running);
  }

  async #startOnce(): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'control-plane-'));
    const watchdog = new Watchdog(folder);
    const authority = new CertificateAuthority('control-plane', this.#clock.now());
    const [etcd = 0, etcdPeer = 0, apiserver = 0, scheduler = 0, controllers = 0] = await freePorts(5);
    const url = `https://127.0.0.1:${apiserver}`;
    const admin = await writePki(folder, authority, this.#clock.now());
    const identity = { ca: authority.certificate, cert: admin.certificate, key: admin.key };
    const running: Running = {
      layout: { folder, ports: { etcd, etcdPeer, apiserver, scheduler, controllers } },
      children: new Map(),
      watchdog,
      authority,
      admin,
      url,
      kubeconfig: join(folder, 'kubeconfig'),
      client: new KubeClient(staticConnection(url, identity)),
    };
    this.#running = running;
    const { layout, kubeconfig } = running;
    await writeKubeconfig(kubeconfig, url, authority.certificate, admin);
    this.#run(running, 'etcd', etcdFlags(layout));
    await this.#startApiserver(running);
    if (this.#options.scheduler) this.#run(running, 'kube-scheduler', schedulerFlags(layout, kubeconfig));
    if (this.#options.controllers) {
      this.#run(running, 'kube-controller-manager', controllerManagerFlags(layout, kubeconfig));
    } else {
      await createDefaultServiceAccount(running.client);
    }
    const account = `${url}/api/v1/namespaces/default/serviceaccounts/default`;
    await this.#waitFor(running, account, 'kube-controller-manager', 'made no default service account');
  }

  async #startApiserver(running: Running): Promise<void> {
    const flags = apiserverFlags(running.layout, this.#options.apiserverFlags ?? []);
    this.#run(running, 'kube-apiserver', flags);
    await this.#waitFor(running, `${running.url}/readyz`, 'kube-apiserver', 'did not become ready');
  }

  #run(running: Running, program: Program, flags: readonly string[]): void {
    const log = join(running.layout.folder, `${program}.log`);
    const child = new Child(program, programPath(this.#assets, program), flags, log);
    running.children.set(program, child);
    if (child.pid !== undefined) running.watchdog.watch(child.pid);
  }

  /** Until `url` answers 200, a program ends, or the time is over. */
  async #waitFor(running: Running, url: string, program: Program, complaint: string): Promise<void> {
    const deadline = this.#clock.now() + (this.#options.startTimeoutMs ?? 60_000);
    while ((await probe(url, running.authority.certificate, running.admin)) !== 200) {
      for (const child of running.children.values()) {
        if (child.exit) throw await child.failure(`ended with ${child.exit.signal ?? `code ${child.exit.code}`}`);
      }
      if (this.#clock.now() >= deadline) {
        const waited = running.children.get(program);
        throw await (waited ?? this.#child('kube-apiserver')).failure(complaint);
      }
      await this.#clock.sleep(pollMs);
    }
  }

  #started(): Running {
    if (!this.#running) throw notRunning();
    return this.#running;
  }

  #child(program: Program): Child {
    const child = this.#started().children.get(program);
    if (!child) throw notRunning();
    return child;
  }
}

function notRunning(): VkError {
  return new VkError('Unavailable', 'control plane: not running; call start() first');
}

function programsOf(options: ControlPlaneOptions): Program[] {
  return [
    'etcd',
    'kube-apiserver',
    ...(options.scheduler ? (['kube-scheduler'] as const) : []),
    ...(options.controllers ? (['kube-controller-manager'] as const) : []),
  ];
}

/** Admission refuses pods in a namespace without it, and where no controllers run nobody else makes it. */
async function createDefaultServiceAccount(client: KubeApi): Promise<void> {
  const account = { metadata: { name: 'default', namespace: 'default' } };
  await client.create(serviceAccounts, account);
}
