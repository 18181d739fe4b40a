/** A string as Go's `%q` prints it: what files of labels and annotations hold, and what their readers parse. */

const named: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};

export function goQuote(text: string): string {
  let quoted = '';
  for (const character of text) quoted += named[character] ?? (isPrintable(character) ? character : escaped(character));
  return `"${quoted}"`;
}

/** Letters, marks, numbers, punctuation and symbols; of spaces ASCII's alone (Go's `strconv.IsPrint`). */
function isPrintable(character: string): boolean {
  return character === ' ' || /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(character);
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return `\\x${hex(code, 2)}`;
  // Half of a surrogate pair is no character: Go would have seen the replacement character.
  if (code >= 0xd800 && code <= 0xdfff) return '\ufffd';
  return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
