/**
 * What metrics-server makes of a kubelet's `/metrics/resource`. kubelet-protocol §6. Pure.
 *
 * A pod of which one container has no CPU or memory, or zero, is dropped, and a node likewise. CPU is what was used
 * between two readings, so after the first one there is nothing to say.
 */

/** What a node, or a container, had used by `timeMs`. */
export interface Reading {
  readonly timeMs: number;
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
}

/** One answer of a kubelet. */
export interface Scrape {
  readonly node: Reading | undefined;
  /** By namespace and name, then by container. */
  readonly pods: ReadonlyMap<string, ReadonlyMap<string, Reading>>;
}

export interface Usage {
  readonly timestamp: string;
  /** As Go prints a duration. */
  readonly window: string;
  readonly usage: { readonly cpu: string; readonly memory: string };
}

/** The lines that metrics-server reads, of whatever else there is. */
export function parseScrape(text: string, nowMs: number): Scrape {
  const node: Partial<Mutable<Reading>> = {};
  const pods = new Map<string, Map<string, Partial<Mutable<Reading>>>>();
  for (const line of text.split('\n')) {
    const match = /^([a-z_]+)(?:\{(.*)\})? (\S+)(?: (\d+))?$/.exec(line);
    if (match === null) continue;
    const [, name = '', labelText = '', value = '', time] = match;
    const field = fields[name];
    if (field === undefined) continue;
    const reading = name.startsWith('node_') ? node : containerReading(pods, labels(labelText));
    reading[field] = Number(value);
    reading.timeMs = time === undefined ? nowMs : Number(time);
  }
  return {
    node: complete(node),
    pods: new Map(
      [...pods].flatMap(([pod, containers]) => {
        const readings = [...containers].flatMap(([container, reading]) => {
          const whole = complete(reading);
          return whole === undefined ? [] : [[container, whole] as const];
        });
        return readings.length === containers.size ? [[pod, new Map(readings)] as const] : [];
      }),
    ),
  };
}

/** Between two readings. Undefined where there is only one, or where the counter has begun anew. */
export function usageBetween(previous: Reading | undefined, latest: Reading): Usage | undefined {
  if (previous === undefined) return undefined;
  const windowSeconds = (latest.timeMs - previous.timeMs) / 1000;
  const seconds = latest.cpuSeconds - previous.cpuSeconds;
  if (windowSeconds <= 0 || seconds < 0) return undefined;
  return {
    timestamp: `${new Date(latest.timeMs).toISOString().slice(0, 19)}Z`,
    window: `${windowSeconds}s`,
    usage: {
      cpu: `${Math.round((seconds / windowSeconds) * 1e9)}n`,
      memory: `${Math.ceil(latest.memoryBytes / 1024)}Ki`,
    },
  };
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

const fields: Readonly<Record<string, 'cpuSeconds' | 'memoryBytes'>> = {
  node_cpu_usage_seconds_total: 'cpuSeconds',
  node_memory_working_set_bytes: 'memoryBytes',
  container_cpu_usage_seconds_total: 'cpuSeconds',
  container_memory_working_set_bytes: 'memoryBytes',
};

function complete({ timeMs, cpuSeconds, memoryBytes }: Partial<Reading>): Reading | undefined {
  return timeMs && cpuSeconds && memoryBytes ? { timeMs, cpuSeconds, memoryBytes } : undefined;
}

function containerReading(
  pods: Map<string, Map<string, Partial<Mutable<Reading>>>>,
  { namespace = '', pod = '', container = '' }: Readonly<Record<string, string>>,
): Partial<Mutable<Reading>> {
  const key = `${namespace}/${pod}`;
  const containers = pods.get(key) ?? new Map<string, Partial<Mutable<Reading>>>();
  pods.set(key, containers);
  const reading = containers.get(container) ?? {};
  containers.set(container, reading);
  return reading;
}

function labels(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)];
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, value]));
}
