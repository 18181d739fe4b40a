/** What of a request for a way into a pod concerns the kubelet: its path there. Pure. */
import type { Pod } from '../../../kube/types.js';
import { text } from '../http/call.js';
import { chooseContainer } from './container-choice.js';
import { logQuery } from './log-query.js';
import { portForwardQuery, remoteCommandQuery } from './stream-query.js';

export type WayIn = 'log' | 'exec' | 'attach' | 'portforward';

export function isWayIn(subresource: string | undefined): subresource is WayIn {
  return subresource === 'log' || subresource === 'exec' || subresource === 'attach' || subresource === 'portforward';
}

/** Path and query at the kubelet. Throws what a real apiserver answers to a request that makes no sense. */
export function kubeletPath(wayIn: WayIn, pod: Pod, query: URLSearchParams): string {
  const { namespace = '', name = '' } = pod.metadata;
  const at = `${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
  if (wayIn === 'portforward') return withQuery(`/portForward/${at}`, portForwardQuery(query));
  const options = wayIn === 'log' ? logQuery(query, name) : remoteCommandQuery(query);
  const container = chooseContainer(pod, text(query, 'container'));
  return withQuery(`/${wayIn === 'log' ? 'containerLogs' : wayIn}/${at}/${encodeURIComponent(container)}`, options);
}

function withQuery(path: string, query: URLSearchParams): string {
  query.sort();
  return query.size === 0 ? path : `${path}?${query.toString()}`;
}
