/** What pretended containers do with a client's streams: they give back what they are given. */
import type { Duplex } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import type { AttachIO, TerminalSize } from 'vk-sdk';

const [interrupt, endOfInput] = ['\x03', '\x04'];

/**
 * Says `greeting`, and then what the client says, until it has said everything. With a terminal Ctrl-D ends it, Ctrl-C
 * too, with exit code 130, and each size is written down.
 */
export async function echo(io: AttachIO, greeting: string): Promise<number> {
  const { stdin, stdout, tty } = io;
  stdout?.write(`${greeting}${tty ? '\r\n' : '\n'}`);
  if (!stdin) return 0;
  if (tty) return echoKeys(io);
  if (stdout) await pipeline(stdin, stdout, { end: false });
  else await finished(stdin.resume());
  return 0;
}

async function echoKeys({ stdin, stdout, resize }: AttachIO): Promise<number> {
  const sizes = resize?.[Symbol.asyncIterator]();
  if (sizes) void tellSizes(sizes, (size) => stdout?.write(`${size.width}x${size.height}\r\n`));
  try {
    // Ctrl-D ends the reading, not the client's stream.
    for await (const chunk of stdin?.iterator({ destroyOnReturn: false }) ?? []) {
      const [keys = '', last] = String(chunk).split(/([\x03\x04])/u);
      stdout?.write(keys.replaceAll('\r', '\r\n'));
      if (last === interrupt) return 130;
      if (last === endOfInput) return 0;
    }
    return 0;
  } finally {
    await sizes?.return?.();
  }
}

async function tellSizes(sizes: AsyncIterator<TerminalSize>, tell: (size: TerminalSize) => unknown): Promise<void> {
  for (let next = await sizes.next(); next.done !== true; next = await sizes.next()) tell(next.value);
}

/** Gives a connection back what it sends, and its end after that. */
export async function echoConnection(connection: Duplex): Promise<void> {
  await pipeline(connection, connection);
}
