import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { it } from 'vitest';
import { systemClock } from '../../../src/runtime/clock.js';

it('closes what it opens', async () => {
  const server = createServer((peer) => peer.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').resume();
  await once(socket, 'close');
  server.close();
  systemClock.setTimer(60_000, () => undefined).cancel();
  await systemClock.sleep(1);
});
