import type { Clock } from 'vk-sdk';
import type { WireEvent } from './wire.js';

const maxEvents = 50;

/** Events of a group or container: one that comes again is counted, and the oldest go. */
export class EventList {
  readonly #clock: Clock;
  #events: WireEvent[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get all(): readonly WireEvent[] {
    return this.#events;
  }

  add(name: string, message: string, type: WireEvent['type'] = 'Normal'): void {
    const now = new Date(this.#clock.now()).toISOString();
    const earlier = this.#events.find((event) => event.name === name && event.message === message);
    const event: WireEvent = earlier
      ? { ...earlier, count: earlier.count + 1, lastTimestamp: now }
      : { count: 1, firstTimestamp: now, lastTimestamp: now, name, message, type };
    this.#events = [...this.#events.filter((each) => each !== earlier), event].slice(-maxEvents);
  }
}
