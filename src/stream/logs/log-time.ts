/**
 * Times of log lines. A number of milliseconds cannot tell lines of one millisecond apart, and JavaScript's dates cut
 * nanoseconds off, so a time is kept in two whole numbers. Pure.
 */

export interface LogTime {
  /** Since the epoch. */
  readonly ms: number;
  /** Beyond the millisecond, 0 to 999,999. */
  readonly nanos: number;
}

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/;

/** What Go's `time.RFC3339` parses: any number of fractional digits (those after the ninth say nothing), real dates only. */
export function parseLogTime(text: string): LogTime | undefined {
  const match = rfc3339.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const fraction = (match[7] ?? '').slice(0, 9).padEnd(9, '0');
  const offset = offsetMinutes(match[8] ?? 'Z');
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59 || offset === undefined) return undefined;
  // Date.UTC takes years below 100 for those of the last century.
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute - offset, second, Number(fraction.slice(0, 3)));
  return { ms: date.getTime(), nanos: Number(fraction.slice(3)) };
}

/** As the kubelet writes times in front of lines: UTC, nine fractional digits. */
export function formatLogTime({ ms, nanos }: LogTime): string {
  return `${new Date(ms).toISOString().slice(0, -1)}${String(nanos).padStart(6, '0')}Z`;
}

export function isBefore(time: LogTime, other: LogTime): boolean {
  return time.ms < other.ms || (time.ms === other.ms && time.nanos < other.nanos);
}

function offsetMinutes(zone: string): number | undefined {
  if (zone === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4, 6));
  if (hours > 24 || minutes > 59) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

function daysIn(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
}
