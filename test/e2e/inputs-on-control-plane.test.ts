import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../src/kube/connect.js';
import type { KubeClient } from '../../src/kube/client.js';
import { configMaps, nodes, pods, secrets, serviceAccounts } from '../../src/kube/resources.js';
import { VirtualNode } from '../../src/node/virtual-node.js';
import { ControlPlane } from '../../src/testing/control-plane.js';
import { inputs } from './bodies/inputs.js';
import { eventually } from './support/eventually.js';
import { podOn } from './support/pods.js';
import { Scene } from './support/scene.js';
import { ask } from '../stream/server/kubelet-scene.js';

const skipped = 'skipped unless KUBEBUILDER_ASSETS names a folder with etcd and kube-apiserver';

describe.skipIf(!ControlPlane.available())(
  `what a pod brings with it, by NodeRestriction and the Node authorizer of a real control plane (${skipped})`,
  () => {
    const cluster = new ControlPlane();
    const clients: KubeClient[] = [];
    beforeAll(() => cluster.start(), 90_000);
    afterAll(async () => {
      await Promise.all(clients.map((client) => client.close()));
      await cluster.stop();
    }, 30_000);

    /** By a certificate that the cluster's authority issued, as a kubelet has it. */
    async function asNode(nodeName: string): Promise<KubeClient> {
      const client = await connect({ kubeconfig: await cluster.addUser(`system:node:${nodeName}`, ['system:nodes']) });
      clients.push(client);
      return client;
    }

    inputs(() => cluster, asNode);

    it('kubelet-protocol §7: the same credential is refused what no pod of its node refers to', async () => {
      const password = { data: { password: Buffer.from('hunter2').toString('base64') } };
      for (const name of ['referred', 'other']) {
        await cluster.client.create(secrets, { metadata: { namespace: 'default', name }, ...password });
      }
      const scene = await Scene.open(cluster, 'inputs-least');
      const client = await asNode(scene.nodeName);
      const node = new VirtualNode(scene.nodeName, scene.backend(), client);
      await node.start();
      await node.ready();
      const env = [{ name: 'P', valueFrom: { secretKeyRef: { name: 'referred', key: 'password' } } }];
      const pod = podOn(scene.nodeName, 'least', { containers: [{ name: 'main', image: 'example.com/app:1', env }] });
      await cluster.client.create(pods, { ...pod, spec: { ...pod.spec, automountServiceAccountToken: false } });
      await scene.reaches('least', 'Running');

      const at = (name: string) => ({ namespace: 'default', name });
      const forbidden = { code: 'Forbidden' };
      expect((await client.get(secrets, at('referred'))).metadata.name).toBe('referred');
      await expect(client.get(secrets, at('other'))).rejects.toMatchObject(forbidden);
      await expect(client.list(secrets, { namespace: 'default' })).rejects.toMatchObject(forbidden);
      await expect(client.list(secrets)).rejects.toMatchObject(forbidden);
      await expect(client.list(configMaps)).rejects.toMatchObject(forbidden);
      await expect(client.patch(nodes, { name: 'another' }, 'merge', { metadata: {} })).rejects.toMatchObject({
        code: expect.stringMatching(/Forbidden|NotFound/) as string,
      });
      // With the pod the right to its Secret goes.
      await scene.delete('least', 0);
      await scene.vanishes('least');
      await eventually(() => expect(client.get(secrets, at('referred'))).rejects.toMatchObject(forbidden));
      await node.close({ graceMs: 1_000 });

      // All that was refused in the whole life of this apiserver: what was asked above, and reads that came before the
      // authorizer knew of the pod. Nothing else of a node is ever refused.
      const refused = (await cluster.requestCounts()).filter(({ code }) => code === 403);
      const kinds = new Set(refused.map(({ resource, subresource }) => [resource, subresource].join('/')));
      for (const kind of kinds) expect(['secrets/', 'configmaps/', 'nodes/', 'serviceaccounts/token']).toContain(kind);
    });

    it('kubelet-protocol §7: the kubelet server asks who calls, and what they may, as the node', async () => {
      const scene = await Scene.open(cluster, 'edge-1');
      const client = await asNode(scene.nodeName);
      const node = new VirtualNode(scene.nodeName, scene.backend(), client, {
        kubelet: { port: 0, clientAuthorities: cluster.authority.certificate },
      });
      await node.start();
      await node.ready();
      const { address = '', port = 0, certificate = '' } = node.status.kubelet ?? {};
      const server = { address: { host: address, port }, certificate };
      const answer = async (account: string): Promise<number> => {
        const { status } = await cluster.client.request<{ status: { token: string } }>({
          method: 'POST',
          path: `/api/v1/namespaces/default/serviceaccounts/${account}/token`,
          body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: {}, spec: {} },
        });
        return (await ask(server, '/pods', { token: status.token })).status;
      };
      expect(await answer('default')).toBe(403);

      await cluster.client.create(serviceAccounts, { metadata: { namespace: 'default', name: 'reader' } });
      await cluster.client.request({
        method: 'POST',
        path: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
        body: {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'ClusterRoleBinding',
          metadata: { name: 'inputs-reader' },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:kubelet-api-admin' },
          subjects: [{ kind: 'ServiceAccount', namespace: 'default', name: 'reader' }],
        },
      });
      // The server remembers a refusal: it is asked once the apiserver knows of the binding.
      await eventually(async () => {
        const { status } = await cluster.client.request<{ status: { allowed: boolean } }>({
          method: 'POST',
          path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
          body: {
            apiVersion: 'authorization.k8s.io/v1',
            kind: 'SubjectAccessReview',
            spec: {
              user: 'system:serviceaccount:default:reader',
              resourceAttributes: { verb: 'get', resource: 'nodes', subresource: 'proxy' },
            },
          },
        });
        expect(status.allowed).toBe(true);
      });
      expect(await answer('reader')).toBe(200);
      await node.close({ graceMs: 1_000 });
    });
  },
);
