/** Requests that an apiserver has served, read from its metrics: what a benchmark divides by its number of pods. */

/** Requests of one kind since the apiserver started. */
export interface RequestCount {
  /** As the apiserver names it, in upper case: `GET`, `LIST`, `WATCH`, `POST`, `PUT`, `PATCH`, `DELETE`. */
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  /** Empty for the object itself. */
  readonly subresource: string;
  readonly code: number;
  readonly count: number;
}

const line = /^apiserver_request_total\{(.*)\} (\S+)$/;
const label = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** Reads `apiserver_request_total` out of a page of Prometheus' text format. */
export function parseRequestCounts(metrics: string): RequestCount[] {
  const counts: RequestCount[] = [];
  for (const text of metrics.split('\n')) {
    const match = line.exec(text);
    if (!match) continue;
    const labels = Object.fromEntries(
      [...(match[1] ?? '').matchAll(label)].map(([, name = '', value = '']) => [name, value]),
    );
    counts.push({
      verb: labels['verb'] ?? '',
      group: labels['group'] ?? '',
      resource: labels['resource'] ?? '',
      subresource: labels['subresource'] ?? '',
      code: Number(labels['code']),
      count: Number(match[2]),
    });
  }
  return counts;
}

/** What was served between two readings. Kinds without a new request are left out. */
export function requestsBetween(before: readonly RequestCount[], after: readonly RequestCount[]): RequestCount[] {
  const key = (count: RequestCount): string =>
    [count.verb, count.group, count.resource, count.subresource, count.code].join(' ');
  const sum = (counts: readonly RequestCount[]): Map<string, RequestCount> => {
    const sums = new Map<string, RequestCount>();
    for (const each of counts) {
      sums.set(key(each), { ...each, count: each.count + (sums.get(key(each))?.count ?? 0) });
    }
    return sums;
  };
  const earlier = sum(before);
  return [...sum(after).values()]
    .map((each) => ({ ...each, count: each.count - (earlier.get(key(each))?.count ?? 0) }))
    .filter((each) => each.count > 0);
}
