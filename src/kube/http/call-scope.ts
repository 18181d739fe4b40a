/** What can end one call: its deadline, its caller's signal, the client's close. */
import type { Clock, Timer } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';

export class CallScope {
  /** Aborts with the `VkError` that the call is to reject with. */
  readonly signal: AbortSignal;
  /** In the clock's time. */
  readonly endsAtMs: number;
  readonly #controller = new AbortController();
  readonly #subject: string;
  readonly #caller: AbortSignal | undefined;
  readonly #onAbort: (() => void) | undefined;
  #deadline: Timer | undefined;

  constructor(clock: Clock, subject: string, deadlineMs: number, caller: AbortSignal | undefined) {
    this.signal = this.#controller.signal;
    this.endsAtMs = clock.now() + deadlineMs;
    this.#subject = subject;
    this.#caller = caller;
    if (Number.isFinite(deadlineMs)) {
      const timeout = (): void =>
        this.abort(new VkError('Timeout', `${subject}: not answered within ${deadlineMs} ms`, { object: subject }));
      this.#deadline = clock.setTimer(deadlineMs, timeout);
    }
    if (caller === undefined) return;
    this.#onAbort = () =>
      this.abort(new VkError('Aborted', `${subject}: aborted`, { cause: caller.reason, object: subject }));
    if (caller.aborted) this.#onAbort();
    else caller.addEventListener('abort', this.#onAbort, { once: true });
  }

  get subject(): string {
    return this.#subject;
  }

  abort(reason: VkError): void {
    this.#controller.abort(reason);
  }

  /** Headers of a stream have come: from now on only the caller and the client's close end it. */
  cancelDeadline(): void {
    this.#deadline?.cancel();
  }

  /** The call is over. */
  end(): void {
    this.#deadline?.cancel();
    if (this.#onAbort !== undefined) this.#caller?.removeEventListener('abort', this.#onAbort);
  }
}
