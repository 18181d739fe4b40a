/**
 * One pause for each class of requests. Azure counts reads, creations and deletions by themselves, and a refusal of one says
 * nothing of the others: while five hundred deletions wait for five minutes, pods are looked at, and those that have gone are
 * seen to have.
 */
import { Throttle, type ThrottleOptions } from 'vk-sdk';

export type RequestClass = 'reads' | 'creates' | 'deletes';

export type CloudThrottles = Readonly<Record<RequestClass, Throttle>>;

export function cloudThrottles(options: ThrottleOptions = {}): CloudThrottles {
  return { reads: new Throttle(options), creates: new Throttle(options), deletes: new Throttle(options) };
}
