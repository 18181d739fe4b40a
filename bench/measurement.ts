/** What a benchmark says, and how it is printed. */

export interface Measurement {
  /** Number in the list of targets, such as `P1`. */
  readonly id: string;
  /** What was measured. */
  readonly what: string;
  readonly target: string;
  readonly measured: string;
  /** Whether the target is met. Left out where there is none: the row is there to explain another. */
  readonly met?: boolean;
}

/** A benchmark: runs within the bound that it states, and throws {@link Skipped} if it cannot run here. */
export interface Benchmark {
  readonly name: string;
  readonly about: string;
  readonly run: () => Promise<readonly Measurement[]>;
}

/** Why a benchmark was not run, with what it needs. */
export class Skipped extends Error {
  override readonly name = 'Skipped';
}

/** Rows of a Markdown table, its columns as wide as they need to be. */
export function markdownTable(measurements: readonly Measurement[]): string {
  const rows = [
    ['#', 'What', 'Target', 'Measured', 'Verdict'],
    ...measurements.map(({ id, what, target, measured, met }) => [id, what, target, measured, verdict(met)]),
  ];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length), 3));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}

function verdict(met: boolean | undefined): string {
  if (met === undefined) return '';
  return met ? 'met' : 'missed';
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}
