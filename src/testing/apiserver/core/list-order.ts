/**
 * Orders a merged list: items that `first` names come in its order; the others keep their place relative to them where
 * both were in `before`, else they come after.
 */
export function arrange<T>(
  items: readonly T[],
  first: readonly unknown[],
  before: readonly unknown[],
  keyOf: (item: unknown) => string,
): T[] {
  const rank = ranks(first, keyOf);
  const place = ranks(before, keyOf);
  const rankOf = (item: T): number => rank.get(keyOf(item)) ?? -1;
  const named = items.filter((item) => rankOf(item) >= 0).sort((a, b) => rankOf(a) - rankOf(b));
  const others = items.filter((item) => rankOf(item) < 0);
  const result: T[] = [];
  let at = 0;
  for (const item of named) {
    const target = place.get(keyOf(item)) ?? -1;
    while (at < others.length && (place.get(keyOf(others[at])) ?? Infinity) < target) result.push(others[at++] as T);
    result.push(item);
  }
  return [...result, ...others.slice(at)];
}

function ranks(list: readonly unknown[], keyOf: (item: unknown) => string): Map<string, number> {
  return new Map(list.map((item, index) => [keyOf(item), index]));
}
