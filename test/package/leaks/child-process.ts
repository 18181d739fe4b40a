import { spawn } from 'node:child_process';
import { it } from 'vitest';

it('leaves a child process running', () => {
  spawn(process.execPath, ['--eval', 'setTimeout(() => {}, 5000)'], { stdio: 'ignore' });
});
