/** What a request is for, from its method and target alone. kubelet-protocol §1, §5, §6. */
import { Refusal } from '../refusal.js';

/** A pod as a path names it. Only few clients say the uid, and never the apiserver. */
export interface PodTarget {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string | undefined;
}

export interface ContainerTarget extends PodTarget {
  readonly container: string;
}

/** Routes that carry another protocol on the same connection. */
export type UpgradeRoute =
  | { readonly kind: 'exec' | 'attach'; readonly target: ContainerTarget }
  | { readonly kind: 'portForward'; readonly target: PodTarget };

export type PlainRoute =
  | { readonly kind: 'run' | 'containerLogs' | 'checkpoint'; readonly target: ContainerTarget }
  | { readonly kind: NodeRouteKind };

/** Routes that are about the node and not about one pod. */
export type NodeRouteKind =
  | 'healthz'
  | 'pods'
  | 'runningPods'
  | 'statsSummary'
  | 'metrics'
  | 'resourceMetrics'
  | 'cadvisorMetrics'
  | 'probeMetrics'
  | 'configz'
  | 'nodeLogs';

export type Route = UpgradeRoute | PlainRoute;
export type RouteKind = Route['kind'];

export interface RequestTarget {
  /** The first segment of the path, which authorization goes by. Empty for `/`. */
  readonly root: string;
  /** Undefined for a path that nothing is at. */
  readonly route: Route | undefined;
  readonly query: URLSearchParams;
}

/** Every name in a path of the kubelet's is a DNS name or a uid: none of them ever needs an escape. */
const plainPath = /^\/(?:[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*\/?)?$/;
const dotSegment = /\/\.{1,2}(?:\/|$)/;

/**
 * Reads a request target in origin form. Throws a 400 for every other form, and for paths that two readers might read
 * differently: escapes, dot segments, empty segments, backslashes. Refusing them costs no client anything, and leaves
 * nothing to smuggle past whoever looks at paths in front of this server.
 */
export function parseTarget(target: string): RequestTarget {
  const queryAt = target.indexOf('?');
  const path = queryAt < 0 ? target : target.slice(0, queryAt);
  if (!plainPath.test(path) || dotSegment.test(path) || target.includes('#')) {
    throw new Refusal('InvalidInput', 'request target: not a plain absolute path');
  }
  const segments = path.split('/').filter((segment) => segment !== '');
  return {
    root: segments[0] ?? '',
    route: routeOf(segments),
    query: new URLSearchParams(queryAt < 0 ? '' : target.slice(queryAt + 1)),
  };
}

const nodeRoutes: Readonly<Record<string, NodeRouteKind>> = {
  healthz: 'healthz',
  'healthz/ping': 'healthz',
  'healthz/syncloop': 'healthz',
  pods: 'pods',
  runningpods: 'runningPods',
  'stats/summary': 'statsSummary',
  metrics: 'metrics',
  'metrics/resource': 'resourceMetrics',
  'metrics/cadvisor': 'cadvisorMetrics',
  'metrics/probes': 'probeMetrics',
  configz: 'configz',
};

function routeOf(segments: readonly string[]): Route | undefined {
  const path = segments.join('/');
  if (Object.hasOwn(nodeRoutes, path)) {
    const kind = nodeRoutes[path];
    return kind && { kind };
  }
  const [root, ...rest] = segments;
  switch (root) {
    case 'exec':
    case 'attach':
    case 'run': {
      const target = containerTarget(rest);
      return target && { kind: root, target };
    }
    case 'containerLogs':
    case 'checkpoint': {
      // Neither has a form with the uid.
      const target = rest.length === 3 ? containerTarget(rest) : undefined;
      return target && { kind: root, target };
    }
    case 'portForward': {
      const [namespace, name, uid, ...more] = rest;
      if (namespace === undefined || name === undefined || more.length > 0) return undefined;
      return { kind: root, target: { namespace, name, uid } };
    }
    case 'logs':
      return { kind: 'nodeLogs' };
    default:
      return undefined;
  }
}

/** `{namespace}/{pod}/{container}`, or `{namespace}/{pod}/{uid}/{container}`. */
function containerTarget(segments: readonly string[]): ContainerTarget | undefined {
  const [namespace, name, third, fourth, ...more] = segments;
  if (namespace === undefined || name === undefined || third === undefined || more.length > 0) return undefined;
  if (fourth === undefined) return { namespace, name, uid: undefined, container: third };
  return { namespace, name, uid: third, container: fourth };
}

const methods: Partial<Record<RouteKind, readonly string[]>> = {
  // A WebSocket upgrade is a GET, a SPDY upgrade a POST.
  exec: ['GET', 'POST'],
  attach: ['GET', 'POST'],
  portForward: ['GET', 'POST'],
  run: ['POST'],
  checkpoint: ['POST'],
};

/** The methods that a route takes; everything that is not in the table is for reading. */
export function methodsOf(kind: RouteKind): readonly string[] {
  return methods[kind] ?? ['GET'];
}

/** The route of a target, or a 404 or 405. */
export function requireRoute({ route }: RequestTarget, method: string): Route {
  if (route === undefined) throw new Refusal('NotFound', '404 page not found');
  const allowed = methodsOf(route.kind);
  if (allowed.includes(method)) return route;
  throw new Refusal('InvalidInput', '405: Method Not Allowed', {
    httpStatus: 405,
    headers: { Allow: allowed.join(', ') },
  });
}

export function isUpgradeRoute(route: Route): route is UpgradeRoute {
  return route.kind === 'exec' || route.kind === 'attach' || route.kind === 'portForward';
}
