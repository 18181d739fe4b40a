/**
 * The connections of a server. A stranger is one of which no request has been authenticated yet.
 *
 * Invariants
 * 1. There are never more strangers than `maxStrangers`: one more, and the oldest is cut. So however many connections
 *    somebody without credentials opens, callers with credentials get in.
 * 2. Every socket is followed from its arrival to its close, upgraded ones too, so that closing the server ends it.
 */
import type { Socket } from 'node:net';
import type { TrustedBundle } from '../auth/peer-certificate.js';

interface Connection {
  readonly socket: Socket;
  /** The authorities that its handshake goes by. */
  readonly bundle: TrustedBundle | undefined;
}

export class Connections {
  readonly #maxStrangers: number;
  /** All sockets, by the addresses and ports of both ends, which the TLS socket on top shares. */
  readonly #all = new Map<string, Connection>();
  /** In order of arrival. */
  readonly #strangers = new Map<string, Socket>();

  constructor(maxStrangers: number) {
    this.#maxStrangers = maxStrangers;
  }

  get size(): number {
    return this.#all.size;
  }

  get strangers(): number {
    return this.#strangers.size;
  }

  add(socket: Socket, bundle: TrustedBundle | undefined): void {
    const key = keyOf(socket);
    if (key === undefined) {
      socket.destroy();
      return;
    }
    this.#all.set(key, { socket, bundle });
    this.#strangers.set(key, socket);
    socket.once('close', () => {
      if (this.#all.get(key)?.socket === socket) this.#all.delete(key);
      if (this.#strangers.get(key) === socket) this.#strangers.delete(key);
    });
    if (this.#strangers.size <= this.#maxStrangers) return;
    const [oldest] = this.#strangers;
    if (oldest === undefined) return;
    this.#strangers.delete(oldest[0]);
    oldest[1].destroy();
  }

  /** The peer of this socket, or of the one below it, has proved who it is. */
  known(socket: Socket): void {
    const key = keyOf(socket);
    if (key !== undefined) this.#strangers.delete(key);
  }

  /** The authorities of when the connection of this socket, or of the one below it, arrived. */
  bundleOf(socket: Socket): TrustedBundle | undefined {
    const key = keyOf(socket);
    return key === undefined ? undefined : this.#all.get(key)?.bundle;
  }

  destroyAll(): void {
    for (const { socket } of this.#all.values()) socket.destroy();
  }
}

/** Undefined when the peer has gone already. */
function keyOf({ localAddress, localPort, remoteAddress, remotePort }: Socket): string | undefined {
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  // One port of a peer's may be at both ends of two connections, to two addresses of this machine's.
  return [remoteAddress, remotePort, localAddress, localPort].join(' ');
}
