/** Faults put into effect on one request. `../../faults.ts` says which, `handler.ts` asks at the right moments. */
import { isWatchFault, type Fault, type RequestFault, type WatchFault } from '../../faults.js';
import { ApiFailure, type WatchEvent } from '../core/api.js';
import { send, type Answer } from './answer.js';
import type { Call } from './call.js';
import { errorLine, type WatchTap } from './watches.js';

/** `ended`: the connection has been dealt with, nothing is to be sent any more. */
export type Played = 'goOn' | 'ended';

export class FaultPlay {
  readonly #delay: (ms: number) => Promise<void>;
  readonly #requestFaults: readonly RequestFault[];
  readonly #watchFaults: readonly WatchFault[];

  constructor(faults: readonly Fault[], delay: (ms: number) => Promise<void>) {
    this.#delay = delay;
    this.#watchFaults = faults.filter(isWatchFault);
    this.#requestFaults = faults.filter((fault): fault is RequestFault => !isWatchFault(fault));
  }

  /** The revision that is to be read instead of the newest. */
  get staleAt(): string | undefined {
    return this.#requestFaults.find((fault) => fault.type === 'stale')?.resourceVersion;
  }

  /** Before the request takes effect. Throws what is to be answered instead. */
  async before(call: Call): Promise<Played> {
    for (const fault of this.#requestFaults) {
      if (fault.type === 'status' && fault.when !== 'after') throw failureOf(fault);
      if (fault.type === 'refuseStreamingList' && call.query.has('sendInitialEvents')) throw streamingListRefused();
      if (fault.type === 'delay' && fault.when !== 'after') await this.#delay(fault.ms);
      if (fault.type === 'hang' && fault.when !== 'after') return 'ended';
      if (fault.type === 'reset' && fault.when === 'before') return reset(call);
    }
    for (const fault of this.#watchFaults) if (fault.type === 'expireWatch' && fault.asStatus) throw expired();
    return 'goOn';
  }

  /** After the request has taken effect, before `answer` is sent. Throws what is to be answered instead. */
  async after(call: Call, answer: Answer): Promise<Played> {
    for (const fault of this.#requestFaults) {
      if (fault.type === 'status' && fault.when === 'after') throw failureOf(fault);
      if (fault.type === 'delay' && fault.when === 'after') await this.#delay(fault.ms);
      if (fault.type === 'hang' && fault.when === 'after') return 'ended';
      if (fault.type === 'reset' && fault.when === 'after') return reset(call);
      if (fault.type === 'truncate') return truncate(call, answer, fault.clean === true);
    }
    return 'goOn';
  }

  /** What watch faults do between the core and the wire. */
  get tap(): WatchTap | undefined {
    if (this.#watchFaults.length === 0) return undefined;
    let events = 0;
    return (event, stream) => {
      if (event.type !== 'BOOKMARK') events += 1;
      for (const fault of this.#watchFaults) {
        if (fault.type === 'dropEvent' && isNth(event, events, fault.nth)) return 'drop';
        if (fault.type === 'stallWatch' && events > fault.afterEvents) return 'drop';
        if (fault.type === 'closeWatch' && events > fault.afterEvents) {
          if (fault.reset) stream.cut();
          else stream.end();
          return 'drop';
        }
        if (fault.type === 'expireWatch' && events > (fault.afterEvents ?? 0)) {
          stream.send(errorLine(expired()));
          stream.end();
          return 'drop';
        }
      }
      return 'pass';
    };
  }
}

function isNth(event: WatchEvent, events: number, nth: number): boolean {
  return event.type !== 'BOOKMARK' && events === nth;
}

const reasons: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

function failureOf(fault: Extract<RequestFault, { type: 'status' }>): ApiFailure {
  const { code, reason = reasons[code] ?? 'InternalError', retryAfterSeconds } = fault;
  const details = retryAfterSeconds === undefined ? undefined : { retryAfterSeconds };
  return new ApiFailure(code, reason, fault.message ?? `scripted fault: ${reason}`, details);
}

function expired(): ApiFailure {
  return new ApiFailure(410, 'Expired', 'The resourceVersion for the provided watch is too old.');
}

function streamingListRefused(): ApiFailure {
  const why = 'Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled';
  return new ApiFailure(422, 'Invalid', `options.meta.k8s.io "" is invalid: sendInitialEvents: ${why}`, {
    group: 'meta.k8s.io',
    kind: 'options',
    causes: [{ reason: 'FieldValueForbidden', message: why, field: 'sendInitialEvents' }],
  });
}

function reset({ request }: Call): Played {
  const { socket } = request;
  // Under TLS the TCP socket cannot be reached, and the end comes without a close_notify.
  if ('resetAndDestroy' in socket && !('encrypted' in socket)) socket.resetAndDestroy();
  else socket.destroy();
  return 'ended';
}

function truncate(call: Call, answer: Answer, clean: boolean): Played {
  const half = answer.body.subarray(0, Math.floor(answer.body.length / 2));
  if (clean) {
    send(call.response, { ...answer, body: half });
    return 'ended';
  }
  call.response.writeHead(answer.code, {
    'content-type': answer.contentType,
    'content-length': answer.body.length,
  });
  call.response.write(half, () => call.request.socket.destroy());
  return 'ended';
}
