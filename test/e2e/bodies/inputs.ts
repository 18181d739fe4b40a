/** What pods bring with them, for a node that has a kubelet's rights and no others. */
import { describe, expect, it, onTestFinished } from 'vitest';
import type { KubeApi, RawRequest } from '../../../src/kube/api.js';
import { configMaps, events, leases, nodes, pods, secrets, services } from '../../../src/kube/resources.js';
import type { KubeObject, Pod, PodSpec } from '../../../src/kube/types.js';
import { VirtualNode } from '../../../src/node/virtual-node.js';
import type { VirtualNodeOptions } from '../../../src/node/virtual-node-options.js';
import type { PodContext, PodInputs } from '../../../src/provider/inputs/pod-inputs.js';
import { hasCode } from '../../../src/runtime/errors.js';
import type { TestCluster } from '../../../src/testing/cluster.js';
import { eventually } from '../support/eventually.js';
import { FileBackend } from '../support/file-backend.js';
import { podOn } from '../support/pods.js';
import { Scene } from '../support/scene.js';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const at = (name: string) => ({ namespace: 'default', name });

/** Takes what pods bring with them, and says when it was asked to. */
class InputsBackend extends FileBackend {
  readonly env = new Map<string, string>();
  readonly files = new Map<string, string>();
  inputs: PodInputs | undefined;
  createdAtMs = 0;

  override async createPod(pod: Pod, context?: PodContext): Promise<void> {
    this.createdAtMs = performance.now();
    for (const { name, value } of pod.spec.containers[0]?.env ?? []) this.env.set(name, value ?? '');
    await this.#take(context);
    await super.createPod(pod);
  }

  async updatePodInputs(_: Pod, context: PodContext): Promise<void> {
    await this.#take(context);
  }

  async #take(context: PodContext | undefined): Promise<void> {
    this.inputs = context?.inputs;
    for (const [volume, content] of (await context?.inputs?.volumes()) ?? []) {
      if (content.kind !== 'files') continue;
      for (const [path, { data }] of content.files) this.files.set(`${volume}/${path}`, data.toString());
    }
  }
}

/** The same client, with the paths of what is asked of it. */
function watched(api: KubeApi, asked: string[]): KubeApi {
  const noted = (request: RawRequest): RawRequest => {
    asked.push(`${request.method ?? 'GET'} ${request.path} ${String(request.query?.['fieldSelector'] ?? '')}`.trim());
    return request;
  };
  return new Proxy(api, {
    get(target, name) {
      if (name === 'request') return (request: RawRequest) => target.request(noted(request));
      if (name === 'stream') return (request: RawRequest) => target.stream(noted(request));
      if (name === 'list') {
        return (resource: { plural: string }, options: { namespace?: string; fieldSelector?: string } = {}) => {
          asked.push(`LIST ${options.namespace ?? ''}/${resource.plural} ${options.fieldSelector ?? ''}`.trim());
          return target.list(resource as never, options);
        };
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** `connectAs`: a client with the rights of that node's kubelet, or all rights where rights are not told apart. */
export function inputs(cluster: () => TestCluster, connectAs: (nodeName: string) => Promise<KubeApi>): void {
  async function begin(nodeName: string, options: VirtualNodeOptions = {}) {
    const scene = await Scene.open(cluster(), nodeName);
    const backend = new InputsBackend(scene.folder);
    const asked: string[] = [];
    const client = await connectAs(nodeName);
    const node = new VirtualNode(nodeName, backend, watched(client, asked), options);
    onTestFinished(() => node.close({ graceMs: 0 }));
    await node.start();
    await node.ready();
    return { scene, backend, asked, client, node };
  }

  /** Creates an object that goes when the test ends. */
  async function having<T extends KubeObject>(resource: Parameters<KubeApi['create']>[0], object: T): Promise<void> {
    const { client } = cluster();
    await client.create(resource, { ...object, metadata: { namespace: 'default', ...object.metadata } });
    const { name = '' } = object.metadata;
    onTestFinished(async () => {
      await client.delete(resource, at(name)).catch((error: unknown) => {
        if (!hasCode(error, 'NotFound')) throw error;
      });
    });
  }

  function podWith(nodeName: string, name: string, spec: Partial<PodSpec>): Pod {
    const pod = podOn(nodeName, name);
    return { ...pod, spec: { ...pod.spec, automountServiceAccountToken: false, ...spec } };
  }

  const container = (env: PodSpec['containers'][number]['env']): PodSpec['containers'] => [
    { name: 'main', image: 'example.com/app:1', ...(env && { env }) },
  ];
  const colorFrom = (name: string) => [{ name: 'COLOR', valueFrom: { configMapKeyRef: { name, key: 'color' } } }];

  describe('what a pod brings with it, under the rights of a kubelet', () => {
    it('all of it reaches the backend, and nothing else is read', async () => {
      await having(configMaps, { metadata: { name: 'settings' }, data: { color: 'blue' } });
      await having(secrets, { metadata: { name: 'login' }, data: { password: base64('hunter2') } });
      await having(secrets, { metadata: { name: 'unrelated' }, data: { password: base64('other') } });
      const auths = { 'registry.example.com': { username: 'robot', password: 'pull' } };
      await having(secrets, {
        metadata: { name: 'pull' },
        type: 'kubernetes.io/dockerconfigjson',
        data: { '.dockerconfigjson': base64(JSON.stringify({ auths })) },
      } as KubeObject);
      await having(services, {
        metadata: { name: 'inputs-db' },
        spec: { ports: [{ port: 5432 }], selector: { app: 'db' } },
      } as KubeObject);
      const { scene, backend, asked, client } = await begin('inputs-all');
      // The services are there before the pod: it sees those of its start.
      await cluster().client.create(
        pods,
        podWith(scene.nodeName, 'everything', {
          imagePullSecrets: [{ name: 'pull' }],
          containers: container([
            ...colorFrom('settings'),
            { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'login', key: 'password' } } },
            { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
          ]),
          volumes: [
            { name: 'config', configMap: { name: 'settings' } },
            { name: 'secret', secret: { secretName: 'login' } },
            { name: 'token', projected: { sources: [{ serviceAccountToken: { path: 'token', audience: 'vault' } }] } },
          ],
        }),
      );
      await scene.reaches('everything', 'Running');

      expect(Object.fromEntries(backend.env)).toMatchObject({
        COLOR: 'blue',
        PASSWORD: 'hunter2',
        NODE: 'inputs-all',
        INPUTS_DB_SERVICE_PORT: '5432',
        KUBERNETES_SERVICE_PORT: '443',
      });
      expect(backend.files.get('config/color')).toBe('blue');
      expect(backend.files.get('secret/password')).toBe('hunter2');
      const credentials = await backend.inputs?.registryCredentials();
      expect(credentials?.forImage('registry.example.com/team/app:1')).toEqual([
        { username: 'robot', password: 'pull' },
      ]);

      // The token is this pod's, and for its audience alone. The review is asked as the node.
      const review = await client.request<{ status: Record<string, unknown> }>({
        method: 'POST',
        path: '/apis/authentication.k8s.io/v1/tokenreviews',
        body: {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenReview',
          spec: { token: backend.files.get('token/token'), audiences: ['vault'] },
        },
      });
      expect(review.status).toMatchObject({
        authenticated: true,
        user: {
          username: 'system:serviceaccount:default:default',
          extra: { 'authentication.kubernetes.io/pod-name': ['everything'] },
        },
      });
      const access = await client.request<{ status: Record<string, unknown> }>({
        method: 'POST',
        path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
        body: {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SubjectAccessReview',
          spec: { user: 'admin', groups: ['system:masters'], resourceAttributes: { verb: 'get', resource: 'nodes' } },
        },
      });
      expect(access.status).toMatchObject({ allowed: true });

      // Each object by its own name, and no other.
      const read = asked.filter((line) => /(secrets|configmaps)( |$)/.test(line));
      const names = new Set(read.map((line) => line.split('metadata.name=')[1] ?? line));
      expect(names).toEqual(new Set(['settings', 'login', 'pull']));
      await eventually(async () => {
        const written = await cluster().client.list(events, { namespace: 'default' });
        const ofPod = written.items.filter(({ involvedObject }) => involvedObject?.name === 'everything');
        expect(ofPod.map(({ reason }) => reason)).toContain('ProviderCreateSuccess');
      });
      await eventually(() => cluster().client.get(leases, { namespace: 'kube-node-lease', name: scene.nodeName }));
      expect((await client.get(nodes, { name: scene.nodeName })).metadata.name).toBe('inputs-all');

      await scene.delete('everything');
      await scene.vanishes('everything');
    });

    it('a ConfigMap that comes late starts the pod without a retry, and one that changes reaches it', async () => {
      // Whatever comes by a retry does not come in this test.
      const { scene, backend } = await begin('inputs-late', { pods: { retryBaseDelayMs: 300_000 } });
      const volumes = [{ name: 'config', configMap: { name: 'late' } }];
      await cluster().client.create(
        pods,
        podWith(scene.nodeName, 'waiting', { containers: container(colorFrom('late')), volumes }),
      );
      await eventually(async () => {
        const { status } = await scene.get('waiting');
        expect(status?.containerStatuses?.[0]?.state?.waiting).toEqual({
          reason: 'CreateContainerConfigError',
          message: 'configmap "late" not found',
        });
      });
      expect(backend.journal('createPod')).toEqual([]);
      await having(configMaps, { metadata: { name: 'late' }, data: { color: 'green' } });
      await scene.reaches('waiting', 'Running');
      expect(backend.env.get('COLOR')).toBe('green');
      await cluster().client.patch(configMaps, at('late'), 'merge', { data: { color: 'red' } });
      await eventually(() => expect(backend.files.get('config/color')).toBe('red'));
      await cluster().client.delete(configMaps, at('late'));
      expect((await scene.get('waiting')).status?.phase).toBe('Running');
    });

    it('a pod that was just bound is not held up by an authorizer that learns of it later', async () => {
      for (let index = 0; index < 5; index += 1)
        await having(secrets, { metadata: { name: `fresh-${index}` }, data: { password: base64('hunter2') } });
      const { scene, backend } = await begin('inputs-fresh');
      for (let index = 0; index < 5; index += 1) {
        const env = [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: `fresh-${index}`, key: 'password' } } }];
        const from = performance.now();
        await cluster().client.create(pods, podWith(scene.nodeName, `fresh-${index}`, { containers: container(env) }));
        await scene.reaches(`fresh-${index}`, 'Running');
        expect(backend.createdAtMs - from).toBeLessThan(10_000);
      }
    });

    it('a pod that the backend evicts goes, and what it referred to is read no more', async () => {
      await having(configMaps, { metadata: { name: 'of-evicted' }, data: { color: 'blue' } });
      const { scene, backend } = await begin('inputs-evicted');
      await cluster().client.create(
        pods,
        podWith(scene.nodeName, 'evicted', { containers: container(colorFrom('of-evicted')) }),
      );
      const { metadata } = await scene.reaches('evicted', 'Running');
      const kept = backend.inputs;
      backend.evict(metadata.uid ?? '');
      await scene.vanishes('evicted');
      await eventually(async () => {
        await expect(kept?.volumes()).rejects.toMatchObject({ code: 'Aborted' });
      });
    });
  });
}
