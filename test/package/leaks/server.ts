import { createServer } from 'node:http';
import { it } from 'vitest';

it('leaves a server listening', () => {
  createServer().listen(0, '127.0.0.1').unref();
});
