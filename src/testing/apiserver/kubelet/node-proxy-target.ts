/** Which kubelet, and what there, a request to `nodes/…/proxy/…` is for. Pure. */
import { badRequest } from '../core/failures.js';

export interface NodeProxyTarget {
  readonly nodeName: string;
  /** Undefined: the kubelet's own. */
  readonly port: number | undefined;
  /** As the client wrote it, with the query. Empty: nothing after `proxy`, not even a slash. */
  readonly path: string;
}

/** `id` is `name`, `name:port` or `scheme:name:port`. Throws 400. */
export function nodeProxyTarget(id: string, url: string): NodeProxyTarget {
  const parts = id.split(':');
  const scheme = parts.length === 3 ? (parts[0] ?? '') : '';
  const [nodeName = '', port = ''] = parts.length === 3 ? parts.slice(1) : parts;
  const valid = parts.length <= 3 && nodeName !== '' && ['', 'http', 'https'].includes(scheme) && /^\d*$/.test(port);
  if (!valid) throw badRequest(`invalid node request ${JSON.stringify(id)}`);
  const rest = /^\/+api\/+v1\/+nodes\/+[^/]+\/+proxy(.*)$/.exec(url)?.[1] ?? '';
  return { nodeName, port: port === '' ? undefined : Number(port), path: rest };
}
