import { UsageError } from './command-line.js';

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** Milliseconds of a duration as Go writes it: `500ms`, `1m`, `1h30m`, `0`. Throws `UsageError` for anything else. */
export function parseDuration(flag: string, text: string): number {
  if (text === '0') return 0;
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text))
    throw new UsageError(`${flag}: "${text}" is not a duration such as 500ms, 30s or 1m30s`);
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)(ms|s|m|h)/g)) {
    total += Number(amount) * unitMs[unit as keyof typeof unitMs];
  }
  return total;
}
