/**
 * `/run`: a command whose output is the answer. Neighbour: `routes.ts`, for commands with streams.
 *
 * The answer's status tells whether the command succeeded, so all output has to be there first, and is bounded.
 */
import { Writable } from 'node:stream';
import type { ContainerRef } from '../../provider/provider.js';
import { VkError } from '../../runtime/errors.js';
import { onAbort } from '../../runtime/until-aborted.js';
import type { StreamingProvider } from '../backend.js';
import { within } from '../bounded-wait.js';
import type { PlainCall } from '../call.js';
import { Refusal } from '../refusal.js';
import { resolveStreamingOptions, type StreamingOptions } from '../streaming-options.js';
import { unknownExitCode } from './outcome.js';
import { parseRunCommand } from './remote-command-query.js';

/**
 * Runs the words of the query's `cmd` by `runInContainer`, without stdin, and answers stdout and stderr as they came.
 * Throws what becomes the answer if the command cannot be run, fails, or says too much (`maxRunOutputBytes`).
 */
export async function serveRun(
  { query, response, signal, logger }: PlainCall,
  ref: ContainerRef,
  provider: StreamingProvider,
  options: StreamingOptions = {},
): Promise<void> {
  const { clock, maxRunOutputBytes, providerGraceMs } = resolveStreamingOptions(options);
  if (provider.runInContainer === undefined) {
    throw new Refusal('NotImplemented', 'run: the provider does not implement runInContainer');
  }
  const command = parseRunCommand(query);
  const over = new AbortController();
  const stop = onAbort(signal, () => over.abort(signal.reason));
  const output = new RunOutput(maxRunOutputBytes, () => {
    over.abort(new VkError('InvalidInput', `run: more than ${maxRunOutputBytes} bytes of output; use exec`));
  });
  const io = { stdout: output.stream(), stderr: output.stream(), tty: false };
  const call = (async () => provider.runInContainer?.(ref, command, io, { signal: over.signal, logger }))();
  const interrupted = new Promise<void>((resolve) => onAbort(over.signal, resolve));
  try {
    await Promise.race([call, interrupted]);
    if (
      over.signal.aborted &&
      !(await within(
        clock,
        providerGraceMs,
        call.catch(() => undefined),
      ))
    ) {
      logger.warn({ graceMs: providerGraceMs }, 'provider call goes on after its request; no longer waiting for it');
    }
    over.signal.throwIfAborted();
  } finally {
    stop();
  }
  const exitCode = await call;
  const text = output.bytes();
  if (exitCode === undefined) throw new VkError('Internal', `run: ${unknownExitCode}: ${text.toString()}`);
  if (exitCode !== 0) {
    throw new VkError('Internal', `run: command ended with exit code ${exitCode}: ${text.toString()}`);
  }
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'content-length': text.length }).end(text);
}

/** What several streams are given, in the order it comes. */
class RunOutput {
  readonly #chunks: Buffer[] = [];
  readonly #onOverflow: () => void;
  #room: number;

  constructor(bytes: number, onOverflow: () => void) {
    this.#room = bytes;
    this.#onOverflow = onOverflow;
  }

  stream(): Writable {
    const write = (chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void => {
      this.#room -= chunk.length;
      if (this.#room >= 0) this.#chunks.push(chunk);
      else this.#onOverflow();
      callback();
    };
    return new Writable({ write }).on('error', () => undefined);
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}
