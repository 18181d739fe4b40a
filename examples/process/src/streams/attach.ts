/** `kubectl attach`: the streams of the container's own process, from now on, by way of its supervisor. */
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { VkError, type AttachIO } from 'vk-sdk';
import type { ContainerRun } from '../runs/container-run.js';
import type { SupervisorLink } from '../runs/supervisor-link.js';

/** Resolves when the process has ended. Rejects with the signal's reason when the client has gone. */
export async function attachTo(run: ContainerRun, io: AttachIO, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const link = await run.attach({
    hello: { stdin: io.stdin !== undefined, stdout: io.stdout !== undefined, stderr: io.stderr !== undefined },
    onOutput: (stream, chunk) => {
      const sink = io[stream];
      if (!sink?.writable || sink.write(chunk)) return true;
      // One that breaks off is seen by the signal.
      void once(sink, 'drain', { signal }).then(
        () => link.resume(),
        () => undefined,
      );
      return false;
    },
  });
  const onAbort = (): void => link.close();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    if (io.stdin) void passInput(io.stdin, link, run);
    if (io.resize) void passSizes(io.resize, link);
    await link.closed;
    signal.throwIfAborted();
  } catch (error) {
    throw VkError.from(error);
  } finally {
    signal.removeEventListener('abort', onAbort);
    link.close();
  }
}

/** The end of the client's input is the process's only if the container says so (`stdinOnce`). */
async function passInput(stdin: Readable, link: SupervisorLink, { order }: ContainerRun): Promise<void> {
  try {
    for await (const chunk of stdin) await link.stdin(chunk as Buffer);
    if (order.stdinOnce) link.endStdin();
  } catch {
    // The client has gone, which the signal tells.
  }
}

async function passSizes(sizes: NonNullable<AttachIO['resize']>, link: SupervisorLink): Promise<void> {
  try {
    for await (const size of sizes) link.resize(size);
  } catch {
    // As above.
  }
}
