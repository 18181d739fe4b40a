import { Agent, request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configMaps } from '../../src/kube/resources.js';
import type { ConfigMap } from '../../src/kube/types.js';
import { FakeApiServer } from '../../src/testing/fake-api-server.js';
import { FaultScript, type Fault, type FaultRule } from '../../src/testing/faults.js';
import { ManualClock } from '../../src/testing/manual-clock.js';
import { eventually } from './support/objects.js';

const path = '/api/v1/namespaces/default/configmaps';
let server: FakeApiServer;
let clock: ManualClock;
let agent: Agent;

beforeEach(async () => {
  clock = new ManualClock();
  server = new FakeApiServer({ tls: false, clock });
  await server.start();
  agent = new Agent();
});
afterEach(async () => {
  agent.destroy();
  await server.stop();
});

interface Answer {
  /** 0: none came. */
  readonly code: number;
  readonly text: string;
  readonly retryAfter: string | undefined;
  /** The connection ended before the answer did. */
  readonly cutOff: boolean;
}

function send(method: string, at: string, body?: object): Promise<Answer> {
  return new Promise((resolve) => {
    const headers = { 'content-type': 'application/json' };
    const call = request(`${server.url}${at}`, { method, headers, agent }, (response) => {
      let text = '';
      const code = response.statusCode ?? 0;
      const retryAfter = response.headers['retry-after'];
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('error', () => undefined);
      response.on('close', () => resolve({ code, text, retryAfter, cutOff: !response.complete }));
    });
    call.on('error', () => resolve({ code: 0, text: '', retryAfter: undefined, cutOff: true }));
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const create = (name: string): Promise<Answer> => send('POST', path, { metadata: { name } });
const exists = (name: string): boolean => server.objects(configMaps).some(({ metadata }) => metadata.name === name);
const faulty = (fault: Fault, rule: Partial<FaultRule> = {}): void => {
  server.faults.add({ on: { resource: 'configmaps', verb: 'create' }, fault, ...rule });
};

describe('a write', () => {
  it('fails with the status, and nothing is done', async () => {
    faulty({ type: 'status', code: 429, retryAfterSeconds: 7 });
    const answer = await create('a');
    expect(answer).toMatchObject({ code: 429, retryAfter: '7' });
    expect(JSON.parse(answer.text)).toMatchObject({ reason: 'TooManyRequests', details: { retryAfterSeconds: 7 } });
    expect(exists('a')).toBe(false);
    expect(await create('a')).toMatchObject({ code: 201 });
  });

  it('fails after the commit, as a 504 may', async () => {
    faulty({ type: 'status', code: 504, when: 'after' });
    expect(await create('a')).toMatchObject({ code: 504 });
    expect(exists('a')).toBe(true);
  });

  it.each([
    { when: 'before', done: false },
    { when: 'after', done: true },
  ] as const)('loses its connection $when the commit', async ({ when, done }) => {
    faulty({ type: 'reset', when });
    expect(await create('a')).toMatchObject({ code: 0 });
    expect(exists('a')).toBe(done);
  });

  it('is answered with half of its JSON, as a cut-off or as a whole answer', async () => {
    faulty({ type: 'truncate' });
    faulty({ type: 'truncate', clean: true }, { nth: 2 });
    expect(await create('a')).toMatchObject({ code: 201, cutOff: true });
    const clean = await create('b');
    expect(clean).toMatchObject({ code: 201, cutOff: false });
    expect(() => JSON.parse(clean.text) as unknown).toThrow(SyntaxError);
    expect(exists('a') && exists('b')).toBe(true);
  });

  it('is refused with counts by which it would never be played', () => {
    expect(() => faulty({ type: 'reset', when: 'before' }, { nth: 0 })).toThrow(
      'option nth of a fault rule: 0 is not a number from 1 up',
    );
    expect(() => faulty({ type: 'reset', when: 'before' }, { times: NaN })).toThrow(
      'option times of a fault rule: NaN',
    );
  });

  it('is held up by the clock, before or after the commit', async () => {
    faulty({ type: 'delay', ms: 5_000 });
    faulty({ type: 'delay', ms: 5_000, when: 'after' }, { nth: 2 });
    const first = create('a');
    await eventually(() => clock.pending === 1);
    expect(exists('a')).toBe(false);
    await clock.advance(5_000);
    expect(await first).toMatchObject({ code: 201 });
    const second = create('b');
    await eventually(() => clock.pending === 1);
    expect(exists('b')).toBe(true);
    await clock.advance(5_000);
    expect(await second).toMatchObject({ code: 201 });
  });

  it('is no request in flight while the clock holds it up, so a clock that waits for those goes on', async () => {
    faulty({ type: 'delay', ms: 5_000 });
    const held = create('a');
    await eventually(() => clock.pending === 1);
    await server.idle();
    await clock.advance(5_000);
    expect(await held).toMatchObject({ code: 201 });
  });

  it('hangs for good, and the server stops all the same', async () => {
    faulty({ type: 'hang', when: 'after' });
    let answered = false;
    const hanging = create('a').then(() => {
      answered = true;
    });
    await eventually(() => exists('a'));
    await clock.advance(3_600_000);
    expect(answered).toBe(false);
    await server.stop();
    await hanging;
  });
});

describe('a read', () => {
  it('is answered from an older revision', async () => {
    await create('a');
    const { resourceVersion } = server;
    await create('b');
    server.faults.add({ on: { resource: 'configmaps' }, fault: { type: 'stale', resourceVersion }, times: Infinity });
    const list = JSON.parse((await send('GET', path)).text) as { metadata: object; items: ConfigMap[] };
    expect(list.items.map(({ metadata }) => metadata.name)).toEqual(['a', 'kube-root-ca.crt']);
    expect(list.metadata).toEqual({ resourceVersion });
    expect(await send('GET', `${path}/a`)).toMatchObject({ code: 200 });
    expect(await send('GET', `${path}/b`)).toMatchObject({ code: 404 });
    expect(await create('c')).toMatchObject({ code: 201 });
  });
});

describe('a watch', () => {
  interface Watching {
    readonly types: string[];
    readonly names: (string | undefined)[];
    ended: boolean;
    code: number;
  }
  const calls: ReturnType<typeof request>[] = [];
  afterEach(() => {
    for (const call of calls.splice(0)) call.destroy();
  });

  async function watch(query = `resourceVersion=${server.resourceVersion}`): Promise<Watching> {
    const state: Watching = { types: [], names: [], ended: false, code: 0 };
    await new Promise<void>((resolve) => {
      const call = request(`${server.url}${path}?watch=1&${query}`, { agent }, (response) => {
        state.code = response.statusCode ?? 0;
        let rest = '';
        response.on('data', (chunk: Buffer) => {
          const lines = (rest + chunk.toString()).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) {
            const event = JSON.parse(line) as { type: string; object: ConfigMap };
            state.types.push(event.type);
            state.names.push(event.object.metadata.name);
          }
        });
        response.on('error', () => undefined);
        response.on('close', () => (state.ended = true));
        resolve();
      });
      call.on('error', () => (state.ended = true));
      calls.push(call);
      call.end();
    });
    return state;
  }
  const onWatch = (fault: Fault, rule: Partial<FaultRule> = {}): void => {
    server.faults.add({ on: { resource: 'configmaps' }, fault, ...rule });
  };

  it('misses one event and gets the others', async () => {
    onWatch({ type: 'dropEvent', nth: 2 });
    const seen = await watch();
    for (const name of ['a', 'b', 'c']) await create(name);
    await eventually(() => seen.names.length === 2);
    expect(seen.names).toEqual(['a', 'c']);
  });

  it('ends after some events, in good order or by a reset', async () => {
    onWatch({ type: 'closeWatch', afterEvents: 1 });
    onWatch({ type: 'closeWatch', afterEvents: 0, reset: true }, { nth: 2 });
    const first = await watch();
    const second = await watch();
    await create('a');
    await eventually(() => second.ended);
    expect(second.names).toEqual([]);
    await create('b');
    await eventually(() => first.ended);
    expect(first.names).toEqual(['a']);
    expect(server.watchCount).toBe(0);
  });

  it('expires in either form', async () => {
    onWatch({ type: 'expireWatch' });
    onWatch({ type: 'expireWatch', asStatus: true }, { nth: 2 });
    const inStream = await watch();
    expect((await watch()).code).toBe(410);
    await create('a');
    await eventually(() => inStream.ended);
    expect(inStream.types).toEqual(['ERROR']);
  });

  it('stalls like a half-open socket: open, and silent even of bookmarks', async () => {
    onWatch({ type: 'stallWatch', afterEvents: 1 });
    const seen = await watch(`allowWatchBookmarks=true&resourceVersion=${server.resourceVersion}`);
    for (const name of ['a', 'b']) await create(name);
    await clock.advance(120_000);
    await eventually(() => seen.names.length === 1);
    expect(seen).toMatchObject({ names: ['a'], ended: false });
  });

  it('is refused a streaming list, and may list instead', async () => {
    onWatch({ type: 'refuseStreamingList' });
    expect((await watch('sendInitialEvents=true&resourceVersionMatch=NotOlderThan')).code).toBe(422);
  });
});

describe('a script', () => {
  const subject = { verb: 'patch', resource: 'pods/status', namespace: 'default', name: 'web' } as const;
  const fault = { type: 'status', code: 500 } as const;

  it('plays a rule from its nth match on, as often as it says, and remembers what it played', () => {
    const script = new FaultScript();
    script.add({ on: { resource: 'pods/status' }, fault, nth: 2, times: 2 });
    const played = [1, 2, 3, 4].map(() => script.take(subject).length);
    expect(played).toEqual([0, 1, 1, 0]);
    expect(script.played).toHaveLength(2);
    expect(script.played[0]?.subject).toEqual(subject);
    expect(script.pending).toEqual([]);
  });

  it('plays for what is named, and leaves the rest alone', () => {
    const script = new FaultScript();
    script.add({ on: { verb: ['create', 'patch'], name: 'web', namespace: 'default' }, fault, times: Infinity });
    expect(script.take(subject)).toEqual([fault]);
    expect(script.take({ ...subject, name: 'other' })).toEqual([]);
    expect(script.take({ ...subject, verb: 'get' })).toEqual([]);
  });

  it('can be taken back, one rule or all', () => {
    const script = new FaultScript();
    const remove = script.add({ on: {}, fault, times: Infinity });
    remove();
    expect(script.take(subject)).toEqual([]);
    script.add({ on: {}, fault });
    script.clear();
    expect(script.pending).toEqual([]);
  });
});
