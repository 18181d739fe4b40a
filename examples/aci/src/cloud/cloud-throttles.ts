/**
 * One pause for each class of requests. Azure counts reads, creations and deletions by themselves, and a refusal of one says
 * nothing of the others: while five hundred deletions wait for five minutes, pods are looked at, and those that have gone are
 * seen to have.
 */
import { Throttle, type ThrottleOptions } from 'vk-sdk';

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
