/** An apiserver that serves PodCertificateRequests, in memory, and a signer that answers them when a test says so. */
import { PassThrough } from 'node:stream';
import { VkError } from '../../src/runtime/errors.js';
import type { KubeApi } from '../../src/kube/api.js';
import { type PodCertificateRequest, podCertificateRequests } from '../../src/kube/pod-certificate-request.js';

const chain = '-----BEGIN CERTIFICATE-----\nQQ==\n-----END CERTIFICATE-----\n';

export class SigningApi {
  /** In the order in which they came. */
  readonly requests: PodCertificateRequest[] = [];
  readonly watches = new Set<PassThrough>();
  /** Calls of `get` and `create` that are not answered yet, and how many there were at once. */
  calls = { now: 0, most: 0 };
  isServed = true;
  #revision = 1;

  readonly api: KubeApi = {
    get: (resource) => this.#call(() => ({ metadata: { uid: `uid of the ${resource.kind}` } }) as never),
    create: (_, object) => this.#call(() => this.#create(object as unknown as PodCertificateRequest) as never),
    list: () =>
      Promise.resolve({
        metadata: { resourceVersion: `${this.#revision}` },
        items: structuredClone(this.requests) as never,
      }),
    stream: ({ query = {}, signal }) => {
      if (query['sendInitialEvents']) throw new VkError('InvalidInput', 'no streaming lists');
      const body = new PassThrough();
      this.watches.add(body);
      signal?.addEventListener('abort', () => body.destroy());
      body.on('close', () => this.watches.delete(body));
      return Promise.resolve({ status: 200, headers: {}, body });
    },
    replace: unused,
    patch: unused,
    delete: unused,
    request: unused,
  };

  issue(name: string, beginRefreshAtMs: number, notAfterMs: number): void {
    const [beginRefreshAt = '', notAfter = ''] = [beginRefreshAtMs, notAfterMs].map((ms) => new Date(ms).toISOString());
    const request = this.requests.find(({ metadata }) => metadata.name === name);
    if (!request) throw new Error(`no request ${name}`);
    request.status = { conditions: [{ type: 'Issued' }], certificateChain: chain, beginRefreshAt, notAfter };
    this.#tell('MODIFIED', request);
  }

  remove(name: string): void {
    const index = this.requests.findIndex(({ metadata }) => metadata.name === name);
    const [request] = this.requests.splice(index, 1);
    if (request) this.#tell('DELETED', request);
  }

  #create(request: PodCertificateRequest): PodCertificateRequest {
    if (!this.isServed) throw new VkError('NotFound', 'the server could not find the requested resource');
    const { apiVersion, kind } = request;
    const metadata = {
      ...request.metadata,
      name: `req-${this.#revision}`,
      resourceVersion: `${(this.#revision += 1)}`,
    };
    const made = { ...request, apiVersion, kind, metadata } as PodCertificateRequest;
    this.requests.push(structuredClone(made));
    this.#tell('ADDED', made);
    return made;
  }

  async #call<T>(answer: () => T): Promise<T> {
    this.calls.now += 1;
    this.calls.most = Math.max(this.calls.most, this.calls.now);
    await new Promise((resolve) => setImmediate(resolve));
    this.calls.now -= 1;
    return answer();
  }

  #tell(type: string, request: PodCertificateRequest): void {
    request.metadata.resourceVersion = `${(this.#revision += 1)}`;
    const { group, version, kind } = podCertificateRequests;
    const object = { ...request, apiVersion: `${group}/${version}`, kind };
    for (const watch of this.watches) watch.write(`${JSON.stringify({ type, object })}\n`);
  }
}

function unused(): never {
  throw new Error('not asked for here');
}
