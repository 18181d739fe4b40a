/** Input that is no keyboard's on its way through a terminal, which takes lines, and acts on most control characters. */
import { Transform, type TransformCallback } from 'node:stream';
import { VkError } from 'vk-sdk';
import { longestLine } from './command-line.js';

/** Ctrl-D: gives the line so far to the reader, and at the begin of a line says that there is no more. */
export const endOfInput = '\x04';

const newline = 0x0a;
const tab = 0x09;
const del = 0x7f;

/**
 * Passes on what a terminal passes on as it is. Anything else would get lost on the way, or end the command, so it is not
 * begun: `refuse` is called, and no more is passed on. Has the last line read, also without an end.
 */
export class TerminalInput extends Transform {
  readonly #refuse: (error: VkError) => void;
  #column = 0;
  #isRefused = false;

  constructor(refuse: (error: VkError) => void) {
    super();
    this.#refuse = refuse;
  }

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    if (this.#isRefused) {
      done();
      return;
    }
    for (const byte of chunk) {
      this.#column = byte === newline ? 0 : this.#column + 1;
      this.#isRefused ||=
        this.#column > longestLine || (byte < 0x20 && byte !== newline && byte !== tab) || byte === del;
    }
    if (this.#isRefused) this.#refuse(refusal());
    done(null, this.#isRefused ? undefined : chunk);
  }

  override _flush(done: TransformCallback): void {
    done(null, this.#column > 0 ? endOfInput : undefined);
  }
}

function refusal(): VkError {
  return new VkError(
    'InvalidInput',
    `exec: the input goes through a terminal, so no control characters and no lines of more than ${longestLine} bytes; ` +
      'send it in base64, and have it decoded in the container',
  );
}
