/** Nodes. Made without the not-ready taint that a real apiserver adds, since nothing here would take it away again. */
import type { Causes } from '../failures.js';
import { asArray, asObject, equal, withKey, type JsonObject } from '../json.js';
import { problemOfKey } from '../names.js';
import { keepStatus, specOf, type Rules } from '../rules.js';

const emptyNodeInfo = {
  machineID: '',
  systemUUID: '',
  bootID: '',
  kernelVersion: '',
  osImage: '',
  containerRuntimeVersion: '',
  kubeletVersion: '',
  kubeProxyVersion: '',
  operatingSystem: '',
  architecture: '',
};

export const nodeRules: Rules = {
  defaults(node, old) {
    const status = defaultStatus(asObject(node['status']), asObject(old?.['status']));
    return withKey(withKey(node, 'status', status), 'spec', defaultSpec(specOf(node)));
  },
  prepareUpdate: keepStatus,
  subresources: {
    status: (next, old) => ({ ...old, metadata: next['metadata'], status: next['status'] }),
  },
  validate(node, causes) {
    validateTaints(asArray(specOf(node)['taints']), causes);
  },
  validateUpdate(next, old, causes) {
    const before = specOf(old);
    const spec = specOf(next);
    if (before['providerID'] && spec['providerID'] !== before['providerID']) {
      causes.forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid');
    }
    if (before['podCIDR'] && !equal(spec['podCIDRs'], before['podCIDRs'])) {
      causes.forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid');
    }
  },
};

function defaultSpec(spec: JsonObject): JsonObject {
  const { podCIDR, podCIDRs } = spec;
  if (podCIDR && podCIDRs === undefined) return { ...spec, podCIDRs: [podCIDR] };
  if (!podCIDR && asArray(podCIDRs).length > 0) return { ...spec, podCIDR: asArray(podCIDRs)[0] };
  return spec['unschedulable'] === false ? withKey(spec, 'unschedulable', undefined) : spec;
}

function defaultStatus(status: JsonObject, old: JsonObject): JsonObject {
  if (status === old) return status;
  const result: Record<string, unknown> = { ...status };
  if (result['capacity'] !== undefined) result['allocatable'] ??= result['capacity'];
  if (status['conditions'] !== old['conditions']) {
    result['conditions'] = asArray(status['conditions']).map((each) => {
      const condition = asObject(each);
      const complete = condition['lastHeartbeatTime'] !== undefined && condition['lastTransitionTime'] !== undefined;
      return complete ? condition : { lastHeartbeatTime: null, lastTransitionTime: null, ...condition };
    });
    if (asArray(result['conditions']).length === 0) delete result['conditions'];
  }
  result['daemonEndpoints'] ??= { kubeletEndpoint: { Port: 0 } };
  if (status['nodeInfo'] === undefined || status['nodeInfo'] !== old['nodeInfo']) {
    result['nodeInfo'] = { ...emptyNodeInfo, ...asObject(status['nodeInfo']) };
  }
  return equal(result, status) ? status : result;
}

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

function validateTaints(taints: readonly unknown[], causes: Causes): void {
  const seen = new Set<string>();
  taints.forEach((each, index) => {
    const { key, value, effect, timeAdded } = asObject(each);
    const field = `metadata.taints[${index}]`;
    const problem = problemOfKey(String(key ?? ''));
    if (problem !== undefined) causes.invalid(`${field}.key`, key ?? '', problem);
    if (!effect) causes.required(`${field}.effect`);
    else if (!effects.includes(String(effect))) causes.notSupported(`${field}.effect`, effect, effects);
    const pair = `${String(effect)} ${String(key)}`;
    if (seen.has(pair)) {
      const taint = { Key: key, Value: value ?? '', Effect: effect, TimeAdded: timeAdded ?? null };
      causes.duplicate(field, taint, 'taints must be unique by key and effect pair');
    }
    seen.add(pair);
  });
}
