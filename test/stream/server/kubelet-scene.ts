/** A KubeletServer on a free port, with an authority of its own for clients, and callers whose rights a test chooses. */
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { CertificateAuthority, type CertificateAndKey } from '../../../src/kube/pki/certificates.js';
import type { Pod } from '../../../src/kube/types.js';
import type { StreamingProvider } from '../../../src/stream/backend.js';
import type { Authorizer, NodeAttributes } from '../../../src/stream/auth/authorizer.js';
import type { UserInfo } from '../../../src/stream/auth/user.js';
import { KubeletServer } from '../../../src/stream/server/kubelet-server.js';
import type { KubeletServerOptions } from '../../../src/stream/server/kubelet-server-options.js';

export const authority = new CertificateAuthority('clients', Date.now());
export const stranger = new CertificateAuthority('somebody else', Date.now());

export function clientOf(
  by: CertificateAuthority,
  commonName: string,
  organizations: readonly string[] = [],
  lifeMs?: number,
): CertificateAndKey {
  const subject = { commonName, organizations };
  return by.issue(subject, { usages: ['clientAuth'], nowMs: Date.now(), ...(lifeMs && { lifeMs }) });
}

/** Of the apiserver itself. */
export const apiserver = clientOf(authority, 'kube-apiserver-kubelet-client', ['system:masters']);

export function podOf(name: string, uid = `uid-${name}`): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name, uid },
    spec: {
      nodeName: 'edge-1',
      containers: [{ name: 'main', image: 'i' }],
      initContainers: [{ name: 'init', image: 'i' }],
      ephemeralContainers: [{ name: 'debugger', image: 'i' }],
    },
    status: { phase: 'Running', containerStatuses: [running('main')] },
  };
}

function running(name: string): NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number] {
  return { name, image: 'i', imageID: '', ready: true, restartCount: 0, state: { running: {} } };
}

export const everybody: Authorizer = { authorize: async () => true };

/** Allows by a table of user to `verb/subresource`, and notes what it is asked. */
export class TableAuthorizer implements Authorizer {
  readonly asked: string[] = [];
  readonly #rights: Readonly<Record<string, readonly string[]>>;

  constructor(rights: Readonly<Record<string, readonly string[]>>) {
    this.#rights = rights;
  }

  async authorize({ username }: UserInfo, { verb, subresource, nodeName }: NodeAttributes): Promise<boolean> {
    this.asked.push(`${username} ${verb} ${nodeName}/${subresource}`);
    return this.#rights[username]?.includes(`${verb}/${subresource}`) ?? false;
  }
}

export class Lookup {
  readonly pods = new Map<string, Pod>();
  readonly #listeners = new Set<(pod: Pod) => void>();

  constructor(...pods: readonly Pod[]) {
    for (const pod of pods) this.pods.set(`${pod.metadata.namespace}/${pod.metadata.name}`, pod);
  }

  get(namespace: string, name: string): Pod | undefined {
    return this.pods.get(`${namespace}/${name}`);
  }

  list(): readonly Pod[] {
    return [...this.pods.values()];
  }

  onGone(listener: (pod: Pod) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  remove(pod: Pod): void {
    this.pods.delete(`${pod.metadata.namespace}/${pod.metadata.name}`);
    for (const tell of this.#listeners) tell(pod);
  }
}

export interface SceneOptions extends KubeletServerOptions {
  readonly provider?: StreamingProvider;
  readonly pods?: Lookup;
}

export async function startServer({ provider = {}, pods, ...options }: SceneOptions = {}): Promise<KubeletServer> {
  const server = new KubeletServer(
    { nodeName: 'edge-1', provider, pods: pods ?? new Lookup(podOf('web')) },
    { port: 0, clientAuthorities: authority.certificate, authorizer: everybody, ...options },
  );
  await server.start();
  return server;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface AskOptions {
  readonly method?: string;
  readonly as?: CertificateAndKey;
  readonly token?: string;
  readonly headers?: Record<string, string>;
  readonly agent?: RequestOptions['agent'];
  readonly body?: string;
}

/** One request and its whole answer, on a connection of its own unless an agent is given. */
export function ask(
  server: Pick<KubeletServer, 'address' | 'certificate'>,
  path: string,
  options: AskOptions = {},
): Promise<Answer> {
  const { as, token, method = 'GET', headers, agent = false, body } = options;
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      {
        ...server.address,
        ...(as && { cert: as.certificate, key: as.key }),
        ca: server.certificate,
        servername: 'edge-1',
        path,
        method,
        agent,
        headers: { ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
      },
    );
    request.on('error', reject);
    // An upgrade that is agreed to.
    request.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve({ status: 101, headers: response.headers, body: '' });
    });
    request.end(body);
  });
}
