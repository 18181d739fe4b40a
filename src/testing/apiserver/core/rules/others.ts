/** The kinds whose rules are few. */
import type { Causes } from '../failures.js';
import { asArray, asObject, equal, omit, withKey, type JsonObject } from '../json.js';
import { keepStatus, specOf, takeStatus, type Rules } from '../rules.js';

export const statusApart: Rules = { prepareUpdate: keepStatus, subresources: { status: takeStatus } };

export const namespaceRules: Rules = {
  names: 'label',
  returnsDeleted: true,
  defaults(namespace) {
    const metadata = asObject(namespace['metadata']);
    const labels = asObject(metadata['labels']);
    if (labels['kubernetes.io/metadata.name'] === metadata['name']) return namespace;
    return {
      ...namespace,
      metadata: { ...metadata, labels: { ...labels, 'kubernetes.io/metadata.name': metadata['name'] } },
    };
  },
  prepareCreate: (namespace) => ({
    ...namespace,
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  }),
  prepareUpdate(next, old) {
    return withKey(keepStatus(next, old), 'spec', old['spec']);
  },
  subresources: {
    status: takeStatus,
    finalize: (next, old) => ({ ...old, spec: next['spec'] ?? {} }),
  },
};

export const leaseRules: Rules = {
  createOnUpdate: true,
  versionRequired: true,
  validate(lease, causes) {
    const { leaseDurationSeconds, leaseTransitions } = specOf(lease);
    if (typeof leaseDurationSeconds === 'number' && leaseDurationSeconds <= 0) {
      causes.invalid('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0');
    }
    if (typeof leaseTransitions === 'number' && leaseTransitions < 0) {
      causes.invalid('spec.leaseTransitions', leaseTransitions, 'must be greater than or equal to 0');
    }
  },
};

/** Secrets and config maps: an immutable one stays as it is. */
function immutableData(
  field: 'data' | 'binaryData' | 'immutable',
): (next: JsonObject, old: JsonObject, causes: Causes) => void {
  return (next, old, causes) => {
    if (old['immutable'] === true && !equal(next[field], old[field])) {
      causes.forbidden(field, 'field is immutable when `immutable` is set');
    }
  };
}

const immutableChecks = (['immutable', 'data', 'binaryData'] as const).map(immutableData);

export const configMapRules: Rules = {
  validateUpdate(next, old, causes) {
    for (const check of immutableChecks) check(next, old, causes);
  },
};

export const secretRules: Rules = {
  defaults(secret) {
    const data: Record<string, unknown> = { ...asObject(secret['data']) };
    for (const [key, text] of Object.entries(asObject(secret['stringData']))) {
      data[key] = Buffer.from(String(text)).toString('base64');
    }
    const filled = Object.keys(data).length > 0 && secret['stringData'] !== undefined ? { ...secret, data } : secret;
    return { ...omit(filled, 'stringData'), type: secret['type'] || 'Opaque' };
  },
  validateUpdate(next, old, causes) {
    if (next['type'] !== old['type']) causes.invalid('type', next['type'], 'field is immutable');
    for (const check of immutableChecks) check(next, old, causes);
  },
};

export const serviceRules: Rules = {
  names: 'label',
  createOnUpdate: true,
  returnsDeleted: true,
  subresources: { status: takeStatus },
  prepareCreate: (service) => ({ ...service, status: { loadBalancer: {} } }),
  defaults(service) {
    const spec = specOf(service);
    const ports = asArray(spec['ports']).map((each) => {
      const port = asObject(each);
      return { protocol: 'TCP', targetPort: port['port'], ...port };
    });
    const type = spec['type'] || 'ClusterIP';
    return {
      ...service,
      spec: {
        ...spec,
        ...(spec['ports'] === undefined ? {} : { ports }),
        type,
        sessionAffinity: spec['sessionAffinity'] || 'None',
        internalTrafficPolicy: spec['internalTrafficPolicy'] ?? 'Cluster',
      },
    };
  },
  admit(service, context) {
    const spec = specOf(service);
    if (spec['type'] === 'ExternalName') return service;
    const clusterIP = spec['clusterIP'] || context.serviceAddress();
    const address = { clusterIP, clusterIPs: [clusterIP], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' };
    return { ...service, spec: { ...spec, ...address } };
  },
  prepareUpdate(next, old) {
    const { clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy } = specOf(old);
    const address = clusterIP === undefined ? {} : { clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy };
    return { ...keepStatus(next, old), spec: { ...address, ...specOf(next) } };
  },
  validate(service, causes) {
    const { type, ports, clusterIP } = specOf(service);
    if (type !== 'ExternalName' && clusterIP !== 'None' && asArray(ports).length === 0) {
      causes.required('spec.ports');
    }
  },
};

export const serviceAccountRules: Rules = { returnsDeleted: true };
export const claimRules: Rules = { ...statusApart, returnsDeleted: true };
export const runtimeClassRules: Rules = {
  versionRequired: true,
  validateUpdate(next, old, causes) {
    if (next['handler'] !== old['handler']) causes.invalid('handler', next['handler'], 'field is immutable');
  },
};

export const priorityClassRules: Rules = {
  generation: true,
  defaults: (object) => ({ ...object, preemptionPolicy: object['preemptionPolicy'] ?? 'PreemptLowerPriority' }),
  validateUpdate(next, old, causes) {
    if ((next['value'] ?? 0) !== (old['value'] ?? 0)) causes.forbidden('value', 'may not be changed in an update.');
  },
};

export const eventRules: Rules = {
  names: 'path',
  createOnUpdate: true,
  defaults(event) {
    const zero = { firstTimestamp: null, lastTimestamp: null, eventTime: null };
    const names = { source: {}, reportingComponent: '', reportingInstance: '' };
    return { ...zero, ...names, ...event };
  },
  validate(event, causes) {
    const { namespace } = asObject(event['metadata']);
    const involved = asObject(event['involvedObject'])['namespace'];
    if (involved ? involved !== namespace : namespace !== 'default' && namespace !== 'kube-system') {
      causes.invalid('involvedObject.namespace', involved ?? '', 'does not match event.namespace');
    }
  },
};

/** Approving and denying is the approval subresource's alone. */
function isDecision(condition: unknown): boolean {
  const { type } = asObject(condition);
  return type === 'Approved' || type === 'Denied';
}

export const certificateRules: Rules = {
  versionRequired: true,
  prepareCreate: (request) => ({ ...request, status: {} }),
  prepareUpdate: (next, old) => withKey(keepStatus(next, old), 'spec', old['spec']),
  subresources: {
    status(next, old) {
      const wasDecided = asArray(asObject(old['status'])['conditions']).filter(isDecision);
      const others = asArray(asObject(next['status'])['conditions']).filter((each) => !isDecision(each));
      const conditions = [...wasDecided, ...others];
      const status = { ...asObject(next['status']), ...(conditions.length > 0 ? { conditions } : {}) };
      return takeStatus(withKey(next, 'status', status), old);
    },
    approval(next, old) {
      const { conditions } = asObject(next['status']);
      return { ...old, status: withKey(asObject(old['status']), 'conditions', conditions) };
    },
  },
  validate(request, causes) {
    const { request: pem, signerName, usages } = specOf(request);
    const text = Buffer.from(String(pem ?? ''), 'base64').toString();
    if (!text.includes('-----BEGIN CERTIFICATE REQUEST-----')) {
      causes.invalid('spec.request', pem ?? '', 'PEM block type must be CERTIFICATE REQUEST');
    }
    if (!signerName) causes.required('spec.signerName');
    if (asArray(usages).length === 0) causes.required('spec.usages');
  },
};
