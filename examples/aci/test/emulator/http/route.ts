/** What a request is about: pure, from its method and path. Names in paths are compared without regard to case, as Azure does. */

/** Every operation that is counted, throttled, or made to fail by this name. */
export type Operation =
  | 'metadata'
  | 'token'
  | 'create'
  | 'update'
  | 'get'
  | 'list'
  | 'delete'
  | 'start'
  | 'stop'
  | 'restart'
  | 'logs'
  | 'exec'
  | 'attach'
  | 'poll'
  | 'usages'
  | 'capabilities'
  | 'cachedImages';

export interface Route {
  readonly operation: Operation;
  readonly subscription?: string;
  readonly resourceGroup?: string;
  /** Of the container group. */
  readonly name?: string;
  readonly container?: string;
  readonly location?: string;
  readonly operationId?: string;
}

const management = new RegExp(
  '^/subscriptions/(?<subscription>[^/]+)' +
    '(?:/resourceGroups/(?<resourceGroup>[^/]+))?' +
    '/providers/Microsoft\\.ContainerInstance/(?<rest>.+)$',
  'i',
);
const groups = /^containerGroups(?:\/(?<name>[^/]+)(?:\/(?<action>start|stop|restart))?)?$/i;
const containers = /^containerGroups\/(?<name>[^/]+)\/containers\/(?<container>[^/]+)\/(?<action>logs|exec|attach)$/i;
const operations = /^locations\/(?<location>[^/]+)\/operations\/(?<operationId>[^/]+)$/i;
const location = /^locations\/(?<location>[^/]+)\/(?<what>usages|capabilities|cachedImages)$/i;

const ofGroup: Readonly<Record<string, Operation>> = { PUT: 'create', PATCH: 'update', GET: 'get', DELETE: 'delete' };
const ofLocation: Readonly<Record<string, Operation>> = {
  usages: 'usages',
  capabilities: 'capabilities',
  cachedimages: 'cachedImages',
};

/** Undefined: there is no such thing here. */
export function routeOf(method: string, path: string): Route | undefined {
  return routeOfManagement(method, path) ?? routeOfIdentity(method, path);
}

function routeOfIdentity(method: string, path: string): Route | undefined {
  if (method === 'POST' && /^\/[^/]+\/oauth2\/v2\.0\/token$/i.test(path)) return { operation: 'token' };
  if (method !== 'GET') return undefined;
  if (/^\/(metadata\/identity\/oauth2|msi)\/token$/i.test(path)) return { operation: 'token' };
  if (/^\/[^/]+\/v2\.0\/\.well-known\/openid-configuration$/i.test(path)) return { operation: 'metadata' };
  return undefined;
}

function routeOfManagement(method: string, path: string): Route | undefined {
  const { subscription, resourceGroup, rest } = management.exec(path)?.groups ?? {};
  if (subscription === undefined || rest === undefined) return undefined;
  const scope = { subscription: decode(subscription), ...(resourceGroup && { resourceGroup: decode(resourceGroup) }) };
  if (resourceGroup === undefined) {
    const polled = operations.exec(rest)?.groups;
    if (polled && method === 'GET') return { operation: 'poll', ...scope, ...decoded(polled) };
    const { location: place, what } = location.exec(rest)?.groups ?? {};
    const operation = ofLocation[what?.toLowerCase() ?? ''];
    if (place !== undefined && operation && method === 'GET') return { operation, ...scope, location: decode(place) };
  }
  const matched = groups.exec(rest)?.groups;
  if (matched) return routeOfGroup(method, scope, matched['name'], matched['action']);
  const { name, container, action } = containers.exec(rest)?.groups ?? {};
  if (name === undefined || container === undefined || action === undefined || !resourceGroup) return undefined;
  const operation = action.toLowerCase() as 'logs' | 'exec' | 'attach';
  if (method !== (operation === 'logs' ? 'GET' : 'POST')) return undefined;
  return { operation, ...scope, name: decode(name), container: decode(container) };
}

function routeOfGroup(
  method: string,
  scope: { readonly subscription: string; readonly resourceGroup?: string },
  name: string | undefined,
  action: string | undefined,
): Route | undefined {
  if (name === undefined) return method === 'GET' ? { operation: 'list', ...scope } : undefined;
  if (scope.resourceGroup === undefined) return undefined;
  if (action !== undefined)
    return method === 'POST'
      ? { operation: action.toLowerCase() as 'start' | 'stop' | 'restart', ...scope, name: decode(name) }
      : undefined;
  const operation = ofGroup[method];
  return operation && { operation, ...scope, name: decode(name) };
}

function decoded(parts: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(parts).map(([key, value]) => [key, decode(value)]));
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
