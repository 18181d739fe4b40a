import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Frame } from '../../../src/stream/spdy/frames.js';
import { type Decision, ProtocolState } from '../../../src/stream/spdy/protocol-state.js';

function syn(id: number, fin = false): Frame {
  return { type: 'synStream', id, headers: {}, fin };
}

function reply(id: number, fin = false): Frame {
  return { type: 'synReply', id, headers: {}, fin };
}

function data(id: number, text = 'x', fin = false): Frame {
  return { type: 'data', id, payload: Buffer.from(text), fin };
}

/** What a server decides of the last of these frames. */
function decided(...frames: readonly Frame[]): Decision | undefined {
  const state = new ProtocolState('server', 2);
  return frames.map((frame) => state.receive(frame)).at(-1);
}

describe('kubelet-protocol §2: what frames mean to a server', () => {
  it.each<[string, Decision['type'], ...Frame[]]>([
    ['SYN_STREAM of the first id', 'open', syn(1)],
    ['SYN_STREAM of a greater id', 'open', syn(1), syn(9)],
    ['DATA of an open stream', 'data', syn(1), data(1)],
    ['HEADERS without an end', 'nothing', syn(1), { type: 'headers', id: 1, headers: {}, fin: false }],
    ['HEADERS with an end', 'ended', syn(1), { type: 'headers', id: 1, headers: {}, fin: true }],
    ['HEADERS with a second end', 'nothing', syn(1, true), { type: 'headers', id: 1, headers: {}, fin: true }],
    ['RST_STREAM of an open stream', 'resetByPeer', syn(1), { type: 'rstStream', id: 1, status: 5 }],
    ['RST_STREAM of an unknown stream', 'nothing', { type: 'rstStream', id: 1, status: 5 }],
    ['DATA of an unknown stream', 'nothing', data(7)],
    ['SYN_REPLY of an unknown stream', 'nothing', reply(2)],
    ['a ping of the client’s', 'echo', { type: 'ping', id: 1 }],
    ['an echo of our ping', 'echoed', { type: 'ping', id: 2 }],
    ['SETTINGS', 'nothing', { type: 'ignored' }],
    ['GOAWAY', 'goAway', { type: 'goAway', lastGoodId: 0, status: 0 }],
    // A client's stream is replied to by nobody but us.
    ['SYN_REPLY of the client’s stream', 'violated', syn(1), reply(1)],
  ])('%s: %s', (_what, type, ...frames) => {
    expect(decided(...frames)?.type).toBe(type);
  });

  it.each([
    ['an even id', [syn(2)], { type: 'refuse', id: 2, status: 'ProtocolError' }],
    ['no id', [syn(0)], { type: 'refuse', id: 0, status: 'ProtocolError' }],
    ['an id that does not grow', [syn(5), syn(3)], { type: 'refuse', id: 3, status: 'ProtocolError' }],
    ['the id of an open stream', [syn(5), syn(5)], { type: 'violated', id: 5, status: 'ProtocolError' }],
    ['one stream too many', [syn(1), syn(3), syn(5)], { type: 'refuse', id: 5, status: 'RefusedStream' }],
    ['data after the end', [syn(1, true), data(1)], { type: 'violated', id: 1, status: 'StreamAlreadyClosed' }],
    [
      'a second end',
      [syn(1), data(1, '', true), data(1, '', true)],
      { type: 'violated', id: 1, status: 'StreamAlreadyClosed' },
    ],
  ])('answers %s with a reset', (_what, frames, decision) => {
    expect(decided(...frames)).toEqual(decision);
  });

  it('has room for another stream when one is over', () => {
    const state = new ProtocolState('server', 1);
    state.receive(syn(1));
    expect(state.receive(syn(3))).toMatchObject({ type: 'refuse' });
    state.forget(1);
    state.forget(1);
    expect(state.receive(syn(5))).toMatchObject({ type: 'open' });
    expect(state.receive(syn(7))).toMatchObject({ type: 'refuse' });
  });

  it('ignores streams that are opened after our GOAWAY, and tells the last before it', () => {
    const state = new ProtocolState('server', 9);
    state.receive(syn(3));
    state.goAway();
    expect(state.receive(syn(5))).toEqual({ type: 'nothing' });
    expect(state.lastPeerId).toBe(3);
    expect(state.open()).toBeUndefined();
  });
});

describe('kubelet-protocol §2: what frames mean to a client', () => {
  it('opens odd ids that grow, one by one', () => {
    const state = new ProtocolState('client', 9);
    expect([state.open(), state.open(), state.open()]).toEqual([1, 3, 5]);
    expect([state.ping(), state.ping()]).toEqual([1, 3]);
  });

  it('takes no data before the reply, and none after the end', () => {
    const state = new ProtocolState('client', 9);
    state.open();
    state.open();
    expect(state.receive(data(1))).toEqual({ type: 'violated', id: 1, status: 'ProtocolError' });
    expect(state.receive(reply(3))).toEqual({ type: 'replied', id: 3, ended: false });
    expect(state.receive(reply(3))).toEqual({ type: 'violated', id: 3, status: 'StreamInUse' });
    expect(state.receive(data(3, 'x', true))).toMatchObject({ type: 'data', ended: true });
    expect(state.receive(data(3))).toEqual({ type: 'violated', id: 3, status: 'StreamAlreadyClosed' });
  });

  it('gives up the streams that a server which goes away has not served, and opens no more', () => {
    const state = new ProtocolState('client', 9);
    for (let count = 0; count < 3; count += 1) state.open();
    expect(state.receive({ type: 'goAway', lastGoodId: 1, status: 0 })).toEqual({ type: 'goAway', unserved: [3, 5] });
    expect(state.open()).toBeUndefined();
  });
});

describe('the state of a connection', () => {
  const id = fc.nat(8);
  const frame: fc.Arbitrary<Frame> = fc.oneof(
    fc.tuple(id, fc.boolean()).map(([stream, fin]) => syn(stream, fin)),
    fc.tuple(id, fc.boolean()).map(([stream, fin]) => reply(stream, fin)),
    fc.tuple(id, fc.boolean()).map(([stream, fin]) => data(stream, 'x', fin)),
    id.map((stream): Frame => ({ type: 'rstStream', id: stream, status: 1 })),
    id.map((stream): Frame => ({ type: 'goAway', lastGoodId: stream, status: 0 })),
  );

  it('whatever comes, opens an id once, and hands on data of open streams alone, up to their end', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('server', 'client'),
        fc.array(fc.option(frame), { maxLength: 60 }),
        (role, frames) => {
          const state = new ProtocolState(role, 3);
          const used = new Set<number>();
          const readable = new Set<number>();
          for (const each of frames) {
            if (each === null) {
              state.open();
              continue;
            }
            const decision = state.receive(each);
            if (decision.type === 'open') {
              expect(used.has(decision.id)).toBe(false);
              expect(decision.id % 2).toBe(role === 'server' ? 1 : 0);
              used.add(decision.id);
            }
            if (decision.type === 'data') expect(readable.has(decision.id)).toBe(true);
            if ((decision.type === 'open' || decision.type === 'replied') && !decision.ended) readable.add(decision.id);
            if (decision.type === 'data' && decision.ended) readable.delete(decision.id);
            if (decision.type === 'violated' || decision.type === 'resetByPeer') {
              readable.delete(decision.id);
              state.forget(decision.id);
            }
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
