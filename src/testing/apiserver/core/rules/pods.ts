/** Pods: defaults, what admission adds, what a write may touch, and deletion with grace. */
import type { ApiFailure } from '../api.js';
import { forbidden } from '../failures.js';
import { asArray, asObject, equal, withKey, type JsonObject } from '../json.js';
import { keepStatus, type RuleContext, type Rules } from '../rules.js';
import { definitionOf } from '../definitions.js';
import { defaultContainer, defaultPodSpec } from './pod-defaults.js';
import { qosClass } from './pod-qos.js';
import { validatePod, validatePodUpdate } from './pod-validation.js';
import { withServiceAccountVolume } from './service-account-volume.js';

const pods = definitionOf('', 'pods');

export const podRules: Rules = {
  generation: true,
  defaults(pod, old) {
    if (old !== undefined && pod['spec'] === old['spec']) return pod;
    return withKey(pod, 'spec', defaultPodSpec(asObject(pod['spec']), asObject(old?.['spec'])));
  },
  prepareCreate: (pod) => {
    const spec = asObject(pod['spec']);
    return { ...pod, spec, status: { phase: 'Pending', qosClass: qosClass(spec) } };
  },
  admit(pod, context) {
    return { ...pod, spec: admitSpec(pod, context) };
  },
  prepareUpdate(next, old) {
    const kept = keepStatus(next, old);
    return withKey(kept, 'spec', addTolerations(asObject(kept['spec']), asObject(old['spec'])));
  },
  subresources: {
    status(next, old) {
      return { ...old, metadata: statusMetadata(next, old), status: normalStatus(next, old) };
    },
    ephemeralcontainers(next, old) {
      const ephemeralContainers = asArray(asObject(next['spec'])['ephemeralContainers']);
      const spec = withKey(
        asObject(old['spec']),
        'ephemeralContainers',
        ephemeralContainers.map((each) => defaultContainer(asObject(each))),
      );
      return { ...old, spec };
    },
    resize(next, old, context) {
      const spec = asObject(old['spec']);
      const nodeName = String(spec['nodeName'] ?? '');
      if (nodeName !== '' && !context.find('', 'nodes', undefined, nodeName)) {
        throw forbidden(pods, String(asObject(old['metadata'])['name']), `node "${nodeName}" not found`);
      }
      const wanted = asObject(next['spec']);
      const containers = takeResources(spec['containers'], wanted['containers']);
      const initContainers = takeResources(spec['initContainers'], wanted['initContainers']);
      return { ...old, spec: withKey(withKey(spec, 'containers', containers), 'initContainers', initContainers) };
    },
  },
  validate: validatePod,
  validateUpdate: validatePodUpdate,
  graceOf(pod, requestedSeconds) {
    const { nodeName, terminationGracePeriodSeconds } = asObject(pod['spec']);
    const { phase } = asObject(pod['status']);
    if (!nodeName || phase === 'Succeeded' || phase === 'Failed') return 0;
    const seconds = requestedSeconds ?? Number(terminationGracePeriodSeconds ?? 0);
    return seconds < 0 ? 1 : seconds;
  },
  returnsDeleted: true,
};

/** A pod made or bound: what the ServiceAccount, Priority, RuntimeClass and toleration admission plugins do. */
function admitSpec(pod: JsonObject, context: RuleContext): JsonObject {
  const { name, generateName, namespace } = asObject(pod['metadata']);
  const podName = String(name ?? generateName ?? '');
  const refuse = (why: string): ApiFailure => forbidden(pods, podName, why);
  const spec: Record<string, unknown> = { ...asObject(pod['spec']) };
  const account = String(spec['serviceAccountName'] ?? spec['serviceAccount'] ?? 'default') || 'default';
  const isMirror = asObject(asObject(pod['metadata'])['annotations'])['kubernetes.io/config.mirror'] !== undefined;
  let serviceAccount: JsonObject | undefined;
  if (!isMirror) {
    const home = String(namespace);
    serviceAccount = context.find('', 'serviceaccounts', home, account);
    if (!serviceAccount) {
      throw refuse(`error looking up service account ${home}/${account}: serviceaccount "${account}" not found`);
    }
    spec['serviceAccountName'] = account;
    spec['serviceAccount'] = account;
  }
  const className = spec['priorityClassName'];
  if (className) {
    const value = systemPriorities[String(className)] ?? priorityOf(context, String(className));
    if (value === undefined) throw refuse(`no PriorityClass with name ${String(className)} was found`);
    spec['priority'] = value;
  } else {
    spec['priority'] ??= 0;
  }
  spec['preemptionPolicy'] ??= 'PreemptLowerPriority';
  if (spec['runtimeClassName']) {
    const runtimeClass = context.find('node.k8s.io', 'runtimeclasses', undefined, String(spec['runtimeClassName']));
    if (!runtimeClass) {
      throw refuse(`pod rejected: RuntimeClass "${String(spec['runtimeClassName'])}" not found`);
    }
    const overhead = asObject(runtimeClass['overhead'])['podFixed'];
    if (overhead !== undefined) spec['overhead'] ??= overhead;
  }
  spec['tolerations'] = withDefaultTolerations(asArray(spec['tolerations']));
  if (serviceAccount && asArray(spec['imagePullSecrets']).length === 0) {
    const names = asArray(serviceAccount['imagePullSecrets']).map((each) => ({ name: asObject(each)['name'] }));
    if (names.length > 0) spec['imagePullSecrets'] = names;
  }
  return serviceAccount ? withServiceAccountVolume(spec, serviceAccount, () => context.suffix()) : spec;
}

const systemPriorities: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
};

function priorityOf(context: RuleContext, name: string): unknown {
  const priorityClass = context.find('scheduling.k8s.io', 'priorityclasses', undefined, name);
  return priorityClass && (priorityClass['value'] ?? 0);
}

function withDefaultTolerations(tolerations: readonly unknown[]): readonly unknown[] {
  const added = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']
    .filter(
      (key) =>
        !tolerations.some((each) => {
          const toleration = asObject(each);
          const sameKey = (toleration['key'] ?? '') === key || !toleration['key'];
          return sameKey && (!toleration['effect'] || toleration['effect'] === 'NoExecute');
        }),
    )
    .map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }));
  return added.length === 0 ? tolerations : [...tolerations, ...added];
}

/** Tolerations that a writer left out of an update stay away only if they were not there: admission puts defaults back. */
function addTolerations(spec: JsonObject, old: JsonObject): JsonObject {
  if (spec['tolerations'] === old['tolerations']) return spec;
  return withKey(spec, 'tolerations', withDefaultTolerations(asArray(spec['tolerations'])));
}

function takeResources(current: unknown, wanted: unknown): unknown {
  if (!Array.isArray(current)) return current;
  const byName = new Map(asArray(wanted).map((each) => [asObject(each)['name'], asObject(each)]));
  const taken = current.map((each: unknown) => {
    const container = asObject(each);
    const source = byName.get(container['name']);
    if (!source) return container;
    const resources = defaultContainer(source)['resources'];
    const resized = equal(resources, container['resources']) ? container : withKey(container, 'resources', resources);
    return withKey(resized, 'resizePolicy', source['resizePolicy'] ?? container['resizePolicy']);
  });
  return taken.every((each, index) => each === current[index]) ? current : taken;
}

/** A status write takes labels and annotations along, but no owners. */
function statusMetadata(next: JsonObject, old: JsonObject): JsonObject {
  const before = asObject(old['metadata']);
  return withKey(asObject(next['metadata']), 'ownerReferences', before['ownerReferences']);
}

function filledCondition(item: unknown): unknown {
  const condition = asObject(item);
  if (condition['lastProbeTime'] !== undefined && condition['lastTransitionTime'] !== undefined) return condition;
  return { lastProbeTime: null, lastTransitionTime: null, ...condition };
}

function filledContainer(item: unknown): unknown {
  const container = asObject(item);
  const { state, lastState, ready, restartCount, image, imageID } = container;
  const isFull = state && lastState && image !== undefined && imageID !== undefined;
  if (isFull && ready !== undefined && restartCount !== undefined) return container;
  return { state: {}, lastState: {}, ready: false, restartCount: 0, image: '', imageID: '', ...container };
}

const filled: readonly (readonly [list: string, fill: (item: unknown) => unknown])[] = [
  ['conditions', filledCondition],
  ['containerStatuses', filledContainer],
  ['initContainerStatuses', filledContainer],
  ['ephemeralContainerStatuses', filledContainer],
];

/** Puts in what the apiserver writes even where it was left out: null times, empty last states, and the fixed QoS class. */
function normalStatus(next: JsonObject, old: JsonObject): JsonObject {
  const before = asObject(old['status']);
  const status = asObject(next['status']);
  if (status === before) return before;
  const result: Record<string, unknown> = { ...status };
  if (before['qosClass'] !== undefined) result['qosClass'] = before['qosClass'];
  for (const [key, fill] of filled) {
    if (status[key] !== before[key] && Array.isArray(status[key])) result[key] = status[key].map(fill);
  }
  // Where both are given and differ, the older field counts.
  const { podIP } = result;
  const first = asObject(asArray(result['podIPs'])[0])['ip'];
  if (!podIP && first !== undefined) result['podIP'] = first;
  else if (podIP && podIP !== first) result['podIPs'] = [{ ip: podIP }];
  return result;
}
