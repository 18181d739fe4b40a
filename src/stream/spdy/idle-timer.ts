/** A deadline that moves on whenever something happens. Moving it costs nothing: no timer is set for it. */
import type { Clock, Timer } from '../../runtime/clock.js';

export interface IdleTimerOptions {
  /** How long nothing may happen. */
  readonly quietMs: number;
}

export class IdleTimer {
  readonly #clock: Clock;
  readonly #quietMs: number;
  readonly #onIdle: () => void;
  #touchedAt: number;
  #timer: Timer | undefined;

  /** Runs from now on. `onIdle` is called once at most. */
  constructor(clock: Clock, options: IdleTimerOptions, onIdle: () => void) {
    this.#clock = clock;
    this.#quietMs = options.quietMs;
    this.#touchedAt = clock.now();
    this.#onIdle = onIdle;
    this.#wait();
  }

  /** Something has happened. */
  touch(): void {
    this.#touchedAt = this.#clock.now();
  }

  cancel(): void {
    this.#timer?.cancel();
  }

  #wait(): void {
    const remainingMs = this.#touchedAt + this.#quietMs - this.#clock.now();
    if (remainingMs <= 0) this.#onIdle();
    else this.#timer = this.#clock.setTimer(remainingMs, () => this.#wait());
  }
}
