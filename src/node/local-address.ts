/** Which of this machine's addresses the apiserver would see. */
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import type { KubeApi } from '../kube/api.js';
import { VkError } from '../runtime/errors.js';

/**
 * The local address of the route to the apiserver: a UDP socket is connected to it, which asks the routing table and sends
 * nothing. Rejects with `InvalidInput` if that cannot be told.
 */
export async function addressTowards(client: KubeApi, nodeName: string): Promise<string> {
  const server = serverOf(client);
  const remedy = 'set internalIP of the option node, or host of the option kubelet';
  if (server === undefined) {
    throw new VkError('InvalidInput', `node ${nodeName}: its address cannot be told from this client; ${remedy}`);
  }
  const { hostname, port, protocol } = new URL(server);
  try {
    const { address, family } = await lookup(hostname.replace(/^\[|\]$/g, ''));
    return await routeAddress(address, family, Number(port || (protocol === 'https:' ? 443 : 80)));
  } catch (cause) {
    const text = `node ${nodeName}: its address cannot be told from the route to ${hostname}; ${remedy}`;
    throw new VkError('InvalidInput', text, { cause });
  }
}

async function routeAddress(address: string, family: number, port: number): Promise<string> {
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  try {
    socket.connect(port, address);
    await once(socket, 'connect');
    return socket.address().address;
  } finally {
    socket.close();
  }
}

/** A `KubeClient` knows; whatever else implements the interface may not. */
function serverOf(client: KubeApi & { readonly connection?: { readonly server?: unknown } }): string | undefined {
  const server = client.connection?.server;
  return typeof server === 'string' && URL.canParse(server) ? server : undefined;
}
