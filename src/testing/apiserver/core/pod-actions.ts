/** What is done to a pod by POST to a subresource: binding it to a node, and evicting it. */
import type { Target, WriteRequest } from './api.js';
import { definitionOf } from './definitions.js';
import type { Deletes } from './deletes.js';
import { badRequest, Causes, conflict, invalid } from './failures.js';
import { asArray, asObject, type JsonObject } from './json.js';
import type { Objects } from './objects.js';
import type { Writes } from './writes.js';

const pods = definitionOf('', 'pods');
const bindings = { ...pods, plural: 'pods/binding' };

export function bindPod(
  objects: Objects,
  writes: Writes,
  target: Target,
  binding: JsonObject,
  request: WriteRequest,
): void {
  const pod = objects.existing(pods, target).content;
  const node = asObject(binding['target']);
  const causes = new Causes();
  if (node['kind'] && node['kind'] !== 'Node') causes.notSupported('target.kind', node['kind'], ['Node', '<empty>']);
  if (!node['name']) causes.required('target.name');
  if (causes.list.length > 0) throw invalid({ ...pods, kind: 'Binding' }, target.name, causes.list);
  const metadata = asObject(pod['metadata']);
  const spec = asObject(pod['spec']);
  const { uid, resourceVersion, annotations, labels } = asObject(binding['metadata']);
  if (uid && uid !== metadata['uid']) {
    const why = `Precondition failed: UID in precondition: ${String(uid)}, UID in object meta: ${String(metadata['uid'])}`;
    throw conflict(bindings, target.name, why);
  }
  if (resourceVersion && resourceVersion !== metadata['resourceVersion']) {
    throw conflict(
      bindings,
      target.name,
      'the object has been modified; please apply your changes to the latest version',
    );
  }
  if (metadata['deletionTimestamp'] !== undefined) {
    throw conflict(bindings, target.name, `pod ${target.name} is being deleted, cannot be assigned to a host`);
  }
  if (spec['nodeName']) {
    throw conflict(
      bindings,
      target.name,
      `pod ${target.name} is already assigned to node "${String(spec['nodeName'])}"`,
    );
  }
  if (asArray(spec['schedulingGates']).length > 0) {
    throw conflict(bindings, target.name, `pod ${target.name} has non-empty .spec.schedulingGates`);
  }
  const status = asObject(pod['status']);
  const conditions = asArray(status['conditions']).filter((each) => asObject(each)['type'] !== 'PodScheduled');
  const scheduled = {
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: objects.timestamp,
  };
  writes.change(pods, target, request, {
    ...pod,
    metadata: {
      ...metadata,
      ...(annotations === undefined
        ? {}
        : { annotations: { ...asObject(metadata['annotations']), ...asObject(annotations) } }),
      ...(labels === undefined ? {} : { labels: { ...asObject(metadata['labels']), ...asObject(labels) } }),
    },
    spec: { ...spec, nodeName: node['name'] },
    status: { ...status, conditions: [...conditions, scheduled] },
  });
}

export function evictPod(deletes: Deletes, target: Target, eviction: JsonObject, request: WriteRequest): void {
  const { name } = asObject(eviction['metadata']);
  if (name && name !== target.name) throw badRequest('name in URL does not match name in Eviction object');
  const { gracePeriodSeconds, preconditions } = asObject(eviction['deleteOptions']);
  const { uid, resourceVersion } = asObject(preconditions);
  deletes.delete(pods, target, {
    ...(typeof gracePeriodSeconds === 'number' ? { gracePeriodSeconds } : {}),
    preconditions: {
      ...(typeof uid === 'string' ? { uid } : {}),
      ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
    },
    dryRun: request.dryRun,
  });
}
