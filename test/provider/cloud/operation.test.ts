import { describe, expect, it } from 'vitest';
import { awaitOperation, type OperationState } from '../../../src/provider/cloud/operation.js';
import { type OperationStore, runOperation } from '../../../src/provider/cloud/run-operation.js';
import { Throttle } from '../../../src/provider/cloud/throttle.js';
import { VkError } from '../../../src/runtime/errors.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

type Step = OperationState<string> | Error;
const running = (more: object = {}): Step => ({ done: false, ...more });
const ended: Step = { done: true, value: 'made' };
const unknown = (): Step => new VkError('NotFound', 'operation: not known');

/** A cloud that answers one thing after the other, the last for ever. */
class Cloud {
  readonly clock = new ManualClock();
  readonly startMs = this.clock.now();
  readonly asked: (readonly [token: string, atMs: number])[] = [];
  readonly #steps: Step[];
  begun = 0;

  constructor(...steps: Step[]) {
    this.#steps = steps;
  }

  readonly options = { clock: this.clock, random: () => 0, signal: new AbortController().signal };
  readonly poll = (token: string): Promise<OperationState<string>> => {
    this.asked.push([token, this.clock.now() - this.startMs]);
    const step = this.#steps.length > 1 ? this.#steps.shift() : this.#steps[0];
    return step instanceof Error ? Promise.reject(step) : Promise.resolve(step as OperationState<string>);
  };
  readonly begin = (): Promise<string> => Promise.resolve(`op-${(this.begun += 1)}`);
  get times(): number[] {
    return this.asked.map(([, atMs]) => atMs);
  }
  /** What comes of it when an hour passes. */
  async outcome<T>(work: Promise<T>): Promise<T> {
    const settled = work.then(
      (value) => () => value,
      (error: unknown) => () => {
        throw error;
      },
    );
    await this.clock.advance(3_600_000);
    return (await settled)();
  }
}

/** Outlives runs, as an annotation does. */
class MemoryStore implements OperationStore {
  readonly history: (string | undefined)[] = [];
  token: string | undefined;
  fails: Error | undefined;

  constructor(token?: string) {
    this.token = token;
  }
  load(): Promise<string | undefined> {
    return this.fails === undefined ? Promise.resolve(this.token) : Promise.reject(this.fails);
  }
  save(token: string | undefined): Promise<void> {
    if (this.fails !== undefined) return Promise.reject(this.fails);
    this.history.push(token);
    this.token = token;
    return Promise.resolve();
  }
}

describe('awaitOperation', () => {
  it('asks at once, backs off up to its ceiling, and answers how it ended', async () => {
    const cloud = new Cloud(...Array.from({ length: 7 }, () => running()), ended);
    expect(await cloud.outcome(awaitOperation('op', cloud.poll, cloud.options))).toBe('made');
    expect(cloud.times).toEqual([0, 1_000, 3_000, 7_000, 15_000, 25_000, 35_000, 45_000]);
  });

  it('asks when the backend wants to be asked, and with the token that it wants', async () => {
    const cloud = new Cloud(running({ retryAfterMs: 12_000, token: 'op-b' }), running({ retryAfterMs: 500 }), ended);
    await cloud.outcome(awaitOperation('op', cloud.poll, cloud.options));
    expect(cloud.asked).toEqual([
      ['op', 0],
      ['op-b', 12_000],
      ['op-b', 12_500],
    ]);
  });

  it('repeats a question that the backend had no time for, however often', async () => {
    const away = Array.from({ length: 40 }, () => new VkError('Unavailable', 'cloud: away'));
    const slow = new VkError('TooManyRequests', 'cloud: not so fast', { retry: { afterMs: 30_000 } });
    const cloud = new Cloud(slow, new VkError('Timeout', 'cloud: no answer'), ...away, ended);
    expect(await cloud.outcome(awaitOperation('op', cloud.poll, cloud.options))).toBe('made');
    expect(cloud.times.slice(0, 3)).toEqual([0, 30_000, 32_000]);
  });

  it.each<[string, Step, string]>([
    ['an operation that failed', { done: true, error: new Error('quota') }, 'quota'],
    ['a token that nobody knows', unknown(), 'operation: not known'],
    ['a question that makes no sense', new VkError('InvalidInput', 'token: bad'), 'token: bad'],
    ['a refusal that waiting does not help', new VkError('Unavailable', 'gone for good', { retry: false }), 'for good'],
  ])('rejects for %s', async (_, step, message) => {
    const cloud = new Cloud(running(), step);
    await expect(cloud.outcome(awaitOperation('op', cloud.poll, cloud.options))).rejects.toThrow(message);
    expect(cloud.asked).toHaveLength(2);
    expect(cloud.clock.pending).toBe(0);
  });

  it('ends when the signal aborts, while it waits and while a question hangs', async () => {
    for (const hangs of [false, true]) {
      const cloud = new Cloud(running());
      const abort = new AbortController();
      const poll = hangs ? () => new Promise<never>(() => undefined) : cloud.poll;
      const outcome = awaitOperation('op', poll, { ...cloud.options, signal: abort.signal });
      const settled = expect(outcome).rejects.toThrow('closing');
      await cloud.clock.settle();
      abort.abort(new Error('closing'));
      await settled;
      expect(cloud.clock.pending).toBe(0);
    }
  });

  it('asks nothing for a signal that has aborted', async () => {
    const cloud = new Cloud(ended);
    const signal = AbortSignal.abort(new Error('closing'));
    await expect(awaitOperation('op', cloud.poll, { ...cloud.options, signal })).rejects.toThrow('closing');
    expect(cloud.asked).toEqual([]);
  });

  it('upstream §7: many operations share the pause that one of them is told to make', async () => {
    const cloud = new Cloud(running());
    const throttle = new Throttle({ clock: cloud.clock, random: () => 0 });
    const refusal = new VkError('TooManyRequests', 'cloud: not so fast', { retry: { afterMs: 60_000 } });
    const refused = awaitOperation('a', new Cloud(refusal, ended).poll, { ...cloud.options, throttle });
    const other = awaitOperation('b', cloud.poll, { ...cloud.options, throttle });
    await cloud.clock.advance(59_000);
    expect(cloud.times).toEqual([0]);
    await cloud.clock.advance(10_000);
    expect(await refused).toBe('made');
    expect(cloud.times.length).toBeGreaterThan(1);
    expect(other).toBeInstanceOf(Promise);
  });
});

describe('runOperation', () => {
  const run = (cloud: Cloud, store: OperationStore, more: object = {}): Promise<string> =>
    cloud.outcome(runOperation({ ...cloud.options, store, begin: cloud.begin, poll: cloud.poll, ...more }));

  it('stores the token before it waits, and takes it away when the end is known', async () => {
    const store = new MemoryStore();
    const cloud = new Cloud(running(), running({ token: 'op-1-b' }), ended);
    expect(await run(cloud, store)).toBe('made');
    expect(store.history).toEqual(['op-1', 'op-1-b', undefined]);
    expect(cloud.times[0]).toBe(1_000);
  });

  it('waits first for as long as the beginning says', async () => {
    const cloud = new Cloud(ended);
    const begin = () => Promise.resolve({ done: false, token: 'op', retryAfterMs: 20_000 } as const);
    await run(cloud, new MemoryStore(), { begin });
    expect(cloud.asked).toEqual([['op', 20_000]]);
  });

  it('stores nothing of what is done at once', async () => {
    const store = new MemoryStore();
    const cloud = new Cloud(running());
    expect(await run(cloud, store, { begin: () => Promise.resolve(ended) })).toBe('made');
    expect([cloud.asked, store.history]).toEqual([[], []]);
  });

  it('goes on with what an earlier process began', async () => {
    const store = new MemoryStore('op-old');
    const cloud = new Cloud(running(), ended);
    expect(await run(cloud, store)).toBe('made');
    expect([cloud.begun, cloud.asked[0], store.token]).toEqual([0, ['op-old', 0], undefined]);
  });

  it('begins again where the backend has forgotten the token, or somebody has emptied it', async () => {
    for (const token of ['op-old', '']) {
      const store = new MemoryStore(token);
      const cloud = token === '' ? new Cloud(ended) : new Cloud(unknown(), ended);
      expect(await run(cloud, store)).toBe('made');
      expect([cloud.begun, store.history]).toEqual([1, ['op-1', undefined]]);
    }
  });

  it('does not begin again and again for a backend that forgets at once', async () => {
    const store = new MemoryStore('op-old');
    const cloud = new Cloud(unknown());
    await expect(run(cloud, store)).rejects.toMatchObject({ code: 'Unavailable' });
    expect([cloud.begun, cloud.asked.length, store.token]).toEqual([1, 2, undefined]);
  });

  it('takes the token of an operation that failed away, so that the next run begins anew', async () => {
    for (const step of [{ done: true, error: new Error('quota') } as Step, new Error('quota')]) {
      const store = new MemoryStore();
      const cloud = new Cloud(running(), step, ended);
      await expect(run(cloud, store)).rejects.toThrow('quota');
      expect(store.history).toEqual(['op-1', undefined]);
      expect(await run(cloud, store)).toBe('made');
      expect(cloud.begun).toBe(2);
    }
  });

  it.each(['Unauthorized', 'Forbidden'] as const)(
    'keeps the token when the answer is %s: nobody knows how it ended',
    async (code) => {
      const store = new MemoryStore();
      const cloud = new Cloud(running(), new VkError(code, 'cloud: who are you?'), ended);
      await expect(run(cloud, store)).rejects.toMatchObject({ code });
      expect(store.token).toBe('op-1');
      expect(await run(cloud, store)).toBe('made');
      expect([cloud.begun, store.token]).toEqual([1, undefined]);
    },
  );

  it('keeps the token when it is told to stop, and the next run goes on', async () => {
    const store = new MemoryStore();
    const cloud = new Cloud(running());
    const abort = new AbortController();
    const options = { ...cloud.options, signal: abort.signal, store, begin: cloud.begin, poll: cloud.poll };
    const settled = expect(runOperation(options)).rejects.toThrow('pod is deleted');
    await cloud.clock.advance(5_000);
    abort.abort(new Error('pod is deleted'));
    await settled;
    expect(store.token).toBe('op-1');
  });

  it('passes the errors of a beginning on, and forgets no token for them', async () => {
    const store = new MemoryStore('op-old');
    const cloud = new Cloud(unknown());
    const begin = (): Promise<never> => Promise.reject(new VkError('NotFound', 'resource group: not there'));
    await expect(run(cloud, store, { begin })).rejects.toThrow('resource group: not there');
    expect(store.token).toBe('op-old');
  });

  it('begins nothing where it cannot tell what was begun', async () => {
    const store = new MemoryStore();
    store.fails = new VkError('Unavailable', 'apiserver: away');
    const cloud = new Cloud(ended);
    await expect(run(cloud, store)).rejects.toThrow('apiserver: away');
    expect(cloud.begun).toBe(0);
  });

  it('goes on without a token that cannot be stored', async () => {
    const store = new MemoryStore();
    const cloud = new Cloud(running(), ended);
    store.save = () => Promise.reject(new VkError('Forbidden', 'pods default/web: not yours'));
    expect(await run(cloud, store)).toBe('made');
  });

  it('does not resolve while the token may be there, and comes to the same end when it comes again', async () => {
    const store = new MemoryStore();
    const cloud = new Cloud(running(), ended);
    const save = store.save.bind(store);
    store.save = (token) =>
      token === undefined ? Promise.reject(new VkError('Unavailable', 'apiserver: away')) : save(token);
    await expect(run(cloud, store)).rejects.toThrow('apiserver: away');
    store.save = save;
    expect(await run(cloud, store)).toBe('made');
    expect([cloud.begun, store.token]).toEqual([1, undefined]);
  });
});
