/** PodLogOptions: from the query of a client to the query for a kubelet. kubelet-protocol §5. Pure. */
import { ApiFailure } from '../core/api.js';
import { badRequest, Causes } from '../core/failures.js';
import { flag, text } from '../http/call.js';
import { integer } from '../http/selection.js';

/** Throws 400 for what cannot be read, and 422 with every cause for what makes no sense. */
export function logQuery(query: URLSearchParams, podName: string): URLSearchParams {
  const sinceSeconds = integer(query, 'sinceSeconds');
  const sinceTime = time(query, 'sinceTime');
  const tailLines = integer(query, 'tailLines');
  const limitBytes = integer(query, 'limitBytes');
  const stream = text(query, 'stream');

  const causes = new Causes();
  const above = 'must be greater than 0';
  if (tailLines !== undefined && tailLines < 0) {
    causes.invalid('tailLines', tailLines, 'must be greater than or equal to 0');
  }
  if (limitBytes !== undefined && limitBytes < 1) causes.invalid('limitBytes', limitBytes, above);
  if (sinceSeconds !== undefined && sinceTime !== undefined) {
    // A real apiserver's name for no field in particular.
    causes.forbidden('[]', 'at most one of `sinceTime` or `sinceSeconds` may be specified');
  } else if (sinceSeconds !== undefined && sinceSeconds < 1) causes.invalid('sinceSeconds', sinceSeconds, above);
  if (stream !== undefined && !streams.includes(stream)) causes.notSupported('stream', stream, streams);
  else if (stream !== undefined && stream !== 'All' && tailLines !== undefined) {
    causes.forbidden('[]', '`tailLines` and specific `stream` are mutually exclusive for now');
  }
  refuse(podName, causes);

  const answer = new URLSearchParams();
  for (const name of ['follow', 'previous', 'timestamps']) if (flag(query, name)) answer.set(name, 'true');
  const values = { sinceSeconds, sinceTime, tailLines, limitBytes, stream };
  for (const [name, value] of Object.entries(values)) if (value !== undefined) answer.set(name, String(value));
  return answer;
}

const streams = ['All', 'Stderr', 'Stdout'];

/** RFC 3339, to the second, in UTC. */
function time(query: URLSearchParams, name: string): string | undefined {
  const value = text(query, name);
  if (value === undefined) return undefined;
  const parsed = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value) ? Date.parse(value) : NaN;
  if (Number.isNaN(parsed)) {
    throw badRequest(
      `parsing time ${JSON.stringify(value)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(value)} as "2006"`,
    );
  }
  return `${new Date(parsed).toISOString().slice(0, 19)}Z`;
}

function refuse(podName: string, { list }: Causes): void {
  if (list.length === 0) return;
  const texts = list.map(({ field, message }) => (field === '' ? message : `${field}: ${message}`));
  const all = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  throw new ApiFailure(422, 'Invalid', `PodLogOptions ${JSON.stringify(podName)} is invalid: ${all}`, {
    name: podName,
    kind: 'PodLogOptions',
    causes: list.map(({ field, reason, message }) => ({ reason, message, field })),
  });
}
