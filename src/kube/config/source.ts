/** A value that may change while the process runs: a token, a certificate, an authority. */
export interface Source<T> {
  /** The value as of now. A promise where it has to be read or fetched first; callers that come together share it. */
  get(): T | Promise<T>;
  /** Told that the server refused `rejected`. Resolves to whether `get` now answers something else. */
  renew(rejected: T): Promise<boolean>;
}

/** A value that stays as it is. */
export function staticSource<T>(value: T): Source<T> {
  return { get: () => value, renew: () => Promise.resolve(false) };
}
