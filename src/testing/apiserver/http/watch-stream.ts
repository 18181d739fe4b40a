/**
 * One watch on the wire: a chunked response with one JSON document a line. `watches.ts` keeps all of them.
 *
 * 1. Lines go out in the order of the events; none is left out unless the stream ends.
 * 2. What waits for a slow reader is bounded by `maximumBacklog` events; beyond that the stream is cut off, as by a real
 *    apiserver. What there was at the start does not count: it waits by reference and costs no copies.
 * 3. After `end` or `cut` nothing is written and `ended` has been called once.
 */
import type { ServerResponse } from 'node:http';

/** A line, made when it is its turn. */
export type Line = () => Buffer;

export class WatchStream {
  readonly #response: ServerResponse;
  readonly #maximumBacklog: number;
  #ended: (() => void) | undefined;
  #backlog: Line[] = [];
  #next = 0;
  #initial = 0;
  #blocked = false;
  #finishing = false;

  constructor(response: ServerResponse, maximumBacklog: number, ended: () => void) {
    this.#response = response;
    this.#maximumBacklog = maximumBacklog;
    this.#ended = ended;
    response.on('drain', () => {
      this.#blocked = false;
      this.#pump();
    });
    response.on('close', () => this.#finish());
    // A reset by the peer is followed by 'close'.
    response.on('error', () => undefined);
  }

  open(contentType: string): void {
    this.#response.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-cache, private' });
    this.#response.flushHeaders();
  }

  /** For the state at the start, before anything else. */
  sendInitial(line: Line): void {
    if (this.#ended === undefined || this.#finishing) return;
    this.#initial += 1;
    this.#backlog.push(line);
    if (!this.#blocked) this.#pump();
  }

  send(line: Line): void {
    if (this.#ended === undefined || this.#finishing) return;
    this.#backlog.push(line);
    if (!this.#blocked) this.#pump();
    else if (this.#waiting - this.#initial > this.#maximumBacklog) this.cut();
  }

  /** Ends the response in good order, after what waits. */
  end(): void {
    if (this.#ended === undefined) return;
    this.#finishing = true;
    if (!this.#blocked) this.#pump();
  }

  /** Ends the connection where it stands. */
  cut(): void {
    this.#response.destroy();
    this.#finish();
  }

  get #waiting(): number {
    return this.#backlog.length - this.#next;
  }

  #pump(): void {
    while (!this.#blocked && this.#next < this.#backlog.length && this.#ended !== undefined) {
      const line = this.#backlog[this.#next];
      this.#next += 1;
      if (this.#initial > 0) this.#initial -= 1;
      if (line !== undefined) this.#blocked = !this.#response.write(line());
    }
    if (this.#next === this.#backlog.length) {
      this.#backlog = [];
      this.#next = 0;
      if (this.#finishing && this.#ended !== undefined) {
        this.#response.end();
        this.#finish();
      }
    }
  }

  #finish(): void {
    const ended = this.#ended;
    this.#ended = undefined;
    this.#backlog = [];
    this.#next = 0;
    ended?.();
  }
}
