/** What the emulator answers to one request. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON. Without it the answer has no body. */
  readonly body?: unknown;
}

/** A refusal in Azure Resource Manager's form: `{ "error": { "code", "message" } }`. */
export class ArmError extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }

  get answer(): Answer {
    return { status: this.status, headers: this.headers, body: { error: { code: this.code, message: this.message } } };
  }
}
