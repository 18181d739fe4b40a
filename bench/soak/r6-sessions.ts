/**
 * R6: many sessions, one after the other and some at a time, of which a part is aborted midway. Afterwards there are as
 * many sockets and timers as before, and about as much memory. Server and clients are in one process: what either keeps
 * counts.
 */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { SpdyConnection } from '../../src/stream/spdy/spdy-connection.js';
import { readAll, SoakServer } from './session-peers.js';

export interface SessionSoakSize {
  readonly connections: number;
  readonly execs: number;
  /** Aborted ones: they come on top, half of them execs, half of them connections of port-forwards. */
  readonly aborted: number;
}

/** What is open. */
export interface OpenResources {
  readonly sockets: number;
  /** Of the server's clock. */
  readonly timers: number;
}

export interface SessionSoakReport extends SessionSoakSize {
  readonly seconds: number;
  readonly before: OpenResources;
  readonly after: OpenResources;
  /** From after the first tenth to the end, each after a collection (with --expose-gc). */
  readonly heapGrowthBytes: number;
  /** What did not go as it should. */
  readonly failures: readonly string[];
}

const atATime = 16;
const connectionsPerSession = 500;

export async function soakSessions(size: SessionSoakSize): Promise<SessionSoakReport> {
  const beganMs = performance.now();
  const server = await SoakServer.start();
  const before = resources(server);
  const failures: string[] = [];
  const note = (error: unknown): void => {
    // Hundreds of the same say no more than a few.
    if (failures.length < 20) failures.push(error instanceof Error ? error.message : String(error));
  };
  try {
    const tenth = {
      connections: Math.ceil(size.connections / 10),
      execs: Math.ceil(size.execs / 10),
      aborted: Math.ceil(size.aborted / 10),
    };
    await runAll(server, tenth, note);
    await settled(server, before);
    const heapAtStart = await heapUsed();
    await runAll(
      server,
      {
        connections: size.connections - tenth.connections,
        execs: size.execs - tenth.execs,
        aborted: size.aborted - tenth.aborted,
      },
      note,
    );
    await settled(server, before);
    const after = resources(server);
    const heapGrowthBytes = (await heapUsed()) - heapAtStart;
    return { ...size, seconds: (performance.now() - beganMs) / 1000, before, after, heapGrowthBytes, failures };
  } finally {
    await server.close();
  }
}

async function runAll(server: SoakServer, size: SessionSoakSize, note: (error: unknown) => void): Promise<void> {
  const abortedExecs = Math.floor(size.aborted / 2);
  await inTurns(Math.ceil(size.connections / connectionsPerSession), note, async (session) => {
    const count = Math.min(connectionsPerSession, size.connections - session * connectionsPerSession);
    await forwardSession(server, count, note);
  });
  await inTurns(size.execs, note, (index) =>
    index % 2 === 0 ? execOverSpdy(server, index) : execOverWebSocket(server, index),
  );
  await inTurns(size.aborted, note, (index) => {
    if (index >= abortedExecs) return abortForward(server);
    return index % 2 === 0 ? abortSpdyExec(server) : abortWebSocketExec(server);
  });
}

/** Runs `work` for 0 to `count` - 1, some at a time. */
async function inTurns(
  count: number,
  note: (error: unknown) => void,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) await work(index).catch(note);
  };
  await Promise.all(Array.from({ length: atATime }, worker));
}

const portForward = '/portForward/default/web';

async function forwardSession(server: SoakServer, count: number, note: (error: unknown) => void): Promise<void> {
  const connection = await server.spdy(portForward, 'portforward.k8s.io');
  await inTurns(count, note, async (index) => {
    // Some to a port that nobody listens on.
    const isRefused = index % 50 === 0;
    const { data, error } = await open(connection, index, isRefused ? 9 : 80);
    const problem = readAll(error);
    data.end(`hello ${index}`);
    const echoed = await readAll(data).catch(() => '');
    expectSame('echo', echoed, isRefused ? '' : `hello ${index}`);
    expectSame('error', (await problem).slice(0, 16), isRefused ? 'error forwarding' : '');
  });
  await connection.close();
}

async function open(connection: SpdyConnection, request: number, port: number) {
  const headers = { port: [String(port)], requestid: [String(request)] };
  const error = await connection.openStream({ ...headers, streamtype: ['error'] });
  error.end();
  return { error, data: await connection.openStream({ ...headers, streamtype: ['data'] }) };
}

function execPath(kind: string, exitCode: number): string {
  return `/exec/default/web/main?command=${kind}&command=${exitCode}&input=1&output=1`;
}

async function startSpdyExec(server: SoakServer, path: string) {
  const connection = await server.spdy(path, 'v4.channel.k8s.io');
  const error = await connection.openStream({ streamtype: ['error'] });
  const stdin = await connection.openStream({ streamtype: ['stdin'] });
  const stdout = await connection.openStream({ streamtype: ['stdout'] });
  return { connection, error, stdin, stdout };
}

async function execOverSpdy(server: SoakServer, index: number): Promise<void> {
  const { connection, error, stdin, stdout } = await startSpdyExec(server, execPath('echo', index % 256));
  stdin.end(`hello ${index}`);
  const [output, status] = await Promise.all([readAll(stdout), readAll(error)]);
  expectSame('output', output, `hello ${index}`);
  expectSame('exit code', exitCodeOf(status), index % 256);
  await connection.close();
}

async function execOverWebSocket(server: SoakServer, index: number): Promise<void> {
  const webSocket = await server.webSocket(execPath('echo', index % 256), 'v5.channel.k8s.io');
  let [output, status] = ['', ''];
  webSocket.on('message', (message: Buffer) => {
    if (message[0] === 1) output += message.toString('utf8', 1);
    if (message[0] === 3) status += message.toString('utf8', 1);
  });
  webSocket.send(Buffer.concat([Buffer.of(0), Buffer.from(`hello ${index}`)]));
  webSocket.send(Buffer.of(255, 0));
  const [code] = (await once(webSocket, 'close')) as [number];
  expectSame('close code', code, 1000);
  expectSame('output', output, `hello ${index}`);
  expectSame('exit code', exitCodeOf(status), index % 256);
}

async function abortSpdyExec(server: SoakServer): Promise<void> {
  const { connection, stdin, stdout } = await startSpdyExec(server, execPath('endless', 0));
  stdin.write('hello');
  await once(stdout, 'data');
  connection.destroy();
  await connection.closed;
}

async function abortWebSocketExec(server: SoakServer): Promise<void> {
  const webSocket = await server.webSocket(execPath('endless', 0), 'v5.channel.k8s.io');
  webSocket.send(Buffer.from('\0hello'));
  await once(webSocket, 'message');
  webSocket.terminate();
  await once(webSocket, 'close');
}

/** Two connections, one of which is reset; then all of them are cut. */
async function abortForward(server: SoakServer): Promise<void> {
  const connection = await server.spdy(portForward, 'portforward.k8s.io');
  const [first, second] = [await open(connection, 1, 80), await open(connection, 2, 80)];
  first.data.write('hello');
  await once(first.data, 'data');
  first.data.destroy();
  second.data.write('hello');
  await once(second.data, 'data');
  connection.destroy();
  await connection.closed;
}

function exitCodeOf(status: string): number {
  const { details, status: outcome } = JSON.parse(status) as {
    status: string;
    details?: { causes?: { message?: string }[] };
  };
  return outcome === 'Success' ? 0 : Number(details?.causes?.[0]?.message);
}

function expectSame(what: string, actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
}

function resources({ clock }: SoakServer): OpenResources {
  const sockets = process.getActiveResourcesInfo().filter((type) => type === 'TCPSocketWrap').length;
  return { sockets, timers: clock.pending };
}

/** Gives what is ending the time that it may take, which is less than the server lingers for clients. */
async function settled(server: SoakServer, wanted: OpenResources): Promise<void> {
  for (let wait = 0; wait < 150; wait += 1) {
    const { sockets, timers } = resources(server);
    if (sockets <= wanted.sockets && timers <= wanted.timers) return;
    await delay(20);
  }
}

async function heapUsed(): Promise<number> {
  for (let round = 0; round < 4; round += 1) {
    await delay(10);
    globalThis.gc?.();
  }
  return process.memoryUsage().heapUsed;
}
