/** What an exec or attach asks for in its query. Pure. kubelet-protocol §1. */
import { Refusal } from '../refusal.js';
import type { RequestedStreams } from './session.js';

/**
 * The streams asked for: those whose parameter is exactly `1`. A terminal has one output, so `tty` drops stderr without
 * a word, as the kubelet does. Throws a {@link Refusal} (400) when nothing is left.
 */
export function parseRequestedStreams(query: URLSearchParams): RequestedStreams {
  const tty = query.get('tty') === '1';
  const stdin = query.get('input') === '1';
  const stdout = query.get('output') === '1';
  const stderr = query.get('error') === '1' && !tty;
  if (!stdin && !stdout && !stderr) {
    throw new Refusal('InvalidInput', 'you must specify at least 1 of stdin, stdout, stderr');
  }
  return { stdin, stdout, stderr, tty };
}

/** The command of an exec, an argument for each `command`. Throws a {@link Refusal} (400) if there is none. */
export function parseCommand(query: URLSearchParams): string[] {
  const command = query.getAll('command');
  if ((command[0] ?? '') === '') throw new Refusal('InvalidInput', 'you must specify a command');
  return command;
}

/** The command of a run: the words of `cmd`, apart by spaces, which cannot be escaped. */
export function parseRunCommand(query: URLSearchParams): string[] {
  const command = (query.get('cmd') ?? '').split(' ').filter((word) => word !== '');
  if (command.length === 0) throw new Refusal('InvalidInput', 'you must specify a command in the query parameter cmd');
  return command;
}
