/**
 * Lets a `ManualClock` stand still while something is on its way within this process: bytes between two sockets that are
 * both here, a connection that is being opened or closed, a file that is read, a name that is looked up. Usually that
 * takes a turn or two of the event loop, and the clock has some to give. On a loaded machine it takes as long as it
 * takes, and a clock that goes on meanwhile runs requests into their time-outs that nobody was slow to answer.
 *
 * What does not move for a while (a peer that reads no further) is held back on purpose: it is not waited for again until
 * it has moved.
 */
import { subscribe } from 'node:diagnostics_channel';
import net, { type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import { ManualClock } from '../../src/testing/manual-clock.js';

/** In real time. */
const patienceMs = 100;
/** For one step of a clock, however much moves. */
const mostMs = 1_000;

interface Handle {
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** One end of a connection. */
interface End {
  readonly socket: net.Socket;
  readonly handle: Handle;
  /** The other end was here. */
  isPaired: boolean;
}

const servers = new Set<net.Server>();
const connecting = new Map<net.Socket, string>();
/** By their own port and their peer's. */
const ends = new Map<string, End>();
/** What was held back, and how far it had come. */
let heldBack: ReadonlyMap<string, string> = new Map();
let connections = 0;

function follow(socket: net.Socket): void {
  // The connection itself, below TLS.
  const { _handle: handle } = socket as unknown as { _handle: (Handle & { _parent?: Handle }) | null };
  if (handle === null) return;
  const key = `${socket.localPort}>${socket.remotePort}`;
  const end: End = { socket, handle: handle._parent ?? handle, isPaired: false };
  ends.set(key, end);
  const peer = peerOf(key);
  if (peer !== undefined) peer.isPaired = end.isPaired = true;
  socket.once('close', () => ends.get(key) === end && ends.delete(key));
}

function peerOf(key: string): End | undefined {
  return ends.get(key.split('>').reverse().join('>'));
}

subscribe('net.server.socket', (message) => follow((message as { socket: net.Socket }).socket));

const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function (this: net.Socket, ...args: unknown[]) {
  connecting.set(this, `connection ${(connections += 1)}`);
  this.once('connect', () => {
    connecting.delete(this);
    if (this.remotePort !== undefined) follow(this);
  });
  this.once('close', () => connecting.delete(this));
  return Reflect.apply(connect, this, args) as net.Socket;
};

const { listen } = net.Server.prototype;
net.Server.prototype.listen = function (this: net.Server, ...args: unknown[]) {
  servers.add(this);
  this.once('close', () => servers.delete(this));
  return Reflect.apply(listen, this, args) as net.Server;
} as typeof listen;

/** What is on its way, and how far it has come. */
function onTheWay(): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of connecting.values()) found.set(name, 'opening');
  for (const [key, end] of ends) {
    const { socket, handle, isPaired } = end;
    const peer = peerOf(key);
    if (peer !== undefined) {
      const [sent, received] = [handle.bytesWritten, peer.handle.bytesRead];
      if (sent !== received) found.set(key, `after ${received}`);
      else if (!(socket instanceof TLSSocket) && socket.writableFinished && !peer.socket.readableEnded)
        found.set(key, 'ending');
    } else if (isPaired) {
      if (!socket.readableEnded) found.set(key, 'closing');
    } else if (isOfServer(socket.remotePort)) {
      found.set(key, 'to be accepted');
    }
  }
  for (const type of process.getActiveResourcesInfo()) {
    if (/^(FSReq|GetAddrInfo|GetNameInfo)/.test(type)) found.set(type, `${Number(found.get(type) ?? 0) + 1}`);
  }
  return found;
}

function isOfServer(port: number | undefined): boolean {
  return [...servers].some((server) => (server.address() as AddressInfo | null)?.port === port);
}

/** Resolves once nothing is on its way but what is held back, or at `endMs`. Answers whether anything has moved. */
async function arrivals(endMs: number): Promise<boolean> {
  let known = onTheWay();
  let hasMoved = false;
  let movedAt = performance.now();
  while (performance.now() < endMs && [...known].some(([name, amount]) => heldBack.get(name) !== amount)) {
    await delay(performance.now() - movedAt > 1 ? 1 : 0);
    const now = onTheWay();
    if (!isDeepStrictEqual(now, known)) {
      hasMoved = true;
      movedAt = performance.now();
    } else if (performance.now() - movedAt > patienceMs) {
      heldBack = known;
    }
    known = now;
  }
  return hasMoved;
}

const { settle } = ManualClock.prototype;
ManualClock.prototype.settle = async function (this: ManualClock): Promise<void> {
  const endMs = performance.now() + mostMs;
  do await settle.call(this);
  while (await arrivals(endMs));
};
