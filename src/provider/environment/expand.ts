/** `$(NAME)` in a variable's value, a command or an argument, as Kubernetes expands it (API: `EnvVar.value`). */

/**
 * Replaces each `$(NAME)` by what `lookup` answers. An unknown name and an unclosed `$(` stay as they are; `$$` is `$`,
 * so `$$(NAME)` is never expanded. What is put in is not expanded again.
 */
export function expandReferences(text: string, lookup: (name: string) => string | undefined): string {
  let result = '';
  let rest = 0;
  for (let at = text.indexOf('$'); at >= 0 && at + 1 < text.length; at = text.indexOf('$', rest)) {
    result += text.slice(rest, at);
    const next = text[at + 1];
    const close = next === '(' ? text.indexOf(')', at + 2) : -1;
    if (close >= 0) {
      const name = text.slice(at + 2, close);
      result += lookup(name) ?? `$(${name})`;
      rest = close + 1;
    } else {
      result += next === '$' ? '$' : `$${next}`;
      rest = at + 2;
    }
  }
  return result + text.slice(rest);
}
