/** Dialogues about which the fake and a real apiserver must agree. */
import { at, type Dialogue } from './exchange.js';

export type Case = (talk: Dialogue) => Promise<void>;

const inDefault = '/api/v1/namespaces/default';
const podsPath = `${inDefault}/pods`;

const merge = 'application/merge-patch+json';
const strategic = 'application/strategic-merge-patch+json';
const jsonPatch = 'application/json-patch+json';
const apply = 'application/apply-patch+yaml';

function pod(name: string, spec: object = {}, metadata: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...metadata },
    spec: { containers: [{ name: 'main', image: 'example.com/app:1' }], ...spec },
  };
}

/** A pod that is bound to a node, so that its deletion is graceful. */
const bound = { nodeName: 'nowhere', tolerations: [{ operator: 'Exists' }] };
const running = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
const remove = { gracePeriodSeconds: 0 };

async function makePod(talk: Dialogue, spec: object = bound, metadata: object = {}): Promise<string> {
  await talk.send('POST', podsPath, pod(talk.name, spec, metadata));
  return `${podsPath}/${talk.name}`;
}

async function patchStatus(talk: Dialogue, path: string, status: object, see: readonly string[] = []): Promise<void> {
  await talk.send('PATCH', `${path}/status`, { status }, { type: strategic, see });
}

const create: Record<string, Case> = {
  'a pod gets its defaults': async (talk) => {
    const see = [
      'kind',
      'metadata.namespace',
      'metadata.generation',
      'spec.restartPolicy',
      'spec.dnsPolicy',
      'spec.schedulerName',
      'spec.enableServiceLinks',
      'spec.terminationGracePeriodSeconds',
      'spec.containers.0.imagePullPolicy',
      'spec.containers.0.terminationMessagePath',
      'spec.containers.0.terminationMessagePolicy',
      'spec.containers.0.resources',
      'spec.securityContext',
      'spec.priority',
      'spec.preemptionPolicy',
      'spec.tolerations',
      'status.phase',
      'status.qosClass',
      'status.conditions',
    ];
    await talk.send('POST', podsPath, pod(talk.name), { see });
  },
  'quality of service follows requests and limits': async (talk) => {
    const resources = { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '1', memory: '1Gi' } };
    const containers = [{ name: 'main', image: 'example.com/app:1', resources }];
    await talk.send('POST', podsPath, pod(`${talk.name}-1`, { containers }), { see: ['status.qosClass'] });
    const burstable = [{ ...containers[0], resources: { requests: { cpu: '500m' } } }];
    await talk.send('POST', podsPath, pod(`${talk.name}-2`, { containers: burstable }), { see: ['status.qosClass'] });
  },
  'limits stand in for missing requests': async (talk) => {
    const containers = [{ name: 'main', image: 'example.com/app:1', resources: { limits: { cpu: '2' } } }];
    const see = ['spec.containers.0.resources', 'status.qosClass'];
    await talk.send('POST', podsPath, pod(talk.name, { containers }), { see });
  },
  'a name is needed, or the beginning of one': async (talk) => {
    await talk.send('POST', podsPath, { ...pod('x'), metadata: {} });
    const made = await talk.send('POST', podsPath, { ...pod('x'), metadata: { generateName: `${talk.name}-` } });
    const name = String(at(made.body, 'metadata.name'));
    talk.outcomes.push({ step: 'generated', code: 0, fields: { length: name.length - talk.name.length } });
  },
  'names are checked': async (talk) => {
    await talk.send('POST', podsPath, pod('Not_A_Name'));
    await talk.send('POST', podsPath, pod('x'.repeat(254)));
    await talk.send('POST', podsPath, pod(talk.name, {}, { labels: { 'bad key!': 'x' } }));
    await talk.send('POST', podsPath, pod(talk.name, {}, { labels: { key: 'bad value!' } }));
    await talk.send('POST', podsPath, pod(talk.name, {}, { annotations: { 'bad key!': 'x' } }));
  },
  'containers are checked': async (talk) => {
    const container = { name: 'main', image: 'example.com/app:1' };
    await talk.send('POST', podsPath, pod(talk.name, { containers: [] }));
    await talk.send('POST', podsPath, pod(talk.name, { containers: [container, container] }));
    await talk.send('POST', podsPath, pod(talk.name, { containers: [{ name: 'main' }] }));
    await talk.send('POST', podsPath, pod(talk.name, { containers: [{ image: 'example.com/app:1' }] }));
    await talk.send('POST', podsPath, pod(talk.name, { containers: [{ ...container, name: 'Bad Name' }] }));
    await talk.send('POST', podsPath, pod(talk.name, { restartPolicy: 'Sometimes' }));
    await talk.send('POST', podsPath, pod(talk.name, { terminationGracePeriodSeconds: -5 }));
  },
  'quantities are checked': async (talk) => {
    const container = { name: 'main', image: 'example.com/app:1' };
    const tooMuch = { requests: { cpu: '2' }, limits: { cpu: '1' } };
    await talk.send('POST', podsPath, pod(talk.name, { containers: [{ ...container, resources: tooMuch }] }));
    const odd = { requests: { cpu: 'much' } };
    await talk.send('POST', podsPath, pod(talk.name, { containers: [{ ...container, resources: odd }] }));
  },
  'a name is taken once': async (talk) => {
    await makePod(talk);
    await talk.send('POST', podsPath, pod(talk.name));
  },
  'path and body must agree': async (talk) => {
    await talk.send('POST', podsPath, pod(talk.name, {}, { namespace: 'kube-system' }));
    await talk.send('POST', podsPath, { ...pod(talk.name), kind: 'Node' });
    await talk.send('POST', podsPath, { ...pod(talk.name), apiVersion: 'v2' });
    await talk.send('POST', '/api/v1/namespaces/not-there/pods', pod(talk.name));
  },
  'a body must be JSON of an object': async (talk) => {
    await talk.send('POST', podsPath, '{"kind": "Pod", ');
    await talk.send('POST', podsPath, '[]');
    await talk.send('POST', podsPath, pod(talk.name), { type: 'text/plain' });
  },
  'unknown fields are dropped, or refused if asked': async (talk) => {
    const odd = pod(talk.name, { notAField: 1 });
    await talk.send('POST', podsPath, odd, { query: { fieldValidation: 'Strict' } });
    await talk.send('POST', podsPath, odd, { query: { fieldValidation: 'Ignore' }, see: ['spec.notAField?'] });
  },
  'a dry run makes nothing': async (talk) => {
    await talk.send('POST', podsPath, pod(talk.name), { query: { dryRun: 'All' }, see: ['metadata.uid?'] });
    await talk.send('GET', `${podsPath}/${talk.name}`);
    await talk.send('POST', podsPath, pod(talk.name), { query: { dryRun: 'Some' } });
  },
  'a status that comes with a new pod is ignored': async (talk) => {
    await talk.send('POST', podsPath, { ...pod(talk.name), status: running }, { see: ['status.phase'] });
  },
};

const read: Record<string, Case> = {
  'what is not there is not found': async (talk) => {
    await talk.send('GET', `${podsPath}/${talk.name}`);
    await talk.send('DELETE', `${podsPath}/${talk.name}`);
    await talk.send('PATCH', `${podsPath}/${talk.name}`, {}, { type: merge });
    await talk.send('PUT', `${podsPath}/${talk.name}`, pod(talk.name));
  },
  'methods that a resource does not have': async (talk) => {
    await talk.send('POST', `${podsPath}/${talk.name}`, pod(talk.name));
    await talk.send('PUT', podsPath, pod(talk.name));
  },
  'lists are selected by label and field': async (talk) => {
    for (const [index, tier] of ['front', 'back', 'back'].entries()) {
      const labels = { of: talk.name, tier };
      await talk.send('POST', podsPath, pod(`${talk.name}-${index}`, bound, { labels }));
    }
    const names = ['items.0.metadata.name', 'items.1.metadata.name', 'items.2.metadata.name'];
    const select = (labelSelector: string): Promise<unknown> =>
      talk.send('GET', podsPath, undefined, { query: { labelSelector }, see: names });
    await select(`of=${talk.name}`);
    await select(`of=${talk.name},tier=back`);
    await select(`of=${talk.name},tier!=back`);
    await select(`of=${talk.name},tier in (front,middle)`);
    await select(`of=${talk.name},!tier`);
    await select(`of in (`);
    const by = (fieldSelector: string): Promise<unknown> =>
      talk.send('GET', podsPath, undefined, { query: { fieldSelector }, see: names });
    await by(`metadata.name=${talk.name}-1`);
    await by(`metadata.name=${talk.name}-1,spec.nodeName=nowhere`);
    await by(`metadata.name=${talk.name}-1,spec.nodeName!=nowhere`);
    await by(`metadata.name=${talk.name}-1,status.phase=Pending`);
    await by('spec.hostname=x');
  },
  'lists come in pages': async (talk) => {
    const labels = { pages: talk.name };
    for (const index of [0, 1, 2]) {
      await talk.send('POST', podsPath, pod(`${talk.name}-${index}`, bound, { labels }));
    }
    const query = { labelSelector: `pages=${talk.name}`, limit: '2' };
    const see = ['items.0.metadata.name', 'items.1.metadata.name', 'items.2?', 'metadata.continue?'];
    const first = await talk.send('GET', podsPath, undefined, { query, see });
    const more = String(at(first.body, 'metadata.continue'));
    await talk.send('GET', podsPath, undefined, { query: { ...query, continue: more }, see });
    await talk.send('GET', podsPath, undefined, { query: { ...query, continue: 'nonsense' } });
    await talk.send('GET', podsPath, undefined, { query: { ...query, limit: '-1' } });
  },
  'revisions are checked': async (talk) => {
    const list = (query: Record<string, string>): Promise<unknown> =>
      talk.send('GET', podsPath, undefined, { query, see: ['kind'] });
    await list({ resourceVersion: 'x' });
    await list({ resourceVersion: '0', resourceVersionMatch: 'Exact' });
    await list({ resourceVersionMatch: 'Exact' });
    await list({ resourceVersion: '1', resourceVersionMatch: 'Sideways' });
    await list({ watch: 'true', sendInitialEvents: 'true' });
  },
};

const update: Record<string, Case> = {
  'labels change without a new generation, the spec with one': async (talk) => {
    const path = await makePod(talk);
    const see = ['metadata.generation', 'metadata.labels', 'spec.containers.0.image'];
    await talk.send('PATCH', path, { metadata: { labels: { a: 'b' } } }, { type: merge, see });
    const image = { spec: { containers: [{ name: 'main', image: 'example.com/app:2' }] } };
    await talk.send('PATCH', path, image, { type: strategic, see });
    await talk.send('PATCH', path, { metadata: { labels: { a: null } } }, { type: merge, see });
  },
  'most of a spec cannot change': async (talk) => {
    const path = await makePod(talk);
    await talk.send('PATCH', path, { spec: { nodeName: 'elsewhere' } }, { type: merge });
    await talk.send('PATCH', path, { spec: { restartPolicy: 'Never' } }, { type: merge });
    const more = { spec: { containers: [{ name: 'second', image: 'example.com/app:1' }] } };
    await talk.send('PATCH', path, more, { type: strategic });
    const see = ['spec.activeDeadlineSeconds'];
    await talk.send('PATCH', path, { spec: { activeDeadlineSeconds: 60 } }, { type: merge, see });
    await talk.send('PATCH', path, { spec: { activeDeadlineSeconds: 600 } }, { type: merge, see });
  },
  'identity cannot change': async (talk) => {
    const path = await makePod(talk);
    await talk.send('PATCH', path, { metadata: { uid: 'another' } }, { type: merge });
    await talk.send('PATCH', path, { metadata: { name: 'another' } }, { type: merge });
    await talk.send('PUT', path, pod('another', bound));
  },
  'a stale revision is a conflict': async (talk) => {
    const path = await makePod(talk);
    const stale = { metadata: { resourceVersion: '1', labels: { a: 'b' } } };
    await talk.send('PATCH', path, stale, { type: merge });
    await talk.send('PATCH', `${path}/status`, { ...stale, status: running }, { type: merge });
    const { body } = await talk.send('GET', path);
    await talk.send('PUT', path, { ...body, metadata: { ...(body['metadata'] as object), resourceVersion: '1' } });
    const unconditional = { ...(body['metadata'] as object), resourceVersion: undefined, labels: { c: 'd' } };
    await talk.send('PUT', path, { ...body, metadata: unconditional }, { see: ['metadata.labels'] });
  },
  'a write that changes nothing makes no new revision': async (talk) => {
    const path = await makePod(talk, bound, { labels: { a: 'b' } });
    const before = await talk.send('GET', path);
    const after = await talk.send('PATCH', path, { metadata: { labels: { a: 'b' } } }, { type: merge });
    const same = at(before.body, 'metadata.resourceVersion') === at(after.body, 'metadata.resourceVersion');
    talk.outcomes.push({ step: 'same revision', code: 0, fields: { same } });
  },
  'JSON patches are done whole or not at all': async (talk) => {
    const path = await makePod(talk, bound, { labels: { a: 'b' } });
    const see = ['metadata.labels'];
    const patch = (operations: unknown): Promise<unknown> =>
      talk.send('PATCH', path, operations, { type: jsonPatch, see });
    await patch([{ op: 'add', path: '/metadata/labels/c', value: 'd' }]);
    await patch([{ op: 'replace', path: '/metadata/labels/a', value: 'e' }]);
    await patch([{ op: 'remove', path: '/metadata/labels/c' }]);
    await patch([
      { op: 'add', path: '/metadata/labels/never', value: 'x' },
      { op: 'test', path: '/metadata/labels/a', value: 'wrong' },
    ]);
    await patch([{ op: 'remove', path: '/metadata/labels/missing' }]);
    await patch([{ op: 'nonsense', path: '/x' }]);
    await patch({ not: 'a list' });
    await talk.send('GET', path, undefined, { see });
  },
  'patches of an unknown kind are refused': async (talk) => {
    const path = await makePod(talk);
    await talk.send('PATCH', path, {}, { type: 'application/json' });
    await talk.send('PATCH', path, '{"metadata":', { type: merge });
    await talk.send('PATCH', path, '{"metadata":', { type: strategic });
  },
};

const conditions = ['status.phase', 'status.conditions.0.type', 'status.conditions.1.type', 'status.conditions.2?'];

const status: Record<string, Case> = {
  'a strategic patch merges conditions by type': async (talk) => {
    const path = await makePod(talk);
    await patchStatus(talk, path, running, conditions);
    await patchStatus(talk, path, { conditions: [{ type: 'example.com/gate', status: 'True' }] }, conditions);
    const see = ['status.conditions.0.status', ...conditions];
    await patchStatus(talk, path, { conditions: [{ type: 'Ready', status: 'False' }] }, see);
    const drop = { conditions: [{ $patch: 'delete', type: 'Ready' }] };
    await patchStatus(talk, path, drop, conditions);
  },
  'a merge patch replaces conditions': async (talk) => {
    const path = await makePod(talk);
    await patchStatus(talk, path, running);
    const patch = { status: { conditions: [{ type: 'Initialized', status: 'True' }] } };
    await talk.send('PATCH', `${path}/status`, patch, { type: merge, see: conditions });
  },
  'a JSON patch reaches into the status': async (talk) => {
    const path = await makePod(talk);
    const patch = [{ op: 'add', path: '/status/message', value: 'said' }];
    await talk.send('PATCH', `${path}/status`, patch, { type: jsonPatch, see: ['status.message'] });
    await talk.send('PATCH', path, patch, { type: jsonPatch, see: ['status.message'] });
  },
  'the status subresource changes nothing else, and nothing else changes the status': async (talk) => {
    const path = await makePod(talk);
    const see = ['status.phase', 'metadata.labels', 'spec.activeDeadlineSeconds', 'metadata.generation'];
    const both = { metadata: { labels: { a: 'b' } }, spec: { activeDeadlineSeconds: 5 }, status: running };
    await talk.send('PATCH', `${path}/status`, both, { type: merge, see });
    await talk.send('PATCH', path, { status: { phase: 'Failed' } }, { type: merge, see });
    const { body } = await talk.send('GET', path);
    await talk.send('PUT', `${path}/status`, { ...body, status: { phase: 'Succeeded' } }, { see });
  },
  'a status with an unknown phase, or of another type': async (talk) => {
    const path = await makePod(talk);
    await patchStatus(talk, path, { phase: 'Dancing' }, ['status.phase']);
    await patchStatus(talk, path, { phase: 7 });
    await patchStatus(talk, path, { podIP: 'not an address', podIPs: [{ ip: 'not an address' }] });
  },
  'a container that has ended for good does not run again': async (talk) => {
    const path = await makePod(talk, { ...bound, restartPolicy: 'Never' });
    const container = { name: 'main', image: 'x', imageID: '', ready: false, restartCount: 0 };
    const state = { terminated: { exitCode: 0 } };
    await patchStatus(talk, path, { phase: 'Succeeded', containerStatuses: [{ ...container, state }] });
    const again = { running: { startedAt: '2026-01-01T00:00:00Z' } };
    await patchStatus(talk, path, { containerStatuses: [{ ...container, state: { ...again, terminated: null } }] });
  },
};

const deletion = ['metadata.deletionTimestamp?', 'metadata.deletionGracePeriodSeconds', 'metadata.generation', 'kind'];

const removal: Record<string, Case> = {
  'a pod without a node goes at once': async (talk) => {
    await talk.send('POST', podsPath, pod(talk.name, { nodeSelector: { nowhere: 'x' } }));
    await talk.send('DELETE', `${podsPath}/${talk.name}`, {}, { see: ['kind'] });
    await talk.send('GET', `${podsPath}/${talk.name}`);
  },
  'a pod on a node goes when its kubelet says so': async (talk) => {
    const path = await makePod(talk);
    await talk.send('DELETE', path, {}, { see: deletion });
    await talk.send('GET', path, undefined, { see: deletion });
    await talk.send('DELETE', path, { gracePeriodSeconds: 10 }, { see: deletion });
    await talk.send('DELETE', path, { gracePeriodSeconds: 20 }, { see: deletion });
    await talk.send('DELETE', path, remove, { see: ['kind'] });
    await talk.send('GET', path);
  },
  'the spec says how much grace there is, and the request may say otherwise': async (talk) => {
    const path = await makePod(talk, { ...bound, terminationGracePeriodSeconds: 7 });
    await talk.send('DELETE', path, {}, { see: deletion });
    await talk.send('DELETE', path, remove);
    const other = `${podsPath}/${talk.name}-2`;
    await talk.send('POST', podsPath, pod(`${talk.name}-2`, { ...bound, terminationGracePeriodSeconds: 7 }));
    await talk.send('DELETE', other, { gracePeriodSeconds: 90 }, { see: deletion });
    await talk.send('DELETE', other, remove);
    await talk.send('POST', podsPath, pod(`${talk.name}-3`, { ...bound, terminationGracePeriodSeconds: 0 }));
    await talk.send('DELETE', `${podsPath}/${talk.name}-3`, {}, { see: deletion });
    await talk.send('GET', `${podsPath}/${talk.name}-3`);
  },
  'a grace may come in the query': async (talk) => {
    const path = await makePod(talk);
    await talk.send('DELETE', path, undefined, { query: { gracePeriodSeconds: '4' }, see: deletion });
    await talk.send('DELETE', path, undefined, { query: { gracePeriodSeconds: '0' } });
    await talk.send('GET', path);
  },
  'a pod that has ended goes at once': async (talk) => {
    const path = await makePod(talk);
    await patchStatus(talk, path, { phase: 'Succeeded' });
    await talk.send('DELETE', path, {}, { see: ['kind'] });
    await talk.send('GET', path);
  },
  'preconditions are kept': async (talk) => {
    const path = await makePod(talk);
    await talk.send('DELETE', path, { ...remove, preconditions: { uid: '00000000-0000-0000-0000-000000000000' } });
    await talk.send('DELETE', path, { ...remove, preconditions: { resourceVersion: '1' } });
    const { body } = await talk.send('GET', path);
    await talk.send('DELETE', path, { ...remove, preconditions: { uid: at(body, 'metadata.uid') } });
  },
  'finalizers keep an object until they are gone': async (talk) => {
    const path = await makePod(talk, bound, { finalizers: ['example.com/keep'] });
    await talk.send('DELETE', path, remove, { see: deletion });
    await talk.send('GET', path, undefined, { see: deletion });
    const more = { metadata: { finalizers: ['example.com/keep', 'example.com/more'] } };
    await talk.send('PATCH', path, more, { type: merge });
    await talk.send('PATCH', path, { metadata: { finalizers: null } }, { type: merge, see: ['kind'] });
    await talk.send('GET', path);
  },
  'a dry run deletes nothing': async (talk) => {
    const path = await makePod(talk);
    await talk.send('DELETE', path, { ...remove, dryRun: ['All'] });
    await talk.send('GET', path, undefined, { see: ['metadata.deletionTimestamp?'] });
  },
  'a collection is deleted by selector': async (talk) => {
    for (const index of [1, 2]) {
      const labels = { gone: index === 1 ? talk.name : 'no' };
      await talk.send('POST', podsPath, pod(`${talk.name}-${index}`, bound, { labels }));
    }
    const query = { labelSelector: `gone=${talk.name}` };
    await talk.send('DELETE', podsPath, remove, { query, see: ['kind'] });
    await talk.send('GET', `${podsPath}/${talk.name}-1`);
    await talk.send('GET', `${podsPath}/${talk.name}-2`);
  },
  'an eviction is a deletion': async (talk) => {
    const path = await makePod(talk);
    const eviction = (name: string): object => ({ apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } });
    await talk.send('POST', `${path}/eviction`, eviction(talk.name), { see: ['kind', 'status'] });
    await talk.send('GET', path, undefined, { see: deletion });
    await talk.send('POST', `${podsPath}/not-there/eviction`, eviction('not-there'));
    await talk.send('DELETE', path, remove);
  },
};

const managed = ['metadata.labels', 'metadata.managedFields.0.manager', 'metadata.managedFields.0.operation'];

const serverSideApply: Record<string, Case> = {
  'makes an object, and then changes what it manages': async (talk) => {
    const path = `${podsPath}/${talk.name}`;
    const one = pod(talk.name, bound, { labels: { a: '1', b: '2' } });
    const query = { fieldManager: 'one' };
    const made = await talk.send('PATCH', path, one, { type: apply, query, see: managed });
    const again = await talk.send('PATCH', path, one, { type: apply, query, see: managed });
    const same = at(made.body, 'metadata.resourceVersion') === at(again.body, 'metadata.resourceVersion');
    talk.outcomes.push({ step: 'same revision', code: 0, fields: { same } });
    const less = pod(talk.name, bound, { labels: { a: '3' } });
    await talk.send('PATCH', path, less, { type: apply, query, see: ['metadata.labels'] });
  },
  'is refused where another manager has a field, unless forced': async (talk) => {
    const path = `${podsPath}/${talk.name}`;
    const labelled = (value: string): object => pod(talk.name, bound, { labels: { a: value } });
    const by = (fieldManager: string, value: string, force?: string): Promise<unknown> => {
      const query = { fieldManager, ...(force === undefined ? {} : { force }) };
      return talk.send('PATCH', path, labelled(value), { type: apply, query, see: ['metadata.labels'] });
    };
    await by('one', '1');
    await by('two', '2');
    await by('two', '1');
    await by('two', '2', 'true');
    await by('one', '1');
  },
  'needs a manager, and an object that fits': async (talk) => {
    const path = `${podsPath}/${talk.name}`;
    await talk.send('PATCH', path, pod(talk.name), { type: apply });
    const query = { fieldManager: 'one' };
    await talk.send('PATCH', path, { metadata: { name: talk.name } }, { type: apply, query });
    await talk.send('PATCH', path, pod('another'), { type: apply, query });
    await talk.send('PATCH', path, pod(talk.name, {}, { managedFields: [{ manager: 'x' }] }), { type: apply, query });
  },
  'of a status owns the status alone': async (talk) => {
    const path = await makePod(talk);
    const applied = { apiVersion: 'v1', kind: 'Pod', metadata: { name: talk.name }, status: { message: 'said' } };
    const query = { fieldManager: 'one' };
    const see = ['status.message', 'status.phase'];
    await talk.send('PATCH', `${path}/status`, applied, { type: apply, query, see });
  },
};

function node(name: string, metadata: object = {}): object {
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, ...metadata } };
}

const others: Record<string, Case> = {
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

export const cases: readonly (readonly [string, Case])[] = [
  ...Object.entries(create),
  ...Object.entries(read),
  ...Object.entries(update),
  ...Object.entries(status),
  ...Object.entries(removal),
  ...Object.entries(serverSideApply),
  ...Object.entries(others),
];

/** Where the fake answers otherwise, and is to. */
export const knownDifferences: readonly (readonly [string, Case])[] = Object.entries({
  'what is nowhere is refused with a Status, where a real apiserver sends plain text': async (talk: Dialogue) => {
    await talk.send('GET', `${inDefault}/nothings`);
    await talk.send('GET', '/apis/example.com/v1/things');
  },
  'a watch from no revision at all is a bad request, where a real apiserver answers 500': async (talk: Dialogue) => {
    await talk.send('GET', podsPath, undefined, { query: { watch: 'true', resourceVersion: 'x' } });
  },
  'a new node has no taint that a lifecycle controller has to take away': async (talk: Dialogue) => {
    await talk.send('POST', '/api/v1/nodes', node(talk.name), { see: ['spec.taints'] });
  },
});
