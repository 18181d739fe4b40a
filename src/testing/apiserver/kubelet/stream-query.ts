/** Options of exec, attach and port-forward: from the query of a client to the query for a kubelet. kubelet-protocol §1. Pure. */
import { flag } from '../http/call.js';

/** `stdin=true` becomes `input=1`; a stream that is not asked for is left out. */
export function remoteCommandQuery(query: URLSearchParams): URLSearchParams {
  const answer = new URLSearchParams();
  for (const command of query.getAll('command')) answer.append('command', command);
  for (const [ours, theirs] of streamNames) if (flag(query, ours)) answer.set(theirs, '1');
  return answer;
}

/** Clients that name their ports do so once for each; SPDY clients name them in each stream instead. */
export function portForwardQuery(query: URLSearchParams): URLSearchParams {
  const ports = query.getAll('ports').flatMap((each) => each.split(','));
  return new URLSearchParams(ports.length === 0 ? {} : { port: ports.join(',') });
}

const streamNames = [
  ['stderr', 'error'],
  ['stdin', 'input'],
  ['stdout', 'output'],
  ['tty', 'tty'],
] as const;
