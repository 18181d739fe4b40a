/** The programs' side of `program.ts`. */

/** What the program was started with. */
export function settings<T>(): T {
  return JSON.parse(process.argv[2] ?? '{}') as T;
}

type Handlers = Readonly<Record<string, (argument: never) => unknown>>;

/** Says that the program is ready, and answers requests from then on. `memory` and `exit` are answered by every program. */
export function serve(handlers: Handlers = {}): void {
  const all: Handlers = { memory, exit: () => process.exit(0), ...handlers };
  process.on('message', ({ id, request, argument }: { id: number; request: string; argument: never }) => {
    void (async () => {
      try {
        process.send?.({ id, value: await all[request]?.(argument) });
      } catch (error) {
        process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      }
    })();
  });
  process.send?.({ id: 0 });
}

/**
 * Resident memory in bytes, after collections: what the process needs, not what it has not given back yet. V8 returns
 * pages a while after it has emptied them.
 */
async function memory(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    (globalThis as { gc?: () => void }).gc?.();
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return process.memoryUsage.rss();
}
