import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { it } from 'vitest';

it('leaves both ends of a connection open', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await Promise.all([once(socket, 'connect'), once(server, 'connection')]);
  socket.unref();
  server.close();
});
