/** Free loopback ports. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/**
 * `count` distinct ports that are free now. Another process may take one before it is used: whoever starts a server on
 * one tries again with others when that happens.
 */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
