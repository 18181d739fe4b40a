/** What the apiserver fills into a pod's spec. */
import { asArray, asObject, equal, withKey, type JsonObject } from '../json.js';

/** `spec` with defaults; parts that are also in `old` have theirs already. */
export function defaultPodSpec(spec: JsonObject, old: JsonObject): JsonObject {
  const hostNetwork = spec['hostNetwork'] === true;
  const containers = (key: string): unknown =>
    spec[key] === old[key]
      ? spec[key]
      : defaultList(spec[key], (each) => defaultContainer(each, hostNetwork), old[key]);
  const result: Record<string, unknown> = {
    ...spec,
    ...present(
      'volumes',
      spec['volumes'] === old['volumes'] ? spec['volumes'] : defaultList(spec['volumes'], defaultVolume),
    ),
    ...present('initContainers', containers('initContainers')),
    ...present('containers', containers('containers')),
    ...present('ephemeralContainers', containers('ephemeralContainers')),
  };
  result['restartPolicy'] ??= 'Always';
  result['terminationGracePeriodSeconds'] ??= 30;
  result['dnsPolicy'] ??= 'ClusterFirst';
  result['securityContext'] ??= {};
  result['schedulerName'] ??= 'default-scheduler';
  result['enableServiceLinks'] ??= true;
  if (result['serviceAccountName'] && !result['serviceAccount'])
    result['serviceAccount'] = result['serviceAccountName'];
  if (result['serviceAccount'] && !result['serviceAccountName'])
    result['serviceAccountName'] = result['serviceAccount'];
  if (result['hostNetwork'] === false) delete result['hostNetwork'];
  return equal(result, spec) ? spec : result;
}

export function defaultContainer(container: JsonObject, hostNetwork = false): JsonObject {
  const result: Record<string, unknown> = { ...container };
  const image = String(container['image'] ?? '');
  if (container['ports'] !== undefined) {
    result['ports'] = asArray(container['ports']).map((each) => {
      const port = asObject(each);
      const hostPort = hostNetwork ? { hostPort: port['hostPort'] ?? port['containerPort'] } : {};
      return { ...port, ...hostPort, protocol: port['protocol'] ?? 'TCP' };
    });
  }
  if (container['env'] !== undefined)
    result['env'] = asArray(container['env']).map((each) => defaultEnv(asObject(each)));
  result['resources'] = defaultResources(asObject(container['resources']));
  for (const key of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    if (container[key] !== undefined) result[key] = defaultProbe(asObject(container[key]));
  }
  if (container['lifecycle'] !== undefined) result['lifecycle'] = defaultLifecycle(asObject(container['lifecycle']));
  result['terminationMessagePath'] ??= '/dev/termination-log';
  result['terminationMessagePolicy'] ??= 'File';
  result['imagePullPolicy'] ??= isLatest(image) ? 'Always' : 'IfNotPresent';
  return equal(result, container) ? container : result;
}

/** A limit is also the request where none is given. */
function defaultResources(resources: JsonObject): JsonObject {
  const limits = asObject(resources['limits']);
  const requests = { ...limits, ...asObject(resources['requests']) };
  const order = { ...asObject(resources['requests']), ...requests };
  return Object.keys(requests).length === 0 ? resources : withKey(resources, 'requests', order);
}

function isLatest(image: string): boolean {
  if (image.includes('@')) return false;
  const tag = /:([^:/]+)$/.exec(image)?.[1];
  return tag === undefined || tag === 'latest';
}

function defaultEnv(env: JsonObject): JsonObject {
  const valueFrom = asObject(env['valueFrom']);
  if (valueFrom['fieldRef'] !== undefined) {
    return { ...env, valueFrom: { ...valueFrom, fieldRef: { apiVersion: 'v1', ...asObject(valueFrom['fieldRef']) } } };
  }
  if (valueFrom['resourceFieldRef'] !== undefined) {
    const resourceFieldRef = { ...asObject(valueFrom['resourceFieldRef']) };
    return {
      ...env,
      valueFrom: {
        ...valueFrom,
        resourceFieldRef: { ...resourceFieldRef, divisor: resourceFieldRef['divisor'] ?? '0' },
      },
    };
  }
  return env;
}

function defaultProbe(probe: JsonObject): JsonObject {
  const grpc = probe['grpc'] === undefined ? {} : { grpc: { service: '', ...asObject(probe['grpc']) } };
  return {
    ...defaultHandler(probe),
    ...grpc,
    timeoutSeconds: probe['timeoutSeconds'] || 1,
    periodSeconds: probe['periodSeconds'] || 10,
    successThreshold: probe['successThreshold'] || 1,
    failureThreshold: probe['failureThreshold'] || 3,
  };
}

function defaultLifecycle(lifecycle: JsonObject): JsonObject {
  const result: Record<string, unknown> = { ...lifecycle };
  for (const key of ['postStart', 'preStop']) {
    if (lifecycle[key] !== undefined) result[key] = defaultHandler(asObject(lifecycle[key]));
  }
  return result;
}

function defaultHandler(handler: JsonObject): JsonObject {
  if (handler['httpGet'] === undefined) return handler;
  const httpGet = asObject(handler['httpGet']);
  return { ...handler, httpGet: { ...httpGet, path: httpGet['path'] || '/', scheme: httpGet['scheme'] || 'HTTP' } };
}

const withMode = ['configMap', 'secret', 'downwardAPI', 'projected'] as const;

function defaultVolume(volume: JsonObject): JsonObject {
  for (const key of withMode) {
    if (volume[key] === undefined) continue;
    const source: Record<string, unknown> = { defaultMode: 420, ...asObject(volume[key]) };
    if (key === 'downwardAPI') source['items'] = defaultDownward(source['items']);
    if (key === 'projected')
      source['sources'] = asArray(source['sources']).map((each) => defaultProjection(asObject(each)));
    return { ...volume, [key]: source };
  }
  if (volume['hostPath'] !== undefined) return { ...volume, hostPath: { type: '', ...asObject(volume['hostPath']) } };
  return Object.keys(volume).length > 1 ? volume : { ...volume, emptyDir: {} };
}

function defaultProjection(projection: JsonObject): JsonObject {
  const { serviceAccountToken, downwardAPI } = projection;
  if (serviceAccountToken !== undefined) {
    return { ...projection, serviceAccountToken: { expirationSeconds: 3600, ...asObject(serviceAccountToken) } };
  }
  if (downwardAPI === undefined) return projection;
  const source = asObject(downwardAPI);
  return { ...projection, downwardAPI: { ...source, items: defaultDownward(source['items']) } };
}

function defaultDownward(items: unknown): unknown {
  return asArray(items).map((each) => {
    const item = asObject(each);
    if (item['fieldRef'] === undefined) return item;
    return { ...item, fieldRef: { apiVersion: 'v1', ...asObject(item['fieldRef']) } };
  });
}

function defaultList(list: unknown, fill: (item: JsonObject) => JsonObject, old?: unknown): unknown {
  if (!Array.isArray(list)) return list;
  const known = new Set(asArray(old));
  return list.map((each: unknown) => (known.has(each) ? each : fill(asObject(each))));
}

function present(key: string, value: unknown): JsonObject {
  return value === undefined ? {} : { [key]: value };
}
