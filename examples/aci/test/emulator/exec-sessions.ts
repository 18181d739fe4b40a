/**
 * The WebSockets of exec and attach. A session is made by the API call, which answers its address and password, and may be
 * joined once, within a minute. In exec the password is the first text frame, in attach the Authorization header; whoever
 * has another is closed. After that binary frames are input, and output comes back as binary frames. Nothing tells the
 * exit code.
 *
 * 1. Nothing of the client's reaches the command before the password has been checked.
 * 2. After `close` no socket and no timer is left.
 */
import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock, Timer } from 'vk-sdk';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import type { CommandSession, SessionEnds } from './run/machine.js';

/** How long an address can be joined, and how long a client may take to send the password. */
const joinWithinMs = 60_000;
const maxSessions = 1_000;
/** Frames of input and output; the socket is closed beyond. */
const maxFrameBytes = 1024 * 1024;
/** Output that a client does not take is kept up to this size; beyond, the client is disconnected. */
const maxUnsentBytes = 16 * 1024 * 1024;

export interface ExecAccess {
  readonly webSocketUri: string;
  readonly password: string;
}

interface Offer {
  readonly kind: 'exec' | 'attach';
  readonly password: string;
  readonly begin: (ends: SessionEnds) => CommandSession;
  readonly timer: Timer;
}

export class ExecSessions {
  readonly #clock: Clock;
  readonly #offers = new Map<string, Offer>();
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: maxFrameBytes });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Makes an address at which `begin` can be joined. */
  offer(kind: 'exec' | 'attach', endpoint: string, begin: (ends: SessionEnds) => CommandSession): ExecAccess {
    const id = randomUUID();
    const password = randomBytes(24).toString('base64url');
    const timer = this.#clock.setTimer(joinWithinMs, () => this.#offers.delete(id));
    this.#offers.set(id, { kind, password, begin, timer });
    for (const oldest of this.#offers.keys()) {
      if (this.#offers.size <= maxSessions) break;
      this.#take(oldest);
    }
    return { webSocketUri: `${endpoint.replace(/^http/, 'ws')}/${kind}/${id}?api-version=2018-02-01`, password };
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const [, kind, id] = /^\/(exec|attach)\/([0-9a-f-]{36})(?:\?|$)/.exec(request.url ?? '') ?? [];
    const offer = id !== undefined && this.#offers.get(id)?.kind === kind ? this.#take(id) : undefined;
    const refused = offer === undefined ? '404 Not Found' : this.#refusal(offer, request);
    if (offer === undefined || refused !== undefined) {
      socket.end(`HTTP/1.1 ${refused ?? '404 Not Found'}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (client) => this.#serve(client, offer));
  }

  async close(): Promise<void> {
    for (const id of [...this.#offers.keys()]) this.#take(id);
    for (const client of this.#sockets.clients) client.terminate();
    await new Promise((resolve) => this.#sockets.close(resolve));
  }

  #take(id: string): Offer | undefined {
    const offer = this.#offers.get(id);
    this.#offers.delete(id);
    offer?.timer.cancel();
    return offer;
  }

  #refusal({ kind, password }: Offer, request: IncomingMessage): string | undefined {
    if (kind === 'exec' || equal(request.headers.authorization ?? '', password)) return undefined;
    return '401 Unauthorized';
  }

  #serve(client: WebSocket, { kind, password, begin }: Offer): void {
    let session: CommandSession | undefined;
    const start = (): void => {
      session = begin({
        output: (data) => {
          if (client.bufferedAmount > maxUnsentBytes) client.terminate();
          if (client.readyState === WebSocket.OPEN) client.send(data, { binary: true });
        },
        ended: () => client.close(1000),
      });
    };
    const timer = this.#clock.setTimer(joinWithinMs, () => client.close(1008, 'password expected'));
    client.on('error', () => client.terminate());
    client.on('close', () => {
      timer.cancel();
      session?.close();
    });
    client.on('message', (data: RawData, isBinary) => {
      const bytes = asBuffer(data);
      if (session) return session.write(bytes);
      timer.cancel();
      if (isBinary || !equal(bytes.toString(), password)) return client.close(1008, 'wrong password');
      start();
    });
    if (kind === 'exec') return;
    timer.cancel();
    start();
  }
}

function equal(given: string, wanted: string): boolean {
  const left = Buffer.from(given);
  const right = Buffer.from(wanted);
  return left.length === right.length && timingSafeEqual(left, right);
}

function asBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
