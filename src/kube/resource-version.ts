/**
 * Whether resourceVersion `a` is older than `b`. They are decimal numbers of any length that grow with each write to a
 * resource (KEP-5504 makes the comparison official). One that is no number counts as not older: nothing is then ignored.
 */
export function isOlder(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined || !/^\d+$/.test(a) || !/^\d+$/.test(b)) return false;
  return a.length === b.length ? a < b : a.length < b.length;
}
