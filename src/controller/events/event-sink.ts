/** Where controllers report Kubernetes Events: implemented by `EventRecorder`. */
import type { KubeObject } from '../../kube/types.js';

export type EventType = 'Normal' | 'Warning';

export interface EventSink {
  /**
   * Reports an Event about `object` (kind, namespace, name, uid and resourceVersion are taken from it). Returns at once and
   * never throws: Events are best effort, aggregated and rate-limited.
   */
  event(object: KubeObject, type: EventType, reason: string, message: string): void;
}

/** Drops every Event. */
export const noEvents: EventSink = { event: () => undefined };
