/**
 * Freezes plain JSON to its last leaf and answers it: in a test, whoever changes an object of the shared cache then
 * throws instead of corrupting what everybody else reads. Too slow to be left on in production.
 */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  Object.freeze(value);
  for (const item of Object.values(value)) deepFreeze(item);
  return value;
}
