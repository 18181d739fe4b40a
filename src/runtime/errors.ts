/**
 * The one error family of the SDK. Callers match `code`; messages are for people and name the object first.
 * HTTP statuses are mapped to and from codes in this file and nowhere else.
 */

/** What went wrong, as a closed set. Match on this, never on messages. */
export type ErrorCode =
  | 'NotFound'
  | 'InvalidInput'
  | 'AlreadyExists'
  | 'Conflict'
  | 'Expired'
  | 'Unauthorized'
  | 'Forbidden'
  | 'TooManyRequests'
  | 'Unavailable'
  | 'Timeout'
  | 'Aborted'
  | 'NotImplemented'
  | 'Internal';

export interface VkErrorOptions {
  /** The error that led to this one. */
  readonly cause?: unknown;
  /** Key of the object concerned, such as `pod default/web`. */
  readonly object?: string;
  /**
   * What the caller should do about it. `false`: trying again is useless (a pod whose creation fails this way
   * becomes Failed). `{ afterMs }`: try again then, not sooner. Left out: back off as usual, except that
   * `InvalidInput` means `false`.
   */
  readonly retry?: false | { readonly afterMs: number };
}

const httpStatusByCode: Readonly<Record<ErrorCode, number>> = {
  NotFound: 404,
  InvalidInput: 400,
  AlreadyExists: 409,
  Conflict: 409,
  Expired: 410,
  Unauthorized: 401,
  Forbidden: 403,
  TooManyRequests: 429,
  Unavailable: 503,
  Timeout: 504,
  Aborted: 499,
  NotImplemented: 501,
  Internal: 500,
};

/**
 * An error with a {@link ErrorCode | code}. Providers throw it to say how a failure is to be taken:
 *
 * ```ts
 * throw new VkError('InvalidInput', 'pod default/web: spec.hostNetwork is not supported');
 * throw new VkError('TooManyRequests', 'container group web: quota reached', { retry: { afterMs: 30_000 } });
 * ```
 */
export class VkError extends Error {
  override readonly name: string = 'VkError';
  readonly code: ErrorCode;
  readonly object: string | undefined;
  readonly retry: false | { readonly afterMs: number } | undefined;

  constructor(code: ErrorCode, message: string, options: VkErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.object = options.object;
    this.retry = options.retry ?? (code === 'InvalidInput' ? false : undefined);
  }

  /** The HTTP status that stands for this error's code. */
  get httpStatus(): number {
    return httpStatusByCode[this.code];
  }

  /** The same error if it is one of ours, else a `VkError` that wraps it (`Aborted` for an AbortError, else `Internal`). */
  static from(error: unknown): VkError {
    if (error instanceof VkError) return error;
    const message = error instanceof Error ? error.message : textOf(error);
    const aborted = error instanceof Error && error.name === 'AbortError';
    return new VkError(aborted ? 'Aborted' : 'Internal', message, { cause: error });
  }
}

/** What was thrown, as text: not everything can be made one, such as an object without a prototype. */
function textOf(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return 'thrown value that has no text';
  }
}

/** Whether `error` carries `code`. Also true for errors of another copy of this package, which `instanceof` would miss. */
export function hasCode(error: unknown, code: ErrorCode): boolean {
  return typeof error === 'object' && error !== null && (error as { code?: unknown }).code === code;
}

/** The code that stands for an HTTP status of an apiserver or a kubelet. */
export function codeOfHttpStatus(status: number, reason?: string): ErrorCode {
  if (reason === 'AlreadyExists') return 'AlreadyExists';
  switch (status) {
    case 400:
    case 405:
    case 406:
    case 413:
    case 415:
    case 422:
      return 'InvalidInput';
    case 401:
      return 'Unauthorized';
    case 403:
      return 'Forbidden';
    case 404:
      return 'NotFound';
    case 409:
      return 'Conflict';
    case 410:
      return 'Expired';
    case 429:
      return 'TooManyRequests';
    case 501:
      return 'NotImplemented';
    // A load balancer whose apiserver is away.
    case 502:
    case 503:
      return 'Unavailable';
    case 504:
      return 'Timeout';
    default:
      return 'Internal';
  }
}
