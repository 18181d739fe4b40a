/**
 * One pause for each class of requests. Azure counts reads, creations and deletions by themselves, and a refusal of one says
 * nothing of the others: while five hundred deletions wait for five minutes, pods are looked at, and those that have gone are
 * seen to have.
 */
import { Throttle, VkError, type Clock, type ThrottleOptions } from 'vk-sdk';

export type RequestClass = 'reads' | 'creates' | 'deletes';

export type CloudThrottles = Readonly<Record<RequestClass, Throttle>>;

/**
 * A create or delete that waits keeps one of the node's few calls at a time from another pod. Three hundred creates an hour
 * are soon used up, and pods are to be deleted all the same.
 */
const longestWaitMs = 5_000;

export function cloudThrottles(options: ThrottleOptions = {}): CloudThrottles {
  const impatient = { ...options, longestWaitMs };
  return { reads: new Throttle(options), creates: new Throttle(impatient), deletes: new Throttle(impatient) };
}

/** Longer than any pause: a clock that was set makes one look so. */
const longestPauseMs = 3_600_000;

/**
 * Throws, as a request of that class would be refused, in a pause that nobody waits for: before others are made in vain, of
 * which hundreds of pods would make as many as they have to be tried.
 */
export function refuseInPause(throttle: Throttle, clock: Clock, what: string): void {
  const leftMs = (throttle.pausedUntil ?? -Infinity) - clock.now();
  if (leftMs <= longestWaitMs) return;
  const afterMs = Math.min(leftMs, longestPauseMs);
  const message = `${what}: the cloud is throttling, and left alone for another ${Math.ceil(afterMs / 1000)} s`;
  throw new VkError('TooManyRequests', message, { retry: { afterMs } });
}
