/** Resolves once `holds` does; rejects when it does not within 15 s: what a loaded machine needs. */
export async function eventually(what: string, holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`${what}: not within 15 s`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
