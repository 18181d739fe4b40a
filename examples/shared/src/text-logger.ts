import type { Logger } from 'vk-sdk';

const levels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof levels)[number];

export function isLogLevel(text: string): text is LogLevel {
  return (levels as readonly string[]).includes(text);
}

/** Writes lines of `time level message key=value …` from `least` up. Default: to stderr. */
export function textLogger(
  least: LogLevel,
  write: (line: string) => void = (line) => process.stderr.write(line),
): Logger {
  const logAt =
    (level: LogLevel) =>
    (fields: object, message: string): void => {
      if (levels.indexOf(level) < levels.indexOf(least)) return;
      const details = Object.entries(fields).map(([key, value]) => ` ${key}=${format(value)}`);
      write(`${new Date().toISOString()} ${level.padEnd(5)} ${message}${details.join('')}\n`);
    };
  return { debug: logAt('debug'), info: logAt('info'), warn: logAt('warn'), error: logAt('error') };
}

function format(value: unknown): string {
  if (value instanceof Error) return JSON.stringify(value.message);
  if (value === undefined) return 'undefined';
  return typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}
