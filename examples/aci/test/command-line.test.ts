import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { commandLine } from '../src/streams/command-line.js';

describe('a command for the exec of the cloud', () => {
  it('of one word is the path of a program, whatever is in it', () => {
    expect(commandLine(['/bin/my shell'])).toBe('/bin/my shell');
  });

  it('keeps plain words as they are', () => {
    expect(commandLine(['ls', '-la', '/var/log', 'a=b'])).toBe('ls -la /var/log a=b');
  });

  it('is read by a shell as the words that it was made of', () => {
    const words = ['', ' ', 'a b', "it's", '"', '$HOME', '`id`', '\\', '*', 'ä', "''", '; exit 1', '\t'];
    const line = commandLine(['printf', '%s|', ...words]);
    expect(execFileSync('sh', ['-c', line]).toString()).toBe(words.map((word) => `${word}|`).join(''));
  });

  it.each([[['sh', '-c', 'echo a\necho b']], [['sh', '\0']], [['']], [[]]])('refuses %j', (command) => {
    expect(() => commandLine(command)).toThrow(/^exec: /);
  });
});
