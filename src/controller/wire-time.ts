/** Times as Kubernetes writes them. */

/** `2026-01-01T00:00:00Z`: the API's `Time`, which holds whole seconds. */
export function wireTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** `2026-01-01T00:00:00.000000Z`: the API's `MicroTime`, which the server takes with six fractional digits alone. */
export function wireMicroTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 23)}000Z`;
}
