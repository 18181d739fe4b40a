/**
 * The apiserver's ways to kubelets: pods/log, pods/exec, pods/attach, pods/portforward and nodes/proxy. kubelet-protocol §1.
 * Neighbours: `way-in.ts`, `address.ts` and `node-proxy-target.ts` say what is asked of whom, `kubelet-client.ts` asks,
 * `translator.ts` speaks SPDY for a WebSocket client, `join.ts` carries the bytes of all others.
 *
 * 1. `serve` resolves when the answer has begun, and throws only before that: afterwards the connection is all there is.
 * 2. What the client and the kubelet send is held up by the slower side, and never collected.
 * 3. When either side has gone the other is ended; after `stop` there is no connection to a kubelet.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { CertificateAndKey } from '../../../kube/pki/certificates.js';
import type { Node, Pod } from '../../../kube/types.js';
import type { Clock } from '../../../runtime/clock.js';
import { silentLogger } from '../../../runtime/logger.js';
import type { UpgradeCall } from '../../../stream/call.js';
import { acceptPortForwardTunnel } from '../../../stream/websocket/tunnel.js';
import { ApiFailure } from '../core/api.js';
import { badRequest, notFound } from '../core/failures.js';
import { definitionOf, type Core } from '../core/index.js';
import { flag, type Call } from '../http/call.js';
import type { ResourceRoute } from '../http/resources.js';
import { authority, kubeletAddress, type KubeletAddress } from './address.js';
import { forwardedHeaders, returnedHeaders, webSocketProtocols } from './headers.js';
import { join } from './join.js';
import { KubeletClient, type KubeletRequest } from './kubelet-client.js';
import { logFailure, unknownFailure } from './kubelet-failure.js';
import { nodeProxyTarget } from './node-proxy-target.js';
import { OpenSockets } from './open-sockets.js';
import { readSome } from './read-some.js';
import { translate } from './translator.js';
import { isWayIn, kubeletPath, type WayIn } from './way-in.js';

/** What of a kubelet's refusal is passed on. */
const maximumRefusalBytes = 50_000;

const tunnelPrefix = 'SPDY/3.1+';

export class KubeletGateway {
  readonly #core: Core;
  readonly #clock: Clock;
  readonly #client: KubeletClient;
  readonly #sockets = new OpenSockets();
  readonly #stopping = new AbortController();

  constructor(core: Core, clock: Clock, credentials: CertificateAndKey) {
    this.#core = core;
    this.#clock = clock;
    this.#client = new KubeletClient(clock, credentials);
  }

  /** Whether a kubelet is to answer. */
  serves({ definition: { group, plural }, name, subresource }: ResourceRoute): boolean {
    if (group !== '' || name === undefined) return false;
    return (plural === 'pods' && isWayIn(subresource)) || (plural === 'nodes' && subresource === 'proxy');
  }

  /** Resolves when the answer has begun. Throws what is to be answered instead. */
  async serve(call: Call, route: ResourceRoute): Promise<void> {
    const { name = '', namespace, subresource } = route;
    if (!isWayIn(subresource)) return this.#nodeProxy(call, name);
    const { method = '' } = call.request;
    if (method !== 'GET' && (method !== 'POST' || subresource === 'log')) throw methodNotAllowed();
    const pod = this.#core.get(definitionOf('', 'pods'), { namespace, name }).object as Pod;
    const path = kubeletPath(subresource, pod, call.query);
    const { nodeName } = pod.spec;
    if (!nodeName) {
      if (subresource !== 'log') throw badRequest(`pod ${name} does not have a host assigned`);
      call.response.writeHead(204).end();
      return;
    }
    const address = kubeletAddress(this.#nodeOfPod(nodeName));
    if (subresource === 'log') return this.#log(call, name, { address, path });
    if (call.upgrade === undefined) throw badRequest('Upgrade request required');
    return this.#stream(call, subresource, address, path);
  }

  /** What a node's kubelet answers to a GET, for a scraper. Rejects for any answer but 200. */
  async fetchText(node: Node, path: string): Promise<string> {
    const { signal } = this.#stopping;
    const response = await this.#client.ask({ address: kubeletAddress(node), method: 'GET', path, signal });
    this.#sockets.add(response.socket);
    const said = await text(response);
    if (response.statusCode !== 200) throw unknownFailure(`${path}: status code ${response.statusCode}`);
    return said;
  }

  /** Cuts every connection to a kubelet, and waits until none is left. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#sockets.endAll();
  }

  /** A real apiserver says it of the pod, by the node's name. */
  #nodeOfPod(nodeName: string): Node {
    try {
      return this.#core.get(definitionOf('', 'nodes'), { name: nodeName }).object;
    } catch {
      throw notFound(definitionOf('', 'pods'), nodeName);
    }
  }

  async #log(call: Call, podName: string, asked: Pick<KubeletRequest, 'address' | 'path'>): Promise<void> {
    const getting = (what: string, why: string): ApiFailure => unknownFailure(`Get ${JSON.stringify(what)}: ${why}`);
    const response = await this.#ask(call, { ...asked, method: 'GET' }).catch((error: unknown) => {
      throw getting(`https://${authority(asked.address)}${asked.path}`, messageOf(error));
    });
    const { statusCode = 0, headers } = response;
    if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined) {
      response.destroy();
      throw getting(headers.location, 'redirects forbidden');
    }
    if (statusCode < 200 || statusCode > 206) {
      throw logFailure(statusCode, await readSome(response, maximumRefusalBytes), podName);
    }
    call.response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-cache, private' });
    this.#passBack(call, response);
  }

  /** Which of the ways of kubelet-protocol §1 the session goes. */
  async #stream(call: Call, wayIn: WayIn, address: KubeletAddress, path: string): Promise<void> {
    const { headers, headersDistinct } = call.request;
    const isWebSocket = headers.upgrade?.toLowerCase() === 'websocket';
    const offered = isWebSocket ? webSocketProtocols(headersDistinct['sec-websocket-protocol'] ?? []) : [];
    if (!address.speaksWebSocket) {
      if (wayIn !== 'portforward' && offered.includes('v5.channel.k8s.io')) {
        return this.#translate(call, { address, path });
      }
      const tunnelled = offered.filter((protocol) => protocol.startsWith(tunnelPrefix));
      if (wayIn === 'portforward' && tunnelled.length > 0) return this.#tunnel(call, { address, path }, tunnelled);
    }
    const { method = '' } = call.request;
    await this.#passUpgrade(call, { address, path, method, headers: forwardedHeaders(call.request, true) });
  }

  async #translate(call: Call, asked: Pick<KubeletRequest, 'address' | 'path'>): Promise<void> {
    const { query } = call;
    const tty = flag(query, 'tty');
    const wanted = {
      stdin: flag(query, 'stdin'),
      stdout: flag(query, 'stdout'),
      stderr: flag(query, 'stderr') && !tty,
      tty,
    };
    const track = (socket: Duplex): void => this.#sockets.add(socket);
    await translate(this.#upgradeCall(call), wanted, asked, { client: this.#client, clock: this.#clock, track });
  }

  async #tunnel(
    call: Call,
    asked: Pick<KubeletRequest, 'address' | 'path'>,
    protocols: readonly string[],
  ): Promise<void> {
    const { 'sec-websocket-key': key, ...headers } = forwardedHeaders(call.request, false);
    const spdy = {
      ...Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('sec-websocket-'))),
      connection: 'Upgrade',
      upgrade: 'SPDY/3.1',
      'x-stream-protocol-version': protocols.map((protocol) => protocol.slice(tunnelPrefix.length)),
    };
    const answer = await this.#askUpgrade(call, { ...asked, method: 'POST', headers: spdy });
    if (answer === undefined) return;
    const client = await acceptPortForwardTunnel(this.#upgradeCall(call), { clock: this.#clock });
    answer.socket.unshift(answer.head);
    void join(client, answer.socket, this.#clock);
  }

  /** The client's own upgrade, with the kubelet's own answer. */
  async #passUpgrade(call: Call, asked: Omit<KubeletRequest, 'signal'>): Promise<void> {
    const answer = await this.#askUpgrade(call, asked);
    const taken = call.upgrade;
    if (answer === undefined || taken === undefined) return;
    const { response, socket, head } = answer;
    const client = taken.take();
    const lines = [`HTTP/1.1 101 ${response.statusMessage ?? ''}`];
    for (let index = 0; index < response.rawHeaders.length; index += 2) {
      lines.push(`${response.rawHeaders[index]}: ${response.rawHeaders[index + 1]}`);
    }
    client.write(`${lines.join('\r\n')}\r\n\r\n`);
    client.write(head);
    socket.write(taken.head);
    void join(client, socket, this.#clock);
  }

  /** Undefined: the kubelet refused, and its answer is on the way to the client. */
  async #askUpgrade(
    call: Call,
    asked: Omit<KubeletRequest, 'signal'>,
  ): Promise<{ readonly response: IncomingMessage; readonly socket: Duplex; readonly head: Buffer } | undefined> {
    const answer = await this.#client.upgrade({ ...asked, signal: this.#signal(call) }).catch((error: unknown) => {
      const why = messageOf(error);
      throw unknownFailure(why.startsWith('dial ') ? `error dialing backend: ${why}` : why);
    });
    if (answer.upgraded) {
      this.#sockets.add(answer.socket);
      return answer;
    }
    const { response } = answer;
    const { statusCode = 0 } = response;
    if (statusCode < 400) {
      response.destroy();
      throw unknownFailure(`invalid upgrade response: status code ${statusCode}`);
    }
    call.response.writeHead(statusCode, response.statusMessage ?? '', returnedHeaders(response));
    this.#passBack(call, response);
    return undefined;
  }

  async #nodeProxy(call: Call, id: string): Promise<void> {
    const { request, response } = call;
    const { nodeName, port, path } = nodeProxyTarget(id, request.url ?? '');
    const address = kubeletAddress(this.#core.get(definitionOf('', 'nodes'), { name: nodeName }).object);
    if (port !== undefined && port !== address.port) {
      const only = `the fake apiserver proxies to the kubelet's own port ${address.port} only`;
      throw new ApiFailure(501, 'NotImplemented', `nodes/proxy: ${only}`);
    }
    const { method = 'GET' } = request;
    if (!path.startsWith('/') && method === 'GET' && call.upgrade === undefined) {
      response.writeHead(301, { location: `${call.path}/${path}` }).end();
      return;
    }
    const headers = forwardedHeaders(request, call.upgrade !== undefined);
    const asked = { address, method, path: path.startsWith('/') ? path : `/${path}`, headers };
    if (call.upgrade !== undefined) return this.#passUpgrade(call, asked);
    const answer = await this.#ask(call, { ...asked, body: request }).catch((error: unknown) => {
      const why = `error trying to reach service: ${messageOf(error)}`;
      throw new ApiFailure(503, 'ServiceUnavailable', why);
    });
    response.writeHead(answer.statusCode ?? 0, answer.statusMessage ?? '', returnedHeaders(answer));
    this.#passBack(call, answer, 'destroy');
  }

  async #ask(call: Call, asked: Omit<KubeletRequest, 'signal'>): Promise<IncomingMessage> {
    const response = await this.#client.ask({ ...asked, signal: this.#signal(call) });
    this.#sockets.add(response.socket);
    return response;
  }

  /** The body of a kubelet's answer, chunk by chunk as it comes. A real apiserver does not look at how most of them end. */
  #passBack({ response }: Call, answer: IncomingMessage, whenBroken: 'end' | 'destroy' = 'end'): void {
    response.flushHeaders();
    response.on('error', () => answer.destroy());
    answer.on('error', () => response[whenBroken]());
    answer.pipe(response);
  }

  #upgradeCall(call: Call): UpgradeCall {
    const { request, query, upgrade } = call;
    if (upgrade === undefined) throw badRequest('Upgrade request required');
    return {
      request,
      query,
      signal: this.#stopping.signal,
      logger: silentLogger,
      socket: upgrade.take(),
      head: upgrade.head,
    };
  }

  /** Aborts when the client has gone, or the server stops. */
  #signal({ response, upgrade }: Call): AbortSignal {
    const gone = new AbortController();
    const abort = (): void => gone.abort();
    if (upgrade === undefined) response.once('close', abort);
    else upgrade.whenGone(abort);
    return AbortSignal.any([gone.signal, this.#stopping.signal]);
  }
}

function methodNotAllowed(): ApiFailure {
  return new ApiFailure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
