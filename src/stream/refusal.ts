/** An answer to a request that is not served: its code makes the HTTP status, its message the body. */
import { VkError, type ErrorCode, type VkErrorOptions } from '../runtime/errors.js';

export interface RefusalOptions extends VkErrorOptions {
  /** Headers of the answer, such as `Allow` or `X-Accepted-Stream-Protocol-Versions`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Where the code's own status is not the right one, such as 405 for `InvalidInput`. */
  readonly httpStatus?: number;
}

export class Refusal extends VkError {
  readonly headers: Readonly<Record<string, string>>;
  readonly #httpStatus: number | undefined;

  constructor(code: ErrorCode, message: string, options: RefusalOptions = {}) {
    super(code, message, options);
    this.headers = options.headers ?? {};
    this.#httpStatus = options.httpStatus;
  }

  override get httpStatus(): number {
    return this.#httpStatus ?? super.httpStatus;
  }
}
