/** What a pod must look like, and which of its fields may change. */
import type { Causes } from '../failures.js';
import { asArray, asObject, equal, omit, withKey, type JsonObject } from '../json.js';
import { problemOfKey, problemOfName, validateLabels } from '../names.js';
import { parseQuantity } from '../quantity.js';
import { validatePodStatus } from './pod-status-validation.js';

export function validatePod(pod: JsonObject, causes: Causes): void {
  const spec = asObject(pod['spec']);
  const volumes = validateVolumes(spec['volumes'], causes);
  const containers = asArray(spec['containers']);
  if (containers.length === 0) causes.required('spec.containers');
  const names = new Set<unknown>();
  for (const key of ['containers', 'initContainers', 'ephemeralContainers']) {
    asArray(spec[key]).forEach((each, index) => {
      validateContainer(asObject(each), `spec.${key}[${index}]`, names, volumes, causes);
    });
  }
  const supported = (field: string, values: readonly string[]): void => {
    if (!values.includes(String(spec[field]))) causes.notSupported(`spec.${field}`, spec[field], values);
  };
  supported('restartPolicy', ['Always', 'OnFailure', 'Never']);
  supported('dnsPolicy', ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']);
  validateLabels(spec['nodeSelector'], 'spec.nodeSelector', causes);
  const deadline = spec['activeDeadlineSeconds'];
  if (typeof deadline === 'number' && (deadline < 1 || deadline > 2147483647)) {
    causes.invalid('spec.activeDeadlineSeconds', deadline, 'must be between 1 and 2147483647, inclusive');
  }
  const account = spec['serviceAccountName'];
  if (typeof account === 'string' && account !== '') {
    const problem = problemOfName(account, 'subdomain');
    if (problem !== undefined) causes.invalid('spec.serviceAccountName', account, problem);
  }
  const nodeName = spec['nodeName'];
  if (typeof nodeName === 'string' && nodeName !== '') {
    const problem = problemOfName(nodeName, 'subdomain');
    if (problem !== undefined) causes.invalid('spec.nodeName', nodeName, problem);
  }
  asArray(spec['tolerations']).forEach((each, index) => {
    validateToleration(asObject(each), `spec.tolerations[${index}]`, causes);
  });
}

function validateVolumes(volumes: unknown, causes: Causes): Set<unknown> {
  const names = new Set<unknown>();
  asArray(volumes).forEach((each, index) => {
    const { name } = asObject(each);
    const field = `spec.volumes[${index}].name`;
    if (!name) causes.required(field);
    else if (names.has(name)) causes.duplicate(field, name);
    else {
      const problem = problemOfName(String(name), 'label');
      if (problem !== undefined) causes.invalid(field, name, problem);
    }
    names.add(name);
  });
  return names;
}

function validateContainer(
  container: JsonObject,
  field: string,
  names: Set<unknown>,
  volumes: ReadonlySet<unknown>,
  causes: Causes,
): void {
  const { name, image, imagePullPolicy, ports, env, volumeMounts, resources } = container;
  if (!name) causes.required(`${field}.name`);
  else {
    const problem = problemOfName(String(name), 'label');
    if (problem !== undefined) causes.invalid(`${field}.name`, name, problem);
    if (names.has(name)) causes.duplicate(`${field}.name`, name);
    names.add(name);
  }
  if (!image) causes.required(`${field}.image`);
  else if (String(image) !== String(image).trim()) {
    causes.invalid(`${field}.image`, image, 'must not have leading or trailing whitespace');
  }
  asArray(ports).forEach((each, index) => validatePort(asObject(each), `${field}.ports[${index}]`, causes));
  asArray(env).forEach((each, index) => {
    if (!asObject(each)['name']) causes.required(`${field}.env[${index}].name`);
  });
  asArray(volumeMounts).forEach((each, index) => {
    const mount = asObject(each);
    const at = `${field}.volumeMounts[${index}]`;
    if (!mount['name']) causes.required(`${at}.name`);
    else if (!volumes.has(mount['name'])) causes.notFound(`${at}.name`, mount['name']);
    if (!mount['mountPath']) causes.required(`${at}.mountPath`);
  });
  const policies = ['Always', 'IfNotPresent', 'Never'];
  if (!policies.includes(String(imagePullPolicy))) {
    causes.notSupported(`${field}.imagePullPolicy`, imagePullPolicy, policies);
  }
  validateResources(asObject(resources), `${field}.resources`, causes);
}

function validatePort(port: JsonObject, field: string, causes: Causes): void {
  const { containerPort, hostPort, protocol } = port;
  const inRange = (value: unknown): boolean => typeof value === 'number' && value >= 1 && value <= 65535;
  if (!containerPort) causes.required(`${field}.containerPort`);
  else if (!inRange(containerPort)) {
    causes.invalid(`${field}.containerPort`, containerPort, 'must be between 1 and 65535, inclusive');
  }
  if (hostPort && !inRange(hostPort)) {
    causes.invalid(`${field}.hostPort`, hostPort, 'must be between 1 and 65535, inclusive');
  }
  const protocols = ['SCTP', 'TCP', 'UDP'];
  if (!protocols.includes(String(protocol))) causes.notSupported(`${field}.protocol`, protocol, protocols);
}

function validateResources(resources: JsonObject, field: string, causes: Causes): void {
  const limits = asObject(resources['limits']);
  for (const [name, request] of Object.entries(asObject(resources['requests']))) {
    const amount = parseQuantity(request) ?? 0n;
    if (amount < 0n) causes.invalid(`${field}.requests[${name}]`, request, 'must be greater than or equal to 0');
    const limit = limits[name];
    if (limit !== undefined && amount > (parseQuantity(limit) ?? 0n)) {
      causes.invalid(`${field}.requests`, request, `must be less than or equal to ${name} limit of ${String(limit)}`);
    }
  }
}

function validateToleration(toleration: JsonObject, field: string, causes: Causes): void {
  const { key, operator = 'Equal', effect, tolerationSeconds } = toleration;
  if (typeof key === 'string' && key !== '') {
    const problem = problemOfKey(key);
    if (problem !== undefined) causes.invalid(`${field}.key`, key, problem);
  } else if (operator !== 'Exists') {
    causes.invalid(
      `${field}.operator`,
      operator,
      'operator must be Exists when `key` is empty, which means "match all values and all keys"',
    );
  }
  const operators = ['Equal', 'Exists'];
  if (!operators.includes(String(operator))) causes.notSupported(`${field}.operator`, operator, operators);
  if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
    causes.invalid(`${field}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set");
  }
}

const onlyTheseMayChange =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,' +
  '`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),' +
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

export function validatePodUpdate(
  next: JsonObject,
  old: JsonObject,
  causes: Causes,
  subresource: string | undefined,
): void {
  if (subresource === 'status') validatePodStatus(next, old, causes);
  const wanted = asObject(next['spec']);
  const spec = asObject(old['spec']);
  if (wanted === spec) return;
  if (subresource === 'ephemeralcontainers') {
    validateEphemeralContainers(wanted, spec, causes);
    return;
  }
  if (subresource !== undefined) return;
  for (const key of ['containers', 'initContainers']) {
    if (asArray(wanted[key]).length === asArray(spec[key]).length) continue;
    causes.forbidden(`spec.${key}`, 'pod updates may not add or remove containers');
    return;
  }
  const before = spec['activeDeadlineSeconds'];
  const deadline = wanted['activeDeadlineSeconds'];
  if (typeof before === 'number' && !(typeof deadline === 'number' && deadline <= before)) {
    if (deadline === undefined)
      causes.invalid('spec.activeDeadlineSeconds', null, 'must not update from a positive integer to nil value');
    else causes.invalid('spec.activeDeadlineSeconds', deadline, 'must be less than or equal to previous value');
    return;
  }
  const kept = asArray(spec['tolerations']).every((each) =>
    asArray(wanted['tolerations']).some((item) => equal(each, item)),
  );
  if (!kept)
    causes.forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds');
  if (!equal(unchangeable(wanted, spec), unchangeable(spec, spec))) causes.forbidden('spec', onlyTheseMayChange);
}

/** The spec without what may change. */
function unchangeable(spec: JsonObject, old: JsonObject): JsonObject {
  const withoutImages = (list: unknown): unknown =>
    Array.isArray(list) ? list.map((each: unknown) => omit(asObject(each), 'image')) : undefined;
  const grace = Number(old['terminationGracePeriodSeconds'] ?? 0) < 0 && spec['terminationGracePeriodSeconds'] === 1;
  const gated = asArray(old['schedulingGates']).length > 0;
  const loose = [
    'activeDeadlineSeconds',
    'tolerations',
    ...(gated ? ['schedulingGates', 'nodeSelector', 'affinity'] : []),
  ];
  let rest = omit(spec, ...loose, ...(grace ? ['terminationGracePeriodSeconds'] : []));
  if (grace) rest = withKey(rest, 'terminationGracePeriodSeconds', old['terminationGracePeriodSeconds']);
  for (const key of ['containers', 'initContainers']) rest = withKey(rest, key, withoutImages(spec[key]));
  return rest;
}

function validateEphemeralContainers(wanted: JsonObject, spec: JsonObject, causes: Causes): void {
  const now = new Map(asArray(wanted['ephemeralContainers']).map((each) => [asObject(each)['name'], each]));
  for (const each of asArray(spec['ephemeralContainers'])) {
    const { name } = asObject(each);
    if (!now.has(name)) {
      causes.forbidden(
        'spec.ephemeralContainers',
        `existing ephemeral containers "${String(name)}" may not be removed`,
      );
    } else if (!equal(now.get(name), each)) {
      causes.forbidden(
        'spec.ephemeralContainers',
        `existing ephemeral containers "${String(name)}" may not be changed`,
      );
    }
  }
}
