/** A session that goes through no network: what the client sends and gets is in the test's hands. */
import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Status } from '../../../src/kube/types.js';
import type { RemoteCommandSession } from '../../../src/stream/remote-command/session.js';

export class MemoryTransport implements RemoteCommandSession {
  readonly version = 4;
  readonly stdin = new PassThrough();
  readonly stdout: PassThrough;
  readonly stderr = new PassThrough();
  readonly resize = new PassThrough();
  /** What the client got, in the order it came. */
  readonly received: string[] = [];
  readonly statuses: Status[] = [];
  readonly #gone = new AbortController();

  constructor(options: { readonly stdoutHighWaterMark?: number; readonly reading?: boolean } = {}) {
    this.stdout = new PassThrough({ highWaterMark: options.stdoutHighWaterMark ?? 16_384 });
    if (options.reading !== false) this.read();
  }

  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  get output(): string {
    return this.received.join('');
  }

  /** The client begins to read. */
  read(): void {
    for (const stream of [this.stdout, this.stderr]) stream.on('data', (chunk) => this.received.push(String(chunk)));
  }

  /** The client vanishes. */
  hangUp(): void {
    this.#gone.abort();
    for (const stream of [this.stdin, this.stdout, this.stderr, this.resize])
      stream.destroy(new Error('socket hang up'));
  }

  async finish(status: Status): Promise<void> {
    for (const stream of this.gone.aborted ? [] : [this.stdout, this.stderr]) await finished(stream.end());
    this.statuses.push(status);
    for (const stream of [this.stdin, this.stdout, this.stderr, this.resize]) stream.destroy();
  }
}
