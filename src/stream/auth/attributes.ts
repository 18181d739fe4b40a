/** Which rights a request needs. kubelet-protocol §6. */
import { Refusal } from '../refusal.js';
import type { NodeAttributes } from './authorizer.js';

export interface AttributeOptions {
  /**
   * Goes by the method alone on routes that execute, as the kubelet does: `get nodes/proxy` then runs commands in every
   * container, since a WebSocket is opened by a GET. Default: false, and `create` is asked for.
   */
  readonly getMayExecute?: boolean;
}

const verbs: Readonly<Record<string, string>> = {
  GET: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** By the first segment of the path; of several the first that is allowed suffices. */
const subresources: Readonly<Record<string, readonly string[]>> = {
  stats: ['stats'],
  metrics: ['metrics'],
  checkpoint: ['checkpoint'],
  logs: ['log'],
  pods: ['pods', 'proxy'],
  runningpods: ['pods', 'proxy'],
  healthz: ['healthz', 'proxy'],
  configz: ['configz', 'proxy'],
};

const executing: readonly string[] = ['exec', 'attach', 'run', 'portForward'];

/**
 * The questions to ask, in order. `root` is the first segment of the path. Throws a 405 for a method that no route of
 * a kubelet has and no right is named after.
 */
export function attributesFor(
  root: string,
  method: string,
  nodeName: string,
  options: AttributeOptions = {},
): readonly [NodeAttributes, ...NodeAttributes[]] {
  const byMethod = Object.hasOwn(verbs, method) ? verbs[method] : undefined;
  if (byMethod === undefined) {
    throw new Refusal('InvalidInput', '405: Method Not Allowed', { httpStatus: 405, headers: { Allow: 'GET, POST' } });
  }
  const verb = executing.includes(root) && options.getMayExecute !== true ? 'create' : byMethod;
  const [first, ...others] = Object.hasOwn(subresources, root) ? (subresources[root] ?? []) : [];
  const attributes = (subresource: string): NodeAttributes => ({ verb, nodeName, subresource });
  return [attributes(first ?? 'proxy'), ...others.map(attributes)];
}
