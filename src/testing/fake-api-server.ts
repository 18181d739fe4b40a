/**
 * An apiserver in memory, for tests and examples. `apiserver/core` holds the objects and the API's rules,
 * `apiserver/http` speaks HTTP, `apiserver/kubelet` reaches kubelets for logs, exec and the like, `apiserver/controllers`
 * plays the few controllers that pods on virtual nodes need, and `faults.ts` says what goes wrong on purpose.
 *
 * 1. After `stop` no socket, timer or file of the server is left.
 * 2. Time, and every delay that a client can notice, is the injected clock's.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createPlainServer, type IncomingMessage, type Server as PlainServer } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { KubeApi } from '../kube/api.js';
import { KubeClient } from '../kube/client.js';
import { staticConnection } from '../kube/connection.js';
import type { Resource } from '../kube/resources.js';
import type { ConfigMap, KubeObject } from '../kube/types.js';
import { systemClock, type Clock, type Random } from '../runtime/clock.js';
import { VkError } from '../runtime/errors.js';
import { Core, definitionOf } from './apiserver/core/index.js';
import { controllersFor, type ControllerOptions } from './apiserver/controllers/controller-set.js';
import type { Controller } from './apiserver/controllers/controller.js';
import type { Authorize } from './apiserver/http/access.js';
import { protobufOnDemand } from './apiserver/http/body.js';
import { Handler } from './apiserver/http/handler.js';
import { kubeconfigText } from './apiserver/http/kubeconfig.js';
import { RequestLog } from './apiserver/http/request-log.js';
import { Reviews } from './apiserver/http/reviews.js';
import { Tokens } from './apiserver/http/tokens.js';
import { adminUser, Authenticator, type User } from './apiserver/http/users.js';
import { Virtual } from './apiserver/http/virtual.js';
import { Watches } from './apiserver/http/watches.js';
import { KubeletGateway } from './apiserver/kubelet/kubelet-gateway.js';
import { OpenSockets } from './apiserver/kubelet/open-sockets.js';
import { CertificateAuthority } from '../kube/pki/certificates.js';
import { MetricsApi, type MetricsApiOptions } from './apiserver/metrics/metrics-api.js';
import type { TestCluster } from './cluster.js';
import { FaultScript } from './faults.js';

export interface FakeApiServerOptions extends ControllerOptions {
  /**
   * HTTPS with a certificate authority of the server's own. Default: true. Without it nobody can present credentials
   * (kubectl sends none over plain HTTP), so everybody is the administrator.
   */
  readonly tls?: boolean;
  /** Default: a free one. */
  readonly port?: number;
  /** Address to listen on. Default: `127.0.0.1`. */
  readonly host?: string;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** Where uids, generated names and watch timeouts come from. Default: `Math.random`. */
  readonly random?: Random;
  /** Users by bearer token, besides the administrator of `kubeconfig` and `client`. Default: none. */
  readonly tokens?: Readonly<Record<string, User>>;
  /** Who may do what, for requests as well as for access reviews. Default: everybody everything. */
  readonly authorize?: Authorize;
  /** Changes of each resource that a watch or a page can go back. Default: 20,000. */
  readonly historyLimit?: number;
  /**
   * Serves metrics.k8s.io as metrics-server does, by scraping the kubelets, so that `kubectl top` works once there have
   * been two scrapes. Default: false.
   */
  readonly metrics?: boolean | MetricsApiOptions;
  /** How often an idle watch is told the newest revision. Default: 60,000 ms, as a real apiserver. */
  readonly bookmarkIntervalMs?: number;
  /** Events that may wait for one slow watcher before its connection is cut. Default: 10,000. */
  readonly watchBacklog?: number;
  /** Requests that `requests` keeps in full; it counts all of them. Default: 10,000. */
  readonly requestLogLimit?: number;
}

interface Running {
  readonly server: PlainServer | TlsServer;
  readonly url: string;
  readonly folder: string;
  readonly kubeconfig: string;
  readonly client: KubeClient;
}

/**
 * ```ts
 * await using server = new FakeApiServer();
 * await server.start();
 * await server.client.create(pods, { metadata: { namespace: 'default', name: 'web' }, spec: … });
 * ```
 *
 * kubectl works with `server.kubeconfig`: get (tables, `-o`, `-w`, selectors), describe, create, apply (both ways), run,
 * patch, label, annotate, taint, cordon, drain, delete, events, wait, auth, api-resources; and with nodes that have a kubelet
 * server: logs, exec, attach, cp, port-forward, debug, and with `metrics` top.
 *
 * What it is not: a cluster, or safe. It holds objects in memory only, and what is missing is refused with a Status that
 * says so:
 * - It has the resources that `kubectl api-resources` lists, in version v1, and no custom resources. Deployments, Jobs and
 *   their like are not among them: nobody would act on them. Owner references are kept and nothing is collected by them.
 * - Its controllers are the switches of the options; there are no quotas, no limit ranges, no service addresses, no
 *   endpoints, no preemption and no webhooks. Disruption budgets are as their status says.
 * - It writes JSON only, and reads JSON and the protobuf that kubectl sends: no CBOR, no YAML. There are no OpenAPI schemas, so `kubectl explain` shows none.
 * - Pod logs, exec, attach, port-forward and nodes/proxy reach the kubelet that the Node names, loopback included (which a
 *   real apiserver refuses for nodes/proxy), on the kubelet's own port only. pods/proxy and services/proxy answer 501.
 * - Access is one function, not RBAC; impersonation is open to whoever is known.
 * - Priority and fairness, auditing, metrics and admission configuration do not exist.
 */
export class FakeApiServer implements TestCluster {
  /** What is to go wrong. Rules may be added at any time. */
  readonly faults = new FaultScript();
  /** What has been asked of the server. */
  readonly requests: RequestLog;
  readonly #options: FakeApiServerOptions;
  /** Signs the server's own certificates; clients know it only where there is TLS. */
  readonly #authority: CertificateAuthority;
  readonly #core: Core;
  readonly #handler: Handler;
  readonly #watches: Watches;
  readonly #kubelets: KubeletGateway;
  readonly #metrics: MetricsApi | undefined;
  /** Connections that the HTTP server has let go of. */
  readonly #upgraded = new OpenSockets();
  readonly #controllers: readonly Controller[];
  readonly #adminToken = randomBytes(24).toString('base64url');
  #running: Running | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: FakeApiServerOptions = {}) {
    const { clock = systemClock, random = Math.random, authorize = () => true, tls = true } = options;
    this.#options = options;
    this.requests = new RequestLog(options.requestLogLimit ?? 10_000);
    // A certificate is checked against the peer's clock, which is the machine's even where the server's is a test's.
    this.#authority = new CertificateAuthority('vk-sdk fake apiserver', systemClock.now());
    this.#core = new Core({
      clock,
      random,
      historyLimit: options.historyLimit ?? 20_000,
      certificateAuthority: this.ca ?? '',
    });
    this.#core.create(definitionOf('', 'configmaps'), 'kube-system', clientAuthentication(this.#authority), {});
    this.#kubelets = new KubeletGateway(
      this.#core,
      clock,
      this.#authority.issue(
        { commonName: 'kube-apiserver-kubelet-client', organizations: ['system:masters'] },
        { usages: ['clientAuth'], nowMs: systemClock.now() },
      ),
    );
    const now = (): number => clock.now();
    const tokens = new Tokens(this.#core, now, { ...options.tokens, [this.#adminToken]: adminUser });
    const protobuf = protobufOnDemand();
    this.#watches = new Watches({
      core: this.#core,
      clock,
      random,
      bookmarkIntervalMs: options.bookmarkIntervalMs ?? 60_000,
      maximumBacklog: options.watchBacklog ?? 10_000,
    });
    const { metrics = false } = options;
    if (metrics !== false) {
      this.#metrics = new MetricsApi(this.#core, clock, this.#kubelets, metrics === true ? {} : metrics);
    }
    this.#handler = new Handler({
      core: this.#core,
      clock,
      authenticator: new Authenticator(tokens.lookup, tls ? undefined : adminUser),
      authorize,
      faults: this.faults,
      log: this.requests,
      virtual: new Virtual({ core: this.#core, reviews: new Reviews(authorize, tokens.lookup), tokens, protobuf }),
      protobuf,
      watches: this.#watches,
      kubelets: this.#kubelets,
      metrics: this.#metrics,
    });
    const signing = tls ? this.#authority : undefined;
    this.#controllers = controllersFor({ core: this.#core, clock, authority: signing }, options);
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

  /** PEM of the authority that signed the server's certificate. Undefined without TLS. */
  get ca(): string | undefined {
    return this.#tls ? this.#authority.certificate : undefined;
  }

  get #tls(): boolean {
    return this.#options.tls ?? true;
  }

  /** Bearer token of the administrator. */
  get adminToken(): string {
    return this.#adminToken;
  }

  /** The newest revision. */
  get resourceVersion(): string {
    return this.#core.resourceVersion;
  }

  /** Watches that are open. */
  get watchCount(): number {
    return this.#watches.size;
  }

  /** Everything that the server holds of a resource, read past HTTP, faults and the request log. Not to be changed. */
  objects<T extends KubeObject>(resource: Resource<T>, namespace?: string): readonly T[] {
    const definition = this.#core.definitions.find(
      (each) => each.group === resource.group && each.plural === resource.plural,
    );
    if (definition === undefined) throw new VkError('NotFound', `${resource.plural}: the fake apiserver has none`);
    return this.#core.list(definition, { namespace }).items.map(({ object }) => object as T);
  }

  /** Forgets the past: watches from older revisions, and pages of older lists, get 410. */
  compact(): void {
    this.#core.compact();
  }

  /** Resolves once no request is waiting for its answer. For clocks that stand still meanwhile. */
  async idle(): Promise<void> {
    do await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.#handler.inFlight > 0);
  }

  async start(): Promise<void> {
    if (this.#running !== undefined || this.#stopping !== undefined) {
      throw new VkError('InvalidInput', 'fake apiserver: can be started once');
    }
    const { host = '127.0.0.1', port = 0 } = this.#options;
    const server = this.#createServer(host);
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#upgraded.add(socket);
      this.#handler.upgrade(request, socket, head);
    });
    // Pooled clients keep connections for long, and a server that closes them first loses their next request.
    server.keepAliveTimeout = 0;
    server.listen(port, host);
    await once(server, 'listening');
    const { port: actual } = server.address() as AddressInfo;
    const url = `${this.#tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${actual}`;
    const folder = await mkdtemp(join(tmpdir(), 'vk-sdk-fake-'));
    const kubeconfig = join(folder, 'kubeconfig');
    const { ca } = this;
    await writeFile(kubeconfig, kubeconfigText({ url, ca, token: this.#adminToken }), { mode: 0o600 });
    const connection = staticConnection(url, { token: this.#adminToken, ...(ca === undefined ? {} : { ca }) });
    this.#running = { server, url, folder, kubeconfig, client: new KubeClient(connection) };
    for (const controller of this.#controllers) controller.start();
    this.#metrics?.start();
  }

  stop(): Promise<void> {
    return (this.#stopping ??= this.#stop());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #stop(): Promise<void> {
    for (const controller of this.#controllers) controller.stop();
    this.#metrics?.stop();
    this.#watches.endAll();
    const running = this.#running;
    if (running === undefined) return;
    await running.client.close();
    const closed = new Promise((resolve) => running.server.close(resolve));
    running.server.closeAllConnections();
    await Promise.all([closed, this.#upgraded.endAll(), this.#kubelets.stop()]);
    await rm(running.folder, { recursive: true, force: true });
  }

  #createServer(host: string): PlainServer | TlsServer {
    const handle = this.#handler.handle.bind(this.#handler);
    const authority = this.#authority;
    if (!this.#tls) return createPlainServer(handle);
    const { certificate, key } = authority.issue(
      { commonName: 'kube-apiserver' },
      {
        hosts: ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc', '127.0.0.1', '::1', host],
        usages: ['serverAuth'],
        nowMs: systemClock.now(),
      },
    );
    const options = { cert: certificate, key, ca: authority.certificate, requestCert: true, rejectUnauthorized: false };
    return createTlsServer(options, handle);
  }

  #started(): Running {
    if (this.#running === undefined) throw new VkError('Unavailable', 'fake apiserver: not started');
    return this.#running;
  }
}

/** Where a kubelet, or an extension apiserver, learns whose client certificates to take. */
function clientAuthentication({ certificate }: CertificateAuthority): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'extension-apiserver-authentication' },
    data: { 'client-ca-file': certificate },
  };
}
