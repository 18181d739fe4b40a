import { describe, expect, it } from 'vitest';
import { fuzzWebSocket, fuzzWebSocketInput } from '../../../bench/soak/r8-websocket-fuzz.js';
import { acceptWebSocketRemoteCommand } from '../../../src/stream/websocket/remote-command.js';
import { dialRaw, received, serve, upgradeHeaders } from './support/web-socket-server.js';

const all = { stdin: true, stdout: true, stderr: true, tty: false };

/** The close code that ends what the server sends. */
function closeCodeOf(answer: string): number {
  const bytes = Buffer.from(answer, 'latin1');
  return bytes.at(-4) === 0x88 && bytes.at(-3) === 2 ? bytes.readUInt16BE(bytes.length - 2) : 0;
}

describe('malformed WebSocket frames', () => {
  it('R8: a thousand inputs crash nothing, lose nothing, and leave nothing behind', async () => {
    const report = await fuzzWebSocket(1_000);
    expect(report.failures).toEqual([]);
    expect(report.refused).toBeGreaterThan(100);
    expect(report.refused).toBeLessThan(900);
  });

  it.each([[4_229, 'a tunnel that is closed without a code']])(
    'R8: seed %d leaves nothing behind: %s',
    async (seed) => {
      await fuzzWebSocketInput(seed);
    },
  );

  it.each([
    ['that are not masked', [0x82, 1, 0], 1002],
    ['with bits set that mean nothing', [0xa2, 0x81, 0, 0, 0, 0, 0], 1002],
    ['that say they are compressed', [0xc2, 0x81, 0, 0, 0, 0, 0], 1002],
    ['of an unknown kind', [0x83, 0x80, 0, 0, 0, 0], 1002],
    ['of an unknown control', [0x8b, 0x80, 0, 0, 0, 0], 1002],
    ['that go on with nothing', [0x80, 0x81, 0, 0, 0, 0, 0], 1002],
    ['that begin a message in another', [0x02, 0x81, 0, 0, 0, 0, 0, 0x82, 0x81, 0, 0, 0, 0, 0], 1002],
    ['of a ping in fragments', [0x09, 0x80, 0, 0, 0, 0], 1002],
    ['of a ping that is too long', [0x89, 0xfe, 0, 126, 0, 0, 0, 0], 1002],
    ['of a close with half a code', [0x88, 0x81, 0, 0, 0, 0, 3], 1002],
    ['of a close with a code that is none', [0x88, 0x82, 0, 0, 0, 0, 3, 0xed], 1002],
    ['of 8 EiB', [0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0], 1009],
    ['of 4 GiB', [0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], 1009],
    ['of one byte more than allowed', [0x82, 0xff, 0, 0, 0, 0, 2, 0, 0, 1, 0, 0, 0, 0], 1009],
  ])('R8: frames %s end the session before their payload comes', async (_what, bytes, code) => {
    const server = await serve((call) => acceptWebSocketRemoteCommand(call, all));
    const socket = await dialRaw(server.port, upgradeHeaders);
    const answer = received(socket);
    const session = await server.next();
    socket.end(Buffer.from(bytes));
    expect(closeCodeOf(await answer)).toBe(code);
    expect(session.gone.reason).toMatchObject({ code: 'InvalidInput' });
    expect(session.stdin!.destroyed).toBe(true);
  });

  it('R8: text that is no UTF-8 is bytes: the raw codec carries any', async () => {
    const server = await serve((call) => acceptWebSocketRemoteCommand(call, all));
    const socket = await dialRaw(server.port, upgradeHeaders);
    const session = await server.next();
    socket.write(Buffer.from([0x81, 0x83, 0, 0, 0, 0, 0, 0xff, 0xfe]));
    const [chunk] = await session.stdin!.take(1).toArray();
    expect([...(chunk as Buffer)]).toEqual([0xff, 0xfe]);
  });

  it('R8: a message in more fragments than allowed ends the session', async () => {
    const server = await serve((call) => acceptWebSocketRemoteCommand(call, all));
    const socket = await dialRaw(server.port, upgradeHeaders);
    const answer = received(socket);
    await server.next();
    const fragment = Buffer.from([0x00, 0x81, 0, 0, 0, 0, 0x61]);
    socket.write(Buffer.from([0x02, 0x81, 0, 0, 0, 0, 0]));
    socket.end(Buffer.concat(new Array<Buffer>(20_000).fill(fragment)));
    expect(closeCodeOf(await answer)).toBe(1008);
  });
});
