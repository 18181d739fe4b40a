/**
 * What metrics-server makes of `/metrics/resource`: an account of its rules (kubelet-protocol §6), by which the tests tell
 * whether `kubectl top` would show a node and its pods.
 */

export interface Point {
  timestampMs: number;
  cpuNanos: number;
  memoryBytes: number;
  startSeconds?: number;
}

export interface Scrape {
  readonly node: Point | undefined;
  /** By `namespace/pod`, then by container. */
  readonly pods: ReadonlyMap<string, ReadonlyMap<string, Point>>;
}

const series =
  /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)*\})? (\S+)(?: (-?\d+))?$/;

/** Throws for what a Prometheus parser refuses: then nothing of the answer counts. */
export function scrape(text: string, scrapedAtMs: number): Scrape {
  const node: Point = { timestampMs: 0, cpuNanos: 0, memoryBytes: 0 };
  const pods = new Map<string, Map<string, Point>>();
  const container = (labels: string): Point => {
    // It cuts the values out by these names, in this order.
    const [, name, namespace, pod] = /^\{container="([^"]*)",namespace="([^"]*)",pod="([^"]*)"\}$/.exec(labels) ?? [];
    if (name === undefined) throw new Error(`labels that metrics-server does not find: ${labels}`);
    const key = `${namespace}/${pod}`;
    const containers = pods.get(key) ?? new Map<string, Point>();
    pods.set(key, containers);
    const point = containers.get(name) ?? { timestampMs: 0, cpuNanos: 0, memoryBytes: 0 };
    containers.set(name, point);
    return point;
  };
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line has no end');
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const match = series.exec(line);
    const value = Number(match?.[3]);
    if (match === null || Number.isNaN(value)) throw new Error(`line that Prometheus does not parse: ${line}`);
    const [, name, labels = '', , time] = match;
    const timestampMs = time === undefined ? scrapedAtMs : Number(time);
    switch (name) {
      case 'node_cpu_usage_seconds_total':
        Object.assign(node, { cpuNanos: Math.floor(value * 1e9), timestampMs });
        break;
      case 'node_memory_working_set_bytes':
        Object.assign(node, { memoryBytes: Math.floor(value), timestampMs });
        break;
      case 'container_cpu_usage_seconds_total':
        Object.assign(container(labels), { cpuNanos: Math.floor(value * 1e9), timestampMs });
        break;
      case 'container_memory_working_set_bytes':
        Object.assign(container(labels), { memoryBytes: Math.floor(value), timestampMs });
        break;
      case 'container_start_time_seconds':
        Object.assign(container(labels), { startSeconds: value });
        break;
      default:
    }
  }
  const complete = (point: Point): boolean => point.timestampMs > 0 && point.cpuNanos > 0 && point.memoryBytes > 0;
  return {
    node: complete(node) ? node : undefined,
    pods: new Map([...pods].filter(([, containers]) => [...containers.values()].every(complete))),
  };
}

/** Cores between two scrapes of one thing, as `kubectl top` shows them; an error where metrics-server reports one. */
export function cores(before: Point, after: Point): number {
  if (after.cpuNanos < before.cpuNanos) throw new Error('unexpected decrease in cumulative CPU usage value');
  if (after.timestampMs <= before.timestampMs) throw new Error('no new sample');
  return (after.cpuNanos - before.cpuNanos) / 1e6 / (after.timestampMs - before.timestampMs);
}
