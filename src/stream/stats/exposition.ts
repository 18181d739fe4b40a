/** Prometheus' text format, version 0.0.4, with timestamps, which prom-client does not write. Pure. */

export type MetricType = 'counter' | 'gauge';

export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
  /** Milliseconds since the epoch. Left out: the time of the scrape. */
  readonly timestampMs?: number;
}

export interface SampleFamily {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly samples: readonly Sample[];
}

export const expositionType = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Families without samples are left out, as are samples whose value is no finite number, and all but the first of those
 * with the same labels: one of either makes a scraper refuse the whole answer.
 */
export function renderExposition(families: Iterable<SampleFamily>): string {
  return [...families].map(renderFamily).join('');
}

function renderFamily({ name, help, type, samples }: SampleFamily): string {
  const lines = new Map<string, string>();
  for (const { labels = {}, value, timestampMs } of samples) {
    if (!Number.isFinite(value)) continue;
    const series = name + renderLabels(labels);
    const time = timestampMs === undefined ? '' : ` ${Math.round(timestampMs)}`;
    if (!lines.has(series)) lines.set(series, `${series} ${value}${time}\n`);
  }
  if (lines.size === 0) return '';
  return `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n${[...lines.values()].join('')}`;
}

/** In the order in which they are given: metrics-server looks for `container`, `namespace` and `pod` in this order. */
function renderLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeValue(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeValue(value: string): string {
  return value.replace(/["\\\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}

function escapeHelp(help: string): string {
  return help.replace(/[\\\n]/g, (character) => (character === '\n' ? '\\n' : '\\\\'));
}
