/** What the kubelet's server tells of its own work. Told synchronously; never throws. */
import { Count, Distribution } from '../../runtime/metrics/instruments.js';
import type { MetricFamily } from '../../runtime/metrics/metric-family.js';

/** One exec, attach, port-forward or followed log. */
export interface SessionMetrics {
  /** Idempotent. */
  ended(): void;
}

export type DecisionStage = 'authentication' | 'authorization';
export type Decision = 'allowed' | 'denied' | 'error';

/** Clients may invent others. */
const methods = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'CONNECT']);

export class ServerMetrics {
  readonly #requests = new Count('vk_server_requests_total', 'Requests answered, by route, method and status code');
  readonly #durations = new Distribution(
    'vk_server_request_duration_seconds',
    'Time to the end of an answer, streams aside',
  );
  readonly #sessions = new Count('vk_stream_sessions', 'Sessions that are open, by route', 'gauge');
  readonly #begun = new Count('vk_stream_sessions_total', 'Sessions that have begun, by route');
  readonly #decisions = new Count('vk_auth_decisions_total', 'Decisions about who a caller is and what it may do');

  /** A request has its answer. Without a duration it was one that streams: how long it took says nothing. */
  answered(route: string, method: string, code: number, durationMs?: number): void {
    const known = methods.has(method) ? method : 'other';
    this.#requests.add(1, { route, method: known, code });
    if (durationMs !== undefined) this.#durations.observe(durationMs / 1000, { route });
  }

  sessionBegan(route: string): SessionMetrics {
    let open = true;
    this.#begun.add(1, { route });
    this.#sessions.add(1, { route });
    return {
      ended: () => {
        if (open) this.#sessions.add(-1, { route });
        open = false;
      },
    };
  }

  decided(stage: DecisionStage, decision: Decision): void {
    this.#decisions.add(1, { stage, decision });
  }

  /** A source of metrics. */
  readonly families = (): MetricFamily[] =>
    [this.#requests, this.#durations, this.#sessions, this.#begun, this.#decisions].map((each) => each.family());
}
