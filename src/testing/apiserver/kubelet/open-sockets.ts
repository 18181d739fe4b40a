/** Sockets that are open, for whoever has to end them all. */
import type { Duplex } from 'node:stream';

export class OpenSockets {
  readonly #open = new Set<Duplex>();

  add(socket: Duplex): void {
    if (socket.closed || this.#open.has(socket)) return;
    this.#open.add(socket);
    // Whoever uses the socket sees how it ended.
    socket.on('error', () => undefined);
    socket.once('close', () => this.#open.delete(socket));
  }

  /** Cuts all of them. Resolves when they are closed. */
  async endAll(): Promise<void> {
    await Promise.all(
      [...this.#open].map((socket) => {
        const closed = new Promise((resolve) => socket.once('close', resolve));
        socket.destroy();
        return closed;
      }),
    );
  }
}
