/** What needs the real controllers: they make the pods, and take the node's word for what became of them. */
import { describe, expect, it } from 'vitest';
import { pods, type Resource } from '../../../src/kube/resources.js';
import type { KubeObject, Pod } from '../../../src/kube/types.js';
import type { TestCluster } from '../../../src/testing/cluster.js';
import { eventually } from '../support/eventually.js';
import { Scene } from '../support/scene.js';

interface Workload extends KubeObject {
  spec: Record<string, unknown>;
  status?: Record<string, unknown>;
}

function apps(kind: string, plural: string, group = 'apps'): Resource<Workload> {
  return { group, version: 'v1', kind, plural, namespaced: true };
}

const deployments = apps('Deployment', 'deployments');
const daemonSets = apps('DaemonSet', 'daemonsets');
const jobs = apps('Job', 'jobs', 'batch');

function template(scene: Scene, app: string, image: string, spec: object = {}): object {
  return {
    metadata: { labels: { app } },
    spec: {
      terminationGracePeriodSeconds: 1,
      nodeSelector: { 'kubernetes.io/hostname': scene.nodeName },
      tolerations: [{ operator: 'Exists' }],
      containers: [{ name: 'main', image }],
      ...spec,
    },
  };
}

export function workloads(cluster: () => TestCluster): void {
  const podsOf = async (app: string): Promise<Pod[]> =>
    (await cluster().client.list(pods, { namespace: 'default', labelSelector: `app=${app}` })).items;

  describe('a workload', () => {
    it('a Deployment of 50 replicas runs, scales, rolls and goes', async () => {
      const { client } = cluster();
      const scene = await Scene.open(cluster(), 'workload-deployment');
      const backend = scene.backend();
      await scene.start(backend);
      const at = { namespace: 'default', name: 'web' };
      const available = (replicas: number): Promise<void> =>
        eventually(async () => {
          const { metadata, status } = await client.get(deployments, at);
          expect(status).toMatchObject({
            observedGeneration: metadata.generation,
            replicas,
            updatedReplicas: replicas,
            availableReplicas: replicas,
          });
        }, 30_000);

      await client.create(deployments, {
        metadata: at,
        spec: {
          replicas: 50,
          selector: { matchLabels: { app: 'web' } },
          strategy: { rollingUpdate: { maxSurge: '50%', maxUnavailable: '50%' } },
          template: template(scene, 'web', 'example.com/web:1'),
        },
      });
      await available(50);
      expect(backend.instances()).toHaveLength(50);

      await client.patch(deployments, at, 'merge', { spec: { replicas: 20 } });
      await available(20);
      await eventually(() => expect(backend.instances()).toHaveLength(20));

      await client.patch(deployments, at, 'strategic', {
        spec: { template: { spec: { containers: [{ name: 'main', image: 'example.com/web:2' }] } } },
      });
      await available(20);
      await eventually(() => {
        const images = backend.instances().map(({ pod }) => pod.spec.containers[0]?.image);
        expect(images).toEqual(new Array<string>(20).fill('example.com/web:2'));
      });

      await client.delete(deployments, at, { propagationPolicy: 'Background' });
      await eventually(async () => expect(await podsOf('web')).toEqual([]), 30_000);
      expect(backend.instances()).toEqual([]);
      const started = backend.journal('started').map(({ uid }) => uid);
      expect(started).toEqual([...new Set(started)]);
    }, 240_000);

    it('a DaemonSet has its pod on the node', async () => {
      const { client } = cluster();
      const scene = await Scene.open(cluster(), 'workload-daemonset');
      const backend = scene.backend();
      await scene.start(backend);
      const at = { namespace: 'default', name: 'agent' };
      await client.create(daemonSets, {
        metadata: at,
        spec: {
          selector: { matchLabels: { app: 'agent' } },
          template: template(scene, 'agent', 'example.com/agent:1'),
        },
      });
      await eventually(async () => {
        const { status } = await client.get(daemonSets, at);
        expect(status).toMatchObject({ desiredNumberScheduled: 1, numberAvailable: 1 });
      });
      expect(backend.instances()).toHaveLength(1);
      await client.delete(daemonSets, at, { propagationPolicy: 'Foreground' });
      await eventually(async () => expect(await podsOf('agent')).toEqual([]));
      expect(backend.instances()).toEqual([]);
    }, 60_000);

    it('a Job completes when its pods have succeeded', async () => {
      const { client } = cluster();
      const scene = await Scene.open(cluster(), 'workload-job');
      const backend = scene.backend();
      await scene.start(backend);
      const at = { namespace: 'default', name: 'task' };
      await client.create(jobs, {
        metadata: at,
        spec: {
          completions: 3,
          parallelism: 3,
          template: template(scene, 'task', 'example.com/task:1', { restartPolicy: 'Never' }),
        },
      });
      await eventually(() => expect(backend.instances()).toHaveLength(3));
      for (const { pod } of backend.instances()) backend.end(pod.metadata.uid ?? '', 0);
      await eventually(async () => {
        const { status } = await client.get(jobs, at);
        expect(status).toMatchObject({ succeeded: 3 });
        expect(status?.['conditions']).toContainEqual(expect.objectContaining({ type: 'Complete', status: 'True' }));
      }, 30_000);
      expect(backend.journal('started')).toHaveLength(3);
      await client.delete(jobs, at, { propagationPolicy: 'Background' });
      await eventually(async () => expect(await podsOf('task')).toEqual([]), 30_000);
    }, 120_000);
  });
}
