import { describe, expect, it } from 'vitest';
import {
  parseCommand,
  parseRequestedStreams,
  parseRunCommand,
} from '../../../src/stream/remote-command/remote-command-query.js';

const none = { stdin: false, stdout: false, stderr: false, tty: false };

describe('the query of an exec or attach', () => {
  it.each([
    ['input=1&output=1&error=1', { ...none, stdin: true, stdout: true, stderr: true }],
    ['output=1', { ...none, stdout: true }],
    ['input=1&output=true&error=yes&tty=on', { ...none, stdin: true }],
    ['input=1&output=01&error=2&tty=', { ...none, stdin: true }],
    ['input=1&input=0', { ...none, stdin: true }],
  ])('kubelet-protocol §1: asks for a stream by the exact value 1: %s', (query, wanted) => {
    expect(parseRequestedStreams(new URLSearchParams(query))).toEqual(wanted);
  });

  it('kubelet-protocol §1: drops stderr without a word where there is a terminal', () => {
    const query = new URLSearchParams('input=1&output=1&error=1&tty=1');
    expect(parseRequestedStreams(query)).toEqual({ stdin: true, stdout: true, stderr: false, tty: true });
  });

  it.each(['', 'tty=1', 'error=1&tty=1', 'output=true'])(
    'kubelet-protocol §1: is refused with 400 when it asks for no stream: %j',
    (query) => {
      expect(() => parseRequestedStreams(new URLSearchParams(query))).toThrow(
        expect.objectContaining({
          httpStatus: 400,
          message: 'you must specify at least 1 of stdin, stdout, stderr',
        }),
      );
    },
  );

  it('kubelet-protocol §1: repeats command for each argument, which may hold anything', () => {
    const command = ['sh', '-c', 'echo "a b" && x=1', '', 'ü\n'];
    const query = new URLSearchParams(command.map((argument): [string, string] => ['command', argument]));
    expect(parseCommand(query)).toEqual(command);
  });

  it.each(['', 'command=', 'command=&command=ls'])('is refused with 400 without a program to run: "%s"', (query) => {
    expect(() => parseCommand(new URLSearchParams(query))).toThrow(expect.objectContaining({ httpStatus: 400 }));
  });

  it('has the words of a run in cmd', () => {
    expect(parseRunCommand(new URLSearchParams('cmd=ls+-l%20/tmp'))).toEqual(['ls', '-l', '/tmp']);
    expect(() => parseRunCommand(new URLSearchParams('cmd=+'))).toThrow(expect.objectContaining({ httpStatus: 400 }));
  });
});
