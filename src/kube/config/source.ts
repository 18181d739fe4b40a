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

/** Two sources of parts of one value; the second counts where both have a part. */
export function bothSources<T extends object>(first: Source<T>, second: Source<T>): Source<T> {
  const parts = new WeakMap<T, readonly [T, T]>();
  let last: { readonly one: T; readonly other: T; readonly value: T } | undefined;
  const merge = (one: T, other: T): T => {
    if (last === undefined || last.one !== one || last.other !== other) {
      last = { one, other, value: { ...one, ...other } };
      parts.set(last.value, [one, other]);
    }
    return last.value;
  };
  return {
    get() {
      const one = first.get();
      const other = second.get();
      if (!(one instanceof Promise) && !(other instanceof Promise)) return merge(one, other);
      return Promise.all([one, other]).then(([fetchedOne, fetchedOther]) => merge(fetchedOne, fetchedOther));
    },
    async renew(rejected) {
      const rejectedParts = parts.get(rejected);
      if (rejectedParts === undefined) return true;
      const changed = await Promise.all([first.renew(rejectedParts[0]), second.renew(rejectedParts[1])]);
      return changed.includes(true);
    },
  };
}
