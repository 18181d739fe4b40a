import { bound, type Case, inDefault, makePod, merge, node, pod, podsPath, strategic } from './shared.js';

export const others: Record<string, Case> = {
  'nodes are made, patched and removed': async (talk) => {
    const path = `/api/v1/nodes/${talk.name}`;
    await talk.send('POST', '/api/v1/nodes', node(talk.name), { see: ['kind', 'metadata.namespace?'] });
    await talk.send('POST', '/api/v1/nodes', node(talk.name));
    const ready = { status: { conditions: [{ type: 'Ready', status: 'True' }] } };
    const other = { status: { conditions: [{ type: 'DiskPressure', status: 'False' }] } };
    const see = ['status.conditions.0.type', 'status.conditions.1.type'];
    await talk.send('PATCH', `${path}/status`, ready, { type: strategic, see });
    await talk.send('PATCH', `${path}/status`, other, { type: strategic, see });
    const taint = { spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } };
    await talk.send('PATCH', path, taint, { type: strategic, see: ['spec.taints'] });
    await talk.send('PATCH', path, { spec: { taints: [{ key: 'a', effect: 'Wrong' }] } }, { type: merge });
    await talk.send('PATCH', path, { spec: { unschedulable: true } }, { type: strategic, see: ['spec.unschedulable'] });
    const address = { status: { addresses: [{ type: 'InternalIP', address: '10.0.0.1' }] } };
    await talk.send('PATCH', `${path}/status`, address, { type: strategic, see: ['status.addresses'] });
    await talk.send('DELETE', path, {}, { see: ['kind', 'status'] });
    await talk.send('GET', path);
  },
  'leases are renewed, and not by two at once': async (talk) => {
    const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';
    const lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: talk.name },
      spec: { holderIdentity: 'one', leaseDurationSeconds: 40, renewTime: '2026-01-01T00:00:00.000000Z' },
    };
    const see = ['spec.holderIdentity', 'spec.renewTime', 'spec.leaseDurationSeconds'];
    const { body } = await talk.send('POST', leases, lease, { see });
    const path = `${leases}/${talk.name}`;
    const metadata = body['metadata'] as object;
    const renewed = { ...lease, metadata, spec: { ...lease.spec, renewTime: '2026-01-01T00:00:10.123456Z' } };
    await talk.send('PUT', path, renewed, { see });
    await talk.send('PUT', path, renewed);
    await talk.send('PATCH', path, { spec: { leaseDurationSeconds: 0 } }, { type: merge });
    await talk.send('PATCH', path, { spec: { renewTime: 'yesterday' } }, { type: merge });
    await talk.send('DELETE', path, {}, { see: ['kind', 'status'] });
  },
  'a pod is bound once': async (talk) => {
    await talk.send('POST', '/api/v1/nodes', node(talk.name));
    await talk.send('POST', podsPath, pod(talk.name, { schedulerName: 'nobody' }));
    const target = { apiVersion: 'v1', kind: 'Node', name: talk.name };
    const binding = (name: string): object => ({ apiVersion: 'v1', kind: 'Binding', metadata: { name }, target });
    const see = ['kind', 'status'];
    await talk.send('POST', `${podsPath}/${talk.name}/binding`, binding(talk.name), { see });
    await talk.send('GET', `${podsPath}/${talk.name}`, undefined, {
      see: ['spec.nodeName', 'status.conditions.0.type', 'status.conditions.0.status'],
    });
    await talk.send('POST', `${podsPath}/${talk.name}/binding`, binding(talk.name));
    await talk.send('POST', `${podsPath}/not-there/binding`, binding('not-there'));
    await talk.send('DELETE', `/api/v1/nodes/${talk.name}`, {});
  },
  'configuration can be made immutable': async (talk) => {
    const maps = `${inDefault}/configmaps`;
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: talk.name }, data: { a: '1' } };
    await talk.send('POST', maps, { ...map, immutable: true }, { see: ['data'] });
    await talk.send('PATCH', `${maps}/${talk.name}`, { data: { a: '2' } }, { type: merge });
    await talk.send('DELETE', `${maps}/${talk.name}`, {}, { see: ['kind', 'status'] });
  },
  'secrets take text and keep bytes': async (talk) => {
    const secrets = `${inDefault}/secrets`;
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: talk.name }, stringData: { a: 'text' } };
    await talk.send('POST', secrets, secret, { see: ['data', 'type', 'stringData?'] });
    await talk.send('DELETE', `${secrets}/${talk.name}`, {});
  },
  'events are about objects of their namespace': async (talk) => {
    const events = `${inDefault}/events`;
    const involvedObject = { kind: 'Pod', name: talk.name, namespace: 'default' };
    const event = { apiVersion: 'v1', kind: 'Event', metadata: { name: talk.name }, involvedObject, reason: 'Because' };
    await talk.send('POST', events, event, { see: ['reason', 'involvedObject.name'] });
    const query = { fieldSelector: `involvedObject.name=${talk.name}` };
    await talk.send('GET', events, undefined, { query, see: ['items.0.reason', 'items.1?'] });
    const elsewhere = { ...event, involvedObject: { ...involvedObject, namespace: 'kube-system' } };
    await talk.send('POST', events, { ...elsewhere, metadata: { name: `${talk.name}-2` } });
  },
  'access is reviewed': async (talk) => {
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { verb: 'get', resource: 'pods', namespace: 'default' } },
    };
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    await talk.send('POST', path, review, { see: ['status.allowed'] });
  },
  'containers are added for debugging through their own subresource': async (talk) => {
    const path = await makePod(talk);
    const debug = { spec: { ephemeralContainers: [{ name: 'debug', image: 'example.com/tools:1' }] } };
    const see = ['spec.ephemeralContainers.0.name', 'metadata.generation'];
    await talk.send('PATCH', path, debug, { type: strategic, see });
    await talk.send('PATCH', `${path}/ephemeralcontainers`, debug, { type: strategic, see });
    await talk.send('PATCH', `${path}/ephemeralcontainers`, { spec: { ephemeralContainers: null } }, { type: merge });
  },
  'resources are changed through their own subresource': async (talk) => {
    const resources = { requests: { cpu: '100m' } };
    const path = await makePod(talk, { ...bound, containers: [{ name: 'main', image: 'x', resources }] });
    const more = { spec: { containers: [{ name: 'main', resources: { requests: { cpu: '200m' } } }] } };
    const see = ['spec.containers.0.resources', 'metadata.generation'];
    await talk.send('PATCH', path, more, { type: strategic, see });
    await talk.send('PATCH', `${path}/resize`, more, { type: strategic, see });
  },
};
