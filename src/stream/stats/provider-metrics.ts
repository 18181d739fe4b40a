/** Counts a provider's calls from outside, so that neither the provider nor who calls it has to. */
import { VkError } from '../../runtime/errors.js';
import { systemClock, type Clock } from '../../runtime/clock.js';
import { Count, Distribution } from '../../runtime/metrics/instruments.js';
import type { MetricFamily } from '../../runtime/metrics/metric-family.js';

/** Calls are given up after minutes, not seconds. */
const bounds = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300];

export class ProviderMetrics {
  readonly #clock: Clock;
  readonly #calls = new Count('vk_provider_calls_total', 'Calls of the provider that ended, by method and outcome');
  readonly #running = new Count('vk_provider_calls_running', 'Calls of the provider that have not ended', 'gauge');
  readonly #durations = new Distribution(
    'vk_provider_call_duration_seconds',
    'How long calls of the provider took',
    bounds,
  );

  constructor(options: { readonly clock?: Clock } = {}) {
    this.#clock = options.clock ?? systemClock;
  }

  /**
   * The same provider, whose calls that answer a promise are counted: as `ok`, or by the code of their error. Which
   * methods there are, and what they do, stays as it is.
   */
  measure<T extends object>(provider: T): T {
    const measured = new Map<unknown, unknown>();
    return new Proxy(provider, {
      get: (target, name) => {
        // On the provider itself, whose private members a proxy has not.
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function' || typeof name !== 'string' || name === 'constructor') return member;
        let call = measured.get(member);
        if (call === undefined) measured.set(member, (call = this.#counted(target, name, member)));
        return call;
      },
    });
  }

  /** A source of metrics. */
  readonly families = (): MetricFamily[] => [this.#calls, this.#running, this.#durations].map((each) => each.family());

  #counted(target: object, method: string, member: object): (...args: unknown[]) => unknown {
    return (...args) => {
      const result: unknown = Reflect.apply(member as (...values: unknown[]) => unknown, target, args);
      if (result instanceof Promise) this.#follow(method, result);
      return result;
    };
  }

  #follow(method: string, call: Promise<unknown>): void {
    const startedMs = this.#clock.now();
    this.#running.add(1, { method });
    const ended = (outcome: string): void => {
      this.#running.add(-1, { method });
      this.#calls.add(1, { method, outcome });
      this.#durations.observe(Math.max(0, this.#clock.now() - startedMs) / 1000, { method });
    };
    call.then(
      () => ended('ok'),
      (error: unknown) => ended(VkError.from(error).code),
    );
  }
}
