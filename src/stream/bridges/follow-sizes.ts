import type { AttachIO, TerminalSize } from '../../provider/provider.js';

/** Calls `onSize` for each size of the client's terminal, if it has one, until the returned function is called. */
export function followSizes({ resize }: AttachIO, onSize: (size: TerminalSize) => void): () => void {
  const sizes = resize?.[Symbol.asyncIterator]();
  let isOver = false;
  const follow = async (): Promise<void> => {
    for (let next = await sizes?.next(); next?.done === false && !isOver; next = await sizes?.next()) {
      // A client without a terminal has one of no extent.
      if (next.value.width > 0 && next.value.height > 0) onSize(next.value);
    }
  };
  // A size that cannot be read, or comes when the terminal is closing, is no reason to end a session.
  follow().catch(() => undefined);
  return () => {
    isOver = true;
    sizes?.return?.().catch(() => undefined);
  };
}
