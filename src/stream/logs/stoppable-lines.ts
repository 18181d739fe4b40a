/**
 * A source of lines whose reader may go at any time. A generator that waits for something cannot be ended from outside, so
 * it gets a signal to wait with.
 */
import { VkError } from '../../runtime/errors.js';
import { onAbort } from '../../runtime/until-aborted.js';
import type { LogItem } from './log-line.js';

/** `start` is called when the iteration begins. Its signal aborts as `signal` does, and when the iterator is let go of. */
export function stoppableLines(
  start: (signal: AbortSignal) => AsyncGenerator<LogItem>,
  signal: AbortSignal | undefined,
): AsyncIterable<LogItem> {
  return {
    [Symbol.asyncIterator]: () => {
      const over = new AbortController();
      const stop = signal === undefined ? () => undefined : onAbort(signal, () => over.abort(signal.reason));
      const lines = start(over.signal);
      return {
        next: async () => {
          try {
            const item = await lines.next();
            if (item.done) stop();
            return item;
          } catch (error) {
            stop();
            throw error;
          }
        },
        return: async () => {
          stop();
          over.abort(new VkError('Aborted', 'log: nobody reads it any more'));
          return lines.return(undefined);
        },
      };
    },
  };
}
