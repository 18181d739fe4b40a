/** A command as the one text that the cloud's exec takes. */
import { VkError } from 'vk-sdk';

/** What needs no quotes in any shell's eyes. */
const plain = /^[\w@%+=:,./-]+$/;

/**
 * Words as a POSIX shell would read them again; plain ones as they are. A command of one word is left alone: the cloud takes
 * it for the path of a program. Throws `InvalidInput` for what no line can hold.
 */
export function commandLine(command: readonly string[]): string {
  const [program = '', ...args] = command;
  if (program === '') throw new VkError('InvalidInput', 'exec: no command is given');
  if (command.some((word) => /[\0\r\n]/.test(word))) {
    throw new VkError(
      'InvalidInput',
      'exec: the cloud takes a command of one line; put what has several into a file, or send it to the input of a shell',
    );
  }
  if (args.length === 0) return program;
  return command.map((word) => (plain.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}
