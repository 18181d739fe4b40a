/** What a PodController can be told, and what it does by default. */
import type { Pod } from '../../kube/types.js';
import type { PodRef } from '../../provider/provider.js';
import { checkNumbers } from '../../runtime/check-numbers.js';
import { systemClock, type Clock, type Random } from '../../runtime/clock.js';
import { silentLogger, type Logger } from '../../runtime/logger.js';
import type { Backoff } from '../../runtime/backoff.js';
import { noWorkQueueMetrics, type WorkQueueMetrics } from '../queue/work-queue-metrics.js';
import type { DanglingRules } from '../../provider/tracker/dangling-pods.js';
import type { PodInputSource } from '../inputs/pod-input-source.js';
import { noEvents, type EventSink } from '../events/event-sink.js';
import type { WriteRules } from './pod-write-decision.js';

/** Told of what happened, synchronously. What it throws is logged and changes nothing. */
export interface PodObserver {
  /** Kubernetes took a new status of the pod. The pod is shared: not to be changed. */
  statusWritten?(pod: Pod): void;
  /** Neither Kubernetes nor the backend has the pod any more. */
  forgotten?(ref: PodRef): void;
}

/** What the two queues of pods tell of their work. */
export interface PodQueueMetrics {
  readonly calls: WorkQueueMetrics;
  readonly writes: WorkQueueMetrics;
}

export interface PodControllerOptions {
  /** Where Events about pods go. Default: nowhere. */
  readonly events?: EventSink;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logger?: Logger;
  readonly observer?: PodObserver;
  /** Default: nothing is counted. */
  readonly queueMetrics?: PodQueueMetrics;
  /**
   * Where environment, volumes and credentials of pods come from: one source may serve many nodes. Default: one of the
   * controller's own. `false`: pods are handed over as they are written, and nothing that they refer to is read.
   */
  readonly inputs?: PodInputSource | false;
  /** Provider calls that run at a time, each for another pod. Default: 64, as calls mostly wait for a backend. */
  readonly providerConcurrency?: number;
  /** API writes that run at a time, each for another pod. Default: 32, enough to keep an apiserver's core busy. */
  readonly writeConcurrency?: number;
  /** Delay after a provider call's first failure, doubled with each further one. Default: 500 ms. */
  readonly retryBaseDelayMs?: number;
  /** Longest delay between two attempts. Default: 5 min, the kubelet's own ceiling for restarts. */
  readonly retryMaxDelayMs?: number;
  /**
   * Pause between two looks at a pod of a provider that does not notify. Default: 5 s, as virtual-kubelet's, and the same
   * for every pod. A backend that minds being asked so often takes a `PodsTracker`, which has a pace for each.
   */
  readonly pollIntervalMs?: number;
  /**
   * Pause between two searches for pods that only the backend has. Default: 60 s. `Infinity`: none, for a provider whose
   * `PodsTracker` does that; a pod in the way of another of its name goes all the same.
   */
  readonly danglingIntervalMs?: number;
  /** In how many searches in a row such a pod must have been seen. Default: 2. */
  readonly danglingSightings?: number;
  /** How long ago the first of these must be. Default: 60 s. */
  readonly danglingMinAgeMs?: number;
  /** How many such pods are deleted after one search, lest a mistake becomes a disaster. Default: 10. */
  readonly danglingMaxPerSweep?: number;
  /**
   * How long after its deletion time (grace included) the API object of a pod goes although the backend has not
   * confirmed the pod's end. Default: never: a pod whose object has gone can no longer be seen, and may cost money.
   */
  readonly forceFinaliseAfterMs?: number;
}

export interface ResolvedPodControllerOptions {
  readonly events: EventSink;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly observer: PodObserver;
  readonly queueMetrics: PodQueueMetrics;
  readonly inputs: PodInputSource | false | undefined;
  readonly providerConcurrency: number;
  readonly writeConcurrency: number;
  readonly backoff: Backoff;
  readonly pollIntervalMs: number;
  readonly danglingIntervalMs: number;
  readonly dangling: DanglingRules;
  readonly writeRules: WriteRules;
}

/** Throws `InvalidInput` for a number that makes no sense. */
export function resolvePodControllerOptions(options: PodControllerOptions): ResolvedPodControllerOptions {
  const { providerConcurrency, writeConcurrency, danglingSightings, danglingMinAgeMs, danglingMaxPerSweep } = options;
  const { retryBaseDelayMs, retryMaxDelayMs, pollIntervalMs, danglingIntervalMs, forceFinaliseAfterMs } = options;
  checkNumbers({ providerConcurrency, writeConcurrency, danglingSightings }, 1);
  checkNumbers({ danglingMinAgeMs, danglingMaxPerSweep, retryBaseDelayMs, retryMaxDelayMs, forceFinaliseAfterMs }, 0);
  checkNumbers({ danglingIntervalMs }, 0);
  checkNumbers({ pollIntervalMs }, 'above 0');
  return {
    events: options.events ?? noEvents,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    logger: options.logger ?? silentLogger,
    observer: options.observer ?? {},
    queueMetrics: options.queueMetrics ?? { calls: noWorkQueueMetrics, writes: noWorkQueueMetrics },
    inputs: options.inputs,
    providerConcurrency: options.providerConcurrency ?? 64,
    writeConcurrency: options.writeConcurrency ?? 32,
    backoff: {
      baseDelayMs: options.retryBaseDelayMs ?? 500,
      maxDelayMs: options.retryMaxDelayMs ?? 300_000,
      jitter: 0.2,
    },
    pollIntervalMs: options.pollIntervalMs ?? 5_000,
    danglingIntervalMs: options.danglingIntervalMs ?? 60_000,
    dangling: {
      // The list at start is a search as well.
      sightings: options.danglingIntervalMs === Infinity ? Infinity : (options.danglingSightings ?? 2),
      minAgeMs: options.danglingMinAgeMs ?? 60_000,
      maxPerSweep: options.danglingMaxPerSweep ?? 10,
    },
    writeRules: { forceFinaliseAfterMs: options.forceFinaliseAfterMs },
  };
}
