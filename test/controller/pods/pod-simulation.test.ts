/**
 * Random histories of one node: pods come, change and go, the provider and the apiserver fail, watches break, the process
 * dies and comes back. Whatever happens, two instances never share a uid or a name, an ended pod never runs again, and in
 * the end the backend has what Kubernetes has and nobody writes any more.
 *
 * `SIMULATION_SEEDS=500` plays more of them, `SIMULATION_FIRST=1234` from another one on.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { below, randomOf } from '../../../bench/soak/seeded.js';
import { pods } from '../../../src/kube/resources.js';
import { hasCode } from '../../../src/runtime/errors.js';
import type { FaultRule } from '../../../src/testing/faults.js';
import { running, terminated } from './pod-fixtures.js';
import { PodScene } from './pod-scene.js';
import { SimulatedProvider } from './simulated-provider.js';

const firstSeed = Number(process.env['SIMULATION_FIRST'] ?? 1);
const seedCount = Number(process.env['SIMULATION_SEEDS'] ?? 16);
const seeds = Array.from({ length: seedCount }, (_, index) => firstSeed + index);
const steps = 40;
const names = ['a', 'b', 'c', 'd'];

type Chance = (end: number) => number;

class Simulation {
  readonly history: string[] = [];
  readonly provider: SimulatedProvider;
  readonly #scene: PodScene;
  readonly #chance: Chance;
  /** Terminal phases that were seen, by uid. */
  readonly #ends = new Map<string, string>();

  constructor(scene: PodScene, chance: Chance) {
    this.#scene = scene;
    this.#chance = chance;
    this.provider = new SimulatedProvider(scene.clock, chance);
  }

  async play(): Promise<void> {
    await this.#start();
    for (let step = 0; step < steps; step += 1) {
      await this.#step();
      await this.#scene.clock.advance([0, 3, 200, 2_000, 15_000][this.#chance(5)] ?? 0);
      this.#check();
    }
    await this.#settle();
  }

  async #step(): Promise<void> {
    const scene = this.#scene;
    const name = names[this.#chance(names.length)] ?? '';
    const at = { namespace: 'default', name };
    const uid = scene.uid(name);
    switch (this.#chance(12)) {
      case 0:
      case 1:
      case 2:
        this.#note(`create ${name}`);
        return this.#ask(() =>
          scene.create(
            name,
            { restartPolicy: this.#chance(3) === 0 ? 'Never' : 'Always' },
            this.#chance(5) === 0 ? { finalizers: ['example.com/hold'] } : {},
          ),
        );
      case 3:
      case 4: {
        const gracePeriodSeconds = [0, 1, 30][this.#chance(3)];
        this.#note(`delete ${name} with ${gracePeriodSeconds} s`);
        return this.#ask(() => scene.server.client.delete(pods, at, { gracePeriodSeconds }));
      }
      case 5: {
        this.#note(`change ${name}`);
        const patch = { metadata: { labels: { turn: String(this.#chance(100)) } } };
        return this.#ask(() => scene.server.client.patch(pods, at, 'merge', patch));
      }
      case 6:
        this.#note(`${name} ends in the backend`);
        return this.provider.end(uid, terminated(0, this.#chance(2) === 0 ? 'Succeeded' : 'Failed'));
      case 7:
        this.#note(`${name} restarts in the backend`);
        return this.provider.report(uid, { ...running(), message: `run ${this.#chance(100)}` });
      case 8:
        if (this.#chance(3) > 0) return this.#restart();
        this.#note(`${name} is evicted, or lost while the node is away`);
        return this.#chance(2) === 0 ? this.provider.evict(uid) : this.#restart(() => this.provider.lose(uid));
      case 9: {
        this.provider.trouble = this.#chance(3) === 0 ? 0 : this.#chance(60);
        this.#note(`provider fails ${this.provider.trouble} %`);
        return;
      }
      default: {
        const rule = this.#fault();
        this.#note(`fault ${JSON.stringify(rule)}`);
        scene.server.faults.add(rule);
      }
    }
  }

  #fault(): FaultRule {
    const times = 1 + this.#chance(4);
    const verb = this.#chance(2) === 0 ? 'patch' : 'delete';
    const on = { verb, resource: verb === 'patch' ? 'pods/status' : 'pods' } as const;
    const when = this.#chance(2) === 0 ? 'before' : 'after';
    switch (this.#chance(6)) {
      case 0:
        return { on, fault: { type: 'reset', when }, times };
      case 1:
        return { on: { verb: 'get', resource: 'pods' }, fault: { type: 'status', code: 404 }, times };
      case 2:
        return { on: { resource: 'pods' }, fault: { type: 'closeWatch', afterEvents: this.#chance(3) }, times };
      case 3:
        return { on: { resource: 'pods' }, fault: { type: 'expireWatch', asStatus: true }, times };
      default: {
        const code = [403, 404, 409, 422, 429, 500, 503, 504][this.#chance(8)] ?? 500;
        return { on, fault: { type: 'status', code, when: code >= 500 ? when : 'before' }, times };
      }
    }
  }

  async #restart(meanwhile: () => void = () => undefined): Promise<void> {
    this.#note('restart');
    await this.#scene.stopController();
    this.provider.forgetCalls();
    meanwhile();
    await this.#scene.clock.advance(this.#chance(2) * 5_000);
    await this.#start();
  }

  async #start(): Promise<void> {
    const random = (): number => this.#chance(1_000) / 1_000;
    await this.#scene.startController({ random }, this.#chance(2) === 0 ? this.provider : this.provider.polled());
  }

  /** Everything works again: the two sides agree before long, and then nobody writes. */
  async #settle(): Promise<void> {
    const scene = this.#scene;
    this.#note('all works again');
    scene.server.faults.clear();
    this.provider.trouble = 0;
    for (const { metadata } of scene.server.objects(pods)) {
      if (!metadata.finalizers) continue;
      const at = { namespace: 'default', name: metadata.name ?? '' };
      this.#ask(() => scene.server.client.patch(pods, at, 'merge', { metadata: { finalizers: null } }));
    }
    await scene.clock.advance(1_200_000);
    this.#check();
    const live = this.provider.live().sort();
    const wanted = scene.server.objects(pods).filter(({ status }) => !isOver(status?.phase));
    expect(live).toEqual(wanted.map((pod) => pod.metadata.uid).sort());
    for (const { metadata, status } of wanted) {
      expect(metadata.deletionTimestamp).toBeUndefined();
      expect(status?.phase).toBe('Running');
      expect(status?.message).toBe(this.provider.status(metadata.uid ?? '')?.message);
      expect(this.provider.labels(metadata.uid ?? '')).toEqual(metadata.labels ?? {});
    }
    expect(scene.controller.status).toMatchObject({ waitingCalls: 0, waitingWrites: 0 });
    expect(scene.controller.status.pods).toBe(scene.server.objects(pods).length);
    const version = scene.server.objects(pods).map((pod) => pod.metadata.resourceVersion);
    const writes = (): number => scene.server.requests.count({ verb: ['patch', 'delete'] });
    const before = writes();
    await scene.clock.advance(600_000);
    expect(scene.server.objects(pods).map((pod) => pod.metadata.resourceVersion)).toEqual(version);
    expect(writes()).toBe(before);
  }

  #check(): void {
    expect(this.provider.violations).toEqual([]);
    for (const { metadata, status } of this.#scene.server.objects(pods)) {
      const uid = metadata.uid ?? '';
      const end = this.#ends.get(uid);
      if (end !== undefined) expect(status?.phase).toBe(end);
      else if (isOver(status?.phase)) this.#ends.set(uid, status?.phase ?? '');
    }
  }

  /** Not waited for: the answer may need the clock to move. */
  #ask(ask: () => Promise<unknown>): void {
    void ignoring(ask).catch((error: unknown) => this.provider.violations.push(String(error)));
  }

  #note(what: string): void {
    this.history.push(`${this.#scene.clock.now() % 86_400_000} ms: ${what}`);
  }
}

function isOver(phase: string | undefined): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

/** What people ask of a server may fail: there is such a pod already, or none. */
async function ignoring(ask: () => Promise<unknown>): Promise<void> {
  try {
    await ask();
  } catch (error) {
    const expected = ['NotFound', 'AlreadyExists', 'Conflict', 'InvalidInput', 'Forbidden', 'TooManyRequests'] as const;
    const transient = ['Internal', 'Unavailable', 'Timeout'] as const;
    if (![...expected, ...transient].some((code) => hasCode(error, code))) throw error;
  }
}

describe('a random history', () => {
  let scene: PodScene | undefined;
  afterEach(() => scene?.close());

  it.each(seeds)('of seed %i ends in agreement', async (seed) => {
    scene = new PodScene();
    await scene.open();
    const random = randomOf(seed);
    const simulation = new Simulation(scene, (end) => below(random, end));
    try {
      await simulation.play();
    } catch (error) {
      const told = [...simulation.provider.violations, ...simulation.history, ...simulation.provider.journal].join(
        '\n',
      );
      throw new Error(`seed ${seed}: ${(error as Error).message}\n${told}`, { cause: error });
    }
  });
});
