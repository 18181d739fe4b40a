/**
 * What can end one call: its deadline, its caller's signal, the client's close. Leaner than an AbortController of its own
 * for every call, which would cost as much as the rest of the call.
 *
 * Invariants:
 * 1. It ends at most once, with the error that the call then rejects with.
 * 2. At most one thing is waited for at a time: a request, a delay, or credentials.
 * 3. After `finish` it holds no timer, and its caller's signal does not know it any more.
 */
import type { Clock, Timer } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';
import type { SignalRegistry } from './signal-registry.js';

export interface CallScopeOptions {
  readonly clock: Clock;
  readonly signals: SignalRegistry;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
}

export class CallScope {
  readonly subject: string;
  /** In the clock's time. */
  readonly endsAtMs: number;
  readonly #clock: Clock;
  readonly #forgetSignal: (() => void) | undefined;
  readonly #deadline: Timer | undefined;
  #reason: VkError | undefined;
  #listener: ((reason: VkError) => void) | undefined;

  constructor(subject: string, { clock, signals, deadlineMs, signal }: CallScopeOptions) {
    this.subject = subject;
    this.#clock = clock;
    this.endsAtMs = clock.now() + deadlineMs;
    if (signal?.aborted) this.#abort(signal);
    else if (signal !== undefined) this.#forgetSignal = signals.add(signal, () => this.#abort(signal));
    if (deadlineMs !== Infinity) {
      this.#deadline = clock.setTimer(deadlineMs, () => {
        this.end(new VkError('Timeout', `${subject}: not answered within ${deadlineMs} ms`, { object: subject }));
      });
    }
  }

  end(reason: VkError): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#listener?.(reason);
  }

  throwIfEnded(): void {
    if (this.#reason !== undefined) throw this.#reason;
  }

  /** Calls the listener when the call ends, at once if it has; in place of the one before. */
  onEnd(listener: ((reason: VkError) => void) | undefined): void {
    this.#listener = listener;
    if (this.#reason !== undefined) listener?.(this.#reason);
  }

  /** The value, unless the call ends first. What has been started goes on for those who share it. */
  until<T>(value: T | Promise<T>): T | Promise<T> {
    if (!(value instanceof Promise)) return value;
    return new Promise<T>((resolve, reject) => {
      this.onEnd(reject);
      value.finally(() => this.onEnd(undefined)).then(resolve, reject);
    });
  }

  async sleep(delayMs: number): Promise<void> {
    const controller = new AbortController();
    this.onEnd((reason) => controller.abort(reason));
    await this.#clock.sleep(delayMs, controller.signal);
    this.onEnd(undefined);
  }

  /** Headers of a stream have come: from now on only the caller and the client's close end it. */
  cancelDeadline(): void {
    this.#deadline?.cancel();
  }

  finish(): void {
    this.#deadline?.cancel();
    this.#forgetSignal?.();
    this.#listener = undefined;
  }

  #abort(signal: AbortSignal): void {
    const { subject } = this;
    this.end(new VkError('Aborted', `${subject}: aborted`, { cause: signal.reason, object: subject }));
  }
}
