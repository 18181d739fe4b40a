import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import type { Status } from '../../../src/kube/types.js';
import type { RemoteCommandSession, RequestedStreams } from '../../../src/stream/remote-command/session.js';
import { acceptWebSocketRemoteCommand } from '../../../src/stream/websocket/remote-command.js';
import { dial, serve, type Serving } from './support/web-socket-server.js';

const success: Status = { metadata: {}, status: 'Success' };
const all: RequestedStreams = { stdin: true, stdout: true, stderr: true, tty: false };
const v5 = ['v5.channel.k8s.io'];

function serveExec(wanted: Partial<RequestedStreams> = {}): Promise<Serving<RemoteCommandSession>> {
  return serve((call) => acceptWebSocketRemoteCommand(call, { ...all, ...wanted }));
}

describe('smoke', () => {
  it('works', async () => {
    const server = await serveExec();
    const client = await dial(server, v5);
    const session = await server.next();
    expect(await client.message()).toEqual(Buffer.of(1));
    client.webSocket.send(Buffer.from('\0hello'));
    client.webSocket.send(Buffer.of(255, 0));
    expect(await text(session.stdin!)).toBe('hello');
    session.stdout!.write('out');
    session.stderr!.write('err');
    await session.finish(success);
    expect((await client.message()).toString()).toBe('\u0001out');
    expect((await client.message()).toString()).toBe('\u0002err');
    expect((await client.message()).toString()).toBe('\u0003{"metadata":{},"status":"Success"}');
    expect(await client.closed).toEqual({ code: 1000, reason: '' });
    expect(session.gone.aborted).toBe(false);
  });
});
