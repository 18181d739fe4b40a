/**
 * How a command gets into a container whose cloud takes the path of a program and nothing else: its documentation says so,
 * though some of it splits the text at spaces. Neighbour: `typed-session.ts`, which carries it out.
 */
import { VkError, type AttachIO } from 'vk-sdk';
import type { OperatingSystem } from '../mapping/index.js';

export interface ExecPlan {
  /** The text that the cloud takes. */
  readonly program: string;
  /** What is typed into it first. Undefined for a program that is started as it is. */
  readonly typed?: string;
}

/** Ends what the shell says before the command begins: prompts, and the echo of what was typed. */
export const beginMark = '\x1e';

const shell = '/bin/sh';
/** What needs no quotes. */
const plain = /^[\w@%+=:,./-]+$/;
/** A terminal takes no longer lines (N_TTY, 4096 with their end), and acts on most control characters. */
export const longestLine = 4_000;
const typeable = /^[^\x00-\x09\x0b-\x1f\x7f]*$/;

/**
 * A program by itself is started as it is; a command with arguments is typed into a shell of the container, which it then
 * takes the place of. So is one with input from a client that has no terminal, as the input would be echoed otherwise.
 * Windows has no such shell: there words are joined, for a cloud that splits them. Throws `InvalidInput` for what cannot be
 * said this way.
 */
export function execPlan(
  command: readonly string[],
  { tty, stdin }: Pick<AttachIO, 'tty' | 'stdin'>,
  operatingSystem: OperatingSystem,
): ExecPlan {
  const [program = '', ...args] = command;
  if (program === '') throw new VkError('InvalidInput', 'exec: no command is given');
  if (operatingSystem === 'Windows') return joined(command);
  if (args.length === 0 && /^\S+$/.test(program) && (tty || stdin === undefined)) return { program };
  const words = command.map((word) => (plain.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
  // What is typed is not shown, and what is printed stays as it is: no carriage returns are put in.
  const silence = tty ? '' : 'stty -echo -opost 2>/dev/null; ';
  const typed = ` ${silence}printf '\\036'; exec ${words}\n`;
  if (!typeable.test(typed) || typed.split('\n').some((line) => Buffer.byteLength(line) > longestLine)) {
    throw new VkError(
      'InvalidInput',
      `exec: the command has to be typed, so no control characters and no lines of more than ${longestLine} bytes; ` +
        'send what has them to the input of a shell',
    );
  }
  return { program: shell, typed };
}

function joined(command: readonly string[]): ExecPlan {
  if (command.every((word) => /^[^\s"']+$/.test(word))) return { program: command.join(' ') };
  throw new VkError(
    'InvalidInput',
    'exec: the cloud splits a command at its spaces; words with spaces or quotes get lost',
  );
}
