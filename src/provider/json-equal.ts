/**
 * Whether two pieces of plain JSON say the same. The order of keys does not matter, that of array items does; a key
 * that is undefined is a key that is not there.
 */
export function jsonEqual(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
    return left.every((item, index) => jsonEqual(item, right[index]));
  }
  const one = left as Record<string, unknown>;
  const other = right as Record<string, unknown>;
  let keys = 0;
  for (const key of Object.keys(one)) {
    if (one[key] === undefined) continue;
    if (!Object.hasOwn(other, key) || !jsonEqual(one[key], other[key])) return false;
    keys++;
  }
  for (const key of Object.keys(other)) if (other[key] !== undefined) keys--;
  return keys === 0;
}
