import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { KubeClient } from '../../src/kube/client.js';
import { staticConnection } from '../../src/kube/connection.js';
import { pods } from '../../src/kube/resources.js';

it('keeps a connection through calls of every kind, deletes with options among them', async () => {
  let connections = 0;
  const server = createServer((request, response) => {
    request.resume().once('end', () => response.end('{"metadata":{"name":"web"}}'));
  }).listen(0, '127.0.0.1');
  server.on('connection', () => (connections += 1));
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new KubeClient(staticConnection(url), { connections: 1 });
  const at = { namespace: 'default', name: 'web' };
  for (let round = 0; round < 3; round += 1) {
    await client.delete(pods, at, { gracePeriodSeconds: 0, uid: 'x' });
    await client.patch(pods, at, 'merge', {});
    await client.get(pods, at);
  }
  expect(connections).toBe(1);
  await client.close();
  await once(server.close(), 'close');
});
