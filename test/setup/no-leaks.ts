/**
 * Fails a test file that leaves a socket, a server, a timer or a child process open: what is not closed in a test is not
 * closed by a user either, and keeps a process alive or a port taken.
 *
 * Sockets and timers are followed from their creation, because those that are unref'd (a connection pool's, the system
 * clock's) do not show in `process.getActiveResourcesInfo()`. Closing takes a few turns of the event loop, so there is a
 * wait before the verdict, which a slow machine may need whole.
 */
import { subscribe } from 'node:diagnostics_channel';
import net from 'node:net';
import { afterAll, vi } from 'vitest';

const open = new Map<object, { readonly what: string; readonly origin: Error }>();
const childrenAtStart = countChildren();

function track(resource: object, what: string): void {
  open.set(resource, { what, origin: new Error(what) });
}

function countChildren(): number {
  return process.getActiveResourcesInfo().filter((type) => type === 'ProcessWrap').length;
}

function followSocket(socket: net.Socket, what: string): void {
  if (open.has(socket)) return;
  track(socket, what);
  socket.once('close', () => open.delete(socket));
}

const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function (this: net.Socket, ...args: unknown[]) {
  followSocket(this, 'client socket');
  return Reflect.apply(connect, this, args) as net.Socket;
};

subscribe('net.server.socket', (message) => {
  followSocket((message as { socket: net.Socket }).socket, 'server socket');
});

const { listen } = net.Server.prototype;
net.Server.prototype.listen = function (this: net.Server, ...args: unknown[]) {
  track(this, 'server');
  this.once('close', () => open.delete(this));
  return Reflect.apply(listen, this, args) as net.Server;
} as typeof listen;

const { setTimeout: startTimeout, clearTimeout: stopTimeout } = globalThis;
const { setInterval: startInterval, clearInterval: stopInterval } = globalThis;

globalThis.setTimeout = Object.assign(
  (callback: (...args: unknown[]) => void, delayMs?: number, ...args: unknown[]): NodeJS.Timeout => {
    const timer = startTimeout(() => {
      open.delete(timer);
      callback(...args);
    }, delayMs);
    track(timer, 'timeout');
    return timer;
  },
  startTimeout,
);
globalThis.clearTimeout = (timer) => {
  if (typeof timer === 'object') open.delete(timer);
  stopTimeout(timer);
};
globalThis.setInterval = Object.assign(
  (callback: (...args: unknown[]) => void, delayMs?: number, ...args: unknown[]): NodeJS.Timeout => {
    const timer = startInterval(callback, delayMs, ...args);
    track(timer, 'interval');
    return timer;
  },
  startInterval,
);
globalThis.clearInterval = (timer) => {
  if (typeof timer === 'object') open.delete(timer);
  stopInterval(timer);
};

/** The stack below this file, and whether the resource is the project's own doing. */
function blame(origin: Error): { readonly ours: boolean; readonly at: string } {
  const frames = (origin.stack ?? '').split('\n').filter((line) => /^ {4}at /.test(line) && !line.includes('no-leaks'));
  const first = frames[0] ?? '';
  return { ours: !first.includes('node_modules'), at: frames.slice(0, 6).join('\n') };
}

function leaks(): string[] {
  const found: string[] = [];
  for (const [resource, { what, origin }] of open) {
    const { ours, at } = blame(origin);
    const isTimer = what === 'timeout' || what === 'interval';
    // A library's own timer (undici's coarse clock, for one) is its own affair: it stops by itself when idle.
    if (isTimer && !ours) continue;
    // An interval cleared with clearTimeout, or closed by `Symbol.dispose`, never came by here.
    if (isTimer && (resource as NodeJS.Timeout & { _destroyed?: boolean })._destroyed) continue;
    found.push(`${what} opened\n${at}`);
  }
  const children = countChildren() - childrenAtStart;
  if (children > 0) found.push(`${children} child process(es) still running`);
  return found;
}

afterAll(async () => {
  vi.useRealTimers();
  const deadline = Date.now() + 5_000;
  let found = leaks();
  while (found.length > 0 && Date.now() < deadline) {
    await new Promise((resolve) => startTimeout(resolve, 20));
    found = leaks();
  }
  if (found.length > 0) throw new Error(`the test file left open:\n${found.join('\n\n')}`);
});
