import { describe, expect, it } from 'vitest';
import type { Authenticator } from '../../../src/stream/auth/authenticator.js';
import type { Authorizer } from '../../../src/stream/auth/authorizer.js';
import { Gate, type KnockingRequest } from '../../../src/stream/auth/gate.js';
import { bearerToken } from '../../../src/stream/auth/bearer-token.js';
import { silentLogger } from '../../../src/runtime/logger.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

const alice = { username: 'alice', groups: [] };
const never = new AbortController().signal;
const knock: KnockingRequest = {
  credentials: { certificate: undefined, token: 'secret-token' },
  presented: true,
  root: 'pods',
  method: 'GET',
};

function gateOf(
  authenticator: Authenticator,
  authorizer: Authorizer,
  clock = new ManualClock(),
  anonymous = false,
): Gate {
  return new Gate({
    authenticator,
    authorizer,
    anonymous,
    clock,
    nodeName: 'edge-1',
    timeoutMs: 10_000,
    logger: silentLogger,
  });
}

const known: Authenticator = { authenticate: async () => alice };
const willing: Authorizer = { authorize: async () => true };
const hanging = (): Promise<never> => new Promise(() => undefined);

describe('Gate', () => {
  it('S2: a 401 says nothing but Unauthorized, whyever', async () => {
    const failing: Authenticator = { authenticate: async () => Promise.reject(new Error('secret-token is odd')) };
    const nobody: Authenticator = { authenticate: async () => undefined };
    for (const authenticator of [failing, nobody]) {
      await expect(gateOf(authenticator, willing).identify(knock, never)).rejects.toMatchObject({
        httpStatus: 401,
        message: 'Unauthorized',
      });
    }
  });

  it('S2: an authenticator that hangs lets nobody in', async () => {
    const clock = new ManualClock();
    const identified = gateOf({ authenticate: hanging }, willing, clock).identify(knock, never);
    const refused = expect(identified).rejects.toMatchObject({ httpStatus: 401 });
    await clock.advance(10_000);
    await refused;
    expect(clock.pending).toBe(0);
  });

  it('S2: an authorizer that fails is a 500, and lets nobody in', async () => {
    const failing: Authorizer = { authorize: async () => Promise.reject(new Error('down')) };
    const throwing: Authorizer = {
      authorize: () => {
        throw new Error('bug');
      },
    };
    for (const authorizer of [failing, throwing]) {
      await expect(gateOf(known, authorizer).authorize(alice, knock, never)).rejects.toMatchObject({ httpStatus: 500 });
    }
  });

  it('S2: an authorizer that hangs is a 500 when its time is over', async () => {
    const clock = new ManualClock();
    let told: AbortSignal | undefined;
    const authorizer: Authorizer = {
      authorize: (_user, _attributes, signal) => {
        told = signal;
        return hanging();
      },
    };
    const authorized = gateOf(known, authorizer, clock).authorize(alice, knock, never);
    const refused = expect(authorized).rejects.toMatchObject({ httpStatus: 500 });
    await clock.advance(10_000);
    await refused;
    expect(told?.aborted).toBe(true);
  });

  it.each(['yes', 1, {}, { allowed: true }, undefined, null])('S2: only true allows, and not %j', async (answer) => {
    const authorizer = { authorize: async () => answer } as unknown as Authorizer;
    await expect(gateOf(known, authorizer).authorize(alice, knock, never)).rejects.toMatchObject({ httpStatus: 403 });
  });

  it('kubelet-protocol §6: asks in order until one is allowed, and a 403 names all that was asked', async () => {
    const asked: string[] = [];
    const authorizer: Authorizer = {
      authorize: async (_user, { subresource }) => {
        asked.push(subresource);
        return subresource === 'proxy';
      },
    };
    await gateOf(known, authorizer).authorize(alice, knock, never);
    expect(asked).toEqual(['pods', 'proxy']);
    const unwilling: Authorizer = { authorize: async () => false };
    await expect(gateOf(known, unwilling).authorize(alice, knock, never)).rejects.toThrow(
      'Forbidden (user=alice, verb=get, resource=nodes, subresource(s)=[pods proxy])',
    );
  });

  it('anonymous callers are nobody, unless the option lets them in; bad credentials never make one anonymous', async () => {
    const nothing = { ...knock, presented: false, credentials: { certificate: undefined, token: undefined } };
    await expect(gateOf(known, willing).identify(nothing, never)).rejects.toMatchObject({ httpStatus: 401 });
    const open = gateOf({ authenticate: async () => undefined }, willing, undefined, true);
    expect(await open.identify(nothing, never)).toEqual({
      username: 'system:anonymous',
      groups: ['system:unauthenticated'],
    });
    await expect(open.identify({ ...nothing, presented: true }, never)).rejects.toMatchObject({ httpStatus: 401 });
  });

  it('gives up when the caller has gone, which is no failure of a check', async () => {
    const gone = new AbortController();
    const said: string[] = [];
    const note = (_fields: object, message: string): void => void said.push(message);
    const gate = new Gate({
      authenticator: { authenticate: hanging },
      authorizer: { authorize: hanging },
      anonymous: false,
      clock: new ManualClock(),
      nodeName: 'edge-1',
      timeoutMs: 10_000,
      logger: { debug: note, info: note, warn: note, error: note },
      onDecision: (stage, decision) => said.push(`${stage} ${decision}`),
    });
    const both = [gate.identify(knock, gone.signal), gate.authorize(alice, knock, gone.signal)];
    gone.abort(new Error('gone'));
    for (const asked of both) await expect(asked).rejects.toThrow('gone');
    expect(said).toEqual([]);
  });
});

describe('bearerToken', () => {
  it.each([
    [['Bearer abc.def-1'], 'abc.def-1'],
    [['bearer   abc'], 'abc'],
    [['Bearer abc='], 'abc='],
    [['Basic abc'], undefined],
    [['Bearer'], undefined],
    [['Bearer a b'], undefined],
    [['Bearer a,b'], undefined],
    [['Bearer a', 'Bearer b'], undefined],
    [[], undefined],
    [undefined, undefined],
  ])('of %j is %j', (header, token) => {
    expect(bearerToken(header)).toBe(token);
  });
});
