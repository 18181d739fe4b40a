/** What is to be undone at the end: in reverse, each with a deadline, and none kept from happening by another's failure. */
export class Cleanup {
  readonly #steps: { readonly what: string; readonly undo: () => Promise<unknown> }[] = [];

  /** Call it before the thing is done, or as soon as it is. */
  add(what: string, undo: () => Promise<unknown>): void {
    this.#steps.push({ what, undo });
  }

  /** Answers what could not be undone, as text for the terminal. */
  async run(timeoutMs = 15_000): Promise<string[]> {
    const failures: string[] = [];
    for (const { what, undo } of this.#steps.splice(0).reverse()) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`not done within ${timeoutMs} ms`)), timeoutMs);
      });
      try {
        await Promise.race([undo(), late]);
      } catch (error) {
        failures.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      } finally {
        clearTimeout(timer);
      }
    }
    return failures;
  }
}
