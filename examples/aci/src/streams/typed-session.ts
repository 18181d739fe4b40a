/** The streams of a session whose command is typed: what the shell says before the command begins is not the command's. */
import { PassThrough, Transform, type TransformCallback } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { AttachIO } from 'vk-sdk';
import { beginMark } from './command-line.js';
import { TerminalInput } from './terminal-input.js';

/** What a shell may say before that is all shown: then it is no prompt, but what went wrong. */
const longestPreamble = 65_536;

export interface TypedSession {
  /** The client's, for the time of the command: its input waits until then. */
  readonly io: AttachIO;
  /** Aborts with a `VkError` where the input is none that a terminal passes on. */
  readonly refused: AbortSignal;
  /** Has all output reach the client. To be called at the end. */
  finish(): Promise<void>;
}

export function typedSession(client: AttachIO): TypedSession {
  const refusal = new AbortController();
  const stdin = client.stdin && (client.tty ? new PassThrough() : new TerminalInput((error) => refusal.abort(error)));
  const stdout = new AfterMark(() => stdin && client.stdin?.pipe(stdin));
  if (client.stdout) stdout.pipe(client.stdout, { end: false });
  else stdout.resume();
  return {
    io: { ...client, stdout, ...(stdin && { stdin }) },
    refused: refusal.signal,
    async finish() {
      if (stdin) client.stdin?.unpipe(stdin);
      stdin?.destroy();
      stdout.end();
      // A client that has gone reads nothing more.
      if (client.stdout?.destroyed) stdout.destroy();
      await finished(stdout).catch(() => undefined);
    },
  };
}

class AfterMark extends Transform {
  readonly #onBegin: () => void;
  #held: Buffer[] | undefined = [];
  #size = 0;

  constructor(onBegin: () => void) {
    super();
    this.#onBegin = onBegin;
  }

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    if (this.#held === undefined) {
      done(null, chunk);
      return;
    }
    const at = chunk.indexOf(beginMark);
    if (at >= 0) {
      this.#held = undefined;
      this.#onBegin();
      done(null, chunk.subarray(at + 1));
      return;
    }
    this.#held.push(chunk);
    this.#size += chunk.length;
    if (this.#size > longestPreamble) this.#show();
    done();
  }

  /** The command never began: what was said instead is the reason. */
  override _flush(done: TransformCallback): void {
    this.#show();
    done();
  }

  #show(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const chunk of held) this.push(chunk);
  }
}
