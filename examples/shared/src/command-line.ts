/** Flags as Go programs take them: `--name value`, `--name=value`, an environment variable behind some of them. */
import { parseArgs } from 'node:util';

export interface Flag {
  /** Boolean flags take no value, or `=true` or `=false`. Default: `string`. */
  readonly type?: 'string' | 'boolean';
  /** What the value is, in the usage text. */
  readonly value?: string;
  readonly help: string;
  /** Variable that counts where the flag is not given. An empty one does not. */
  readonly env?: string;
  readonly default?: string;
}

export interface Command<Name extends string = string> {
  /** How it is started: the first line of the usage text. */
  readonly usage: string;
  readonly flags: Readonly<Record<Name, Flag>>;
}

/** Values by flag. One that was not given, and has no default, is not there; a boolean one is `'true'`. */
export type Flags<Name extends string = string> = Readonly<Partial<Record<Name, string>>>;

/** The command line cannot be understood, or asks for help: `exitCode` 2 or 0. The message is for the terminal. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly exitCode: number;

  constructor(message: string, exitCode = 2) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Throws `UsageError` for a flag that is not known, for one without its value, for stray words and for `--help`. */
export function parseCommandLine<Name extends string>(
  command: Command<Name>,
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Flags<Name> {
  const specs = Object.entries<Flag>(command.flags);
  const options = Object.fromEntries(specs.map(([name, { type = 'string' }]) => [name, { type }]));
  let given: Record<string, string | boolean | undefined>;
  try {
    const args = withPlainBooleans(command, argv);
    given = parseArgs({ args, options: { ...options, help: { type: 'boolean', short: 'h' } }, strict: true }).values;
  } catch (error) {
    throw new UsageError(`${firstSentence(error)}\n\n${usageText(command)}`);
  }
  if (given['help'] === true) throw new UsageError(usageText(command), 0);
  return Object.fromEntries(
    specs.flatMap(([name, flag]) => {
      const value = textOf(given[name]) || (flag.env && env[flag.env]) || flag.default;
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  ) as Flags<Name>;
}

function textOf(value: string | boolean | undefined): string | undefined {
  return typeof value === 'boolean' ? String(value) : value;
}

/** `--flag=true` and `--flag=false`, which Go takes and `parseArgs` does not. */
function withPlainBooleans(command: Command, argv: readonly string[]): string[] {
  return argv.flatMap((word) => {
    const [, name = '', value] = /^--([^=]+)=(true|false)$/.exec(word) ?? [];
    if (command.flags[name]?.type !== 'boolean') return [word];
    return value === 'true' ? [`--${name}`] : [];
  });
}

/** What comes after it is advice on syntax that nobody asked for. */
function firstSentence(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('. ')[0] ?? message;
}

function usageText(command: Command): string {
  const rows = Object.entries(command.flags).map(([name, flag]) => {
    const origin = [
      ...(flag.default === undefined ? [] : [`default ${flag.default}`]),
      ...(flag.env === undefined ? [] : [`env ${flag.env}`]),
    ];
    const left = flag.type === 'boolean' ? `--${name}` : `--${name} ${flag.value ?? 'VALUE'}`;
    return [left, `${flag.help}${origin.length === 0 ? '' : ` (${origin.join(', ')})`}`] as const;
  });
  const width = Math.max(...rows.map(([left]) => left.length));
  return [`Usage: ${command.usage}`, '', ...rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)].join(
    '\n',
  );
}
