/**
 * The file that a `fileKeyRef` names, as an init container writes it: `NAME='value'` (KEP-3721, and the task "Define
 * Environment Variable Values Using An Init Container"). Read as kubelets of 1.35 and later do, which is strict. Pure.
 */
import { VkError } from '../../runtime/errors.js';

/**
 * The value of `key`: the first that the file gives it. Undefined if it gives none, or an empty one, which a kubelet takes
 * for none.
 *
 * Values are in single quotes, within which all is taken as it is, ends of lines too; a comment may follow. Blank lines and
 * those that begin with `#` do not count, nor does space at a line's beginning; after `=` it makes the value empty. For a
 * line of any other kind it throws `InvalidInput`, with the line's number and nothing of what it holds, unless the key is
 * found above it.
 */
export function envFileValue(text: string, key: string): string | undefined {
  const lines = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  for (let index = 0; index < lines.length; index += 1) {
    const line = (lines[index] ?? '').replace(/^[ \t]+/, '');
    if (line === '' || line.startsWith('#')) continue;
    const number = index + 1;
    const equals = line.indexOf('=');
    if (equals < 0) throw malformed(number, "there is no '='");
    const name = line.slice(0, equals);
    const rest = line.slice(equals + 1);
    if (name === '' || /[ \t]$/.test(name)) throw malformed(number, "a name has to end at the '='");
    let value = '';
    if (!/^[ \t]/.test(rest)) {
      if (!rest.startsWith("'")) throw malformed(number, 'the value is not in single quotes');
      const read = quoted(lines, index, rest.slice(1));
      if (read === undefined) throw malformed(number, 'the quote is not closed');
      value = read.value;
      index = read.index;
      if (!/^[ \t]*(?:#|$)/.test(read.after)) throw malformed(index + 1, 'something follows the closing quote');
    }
    if (name === key) return value === '' ? undefined : value;
  }
  return undefined;
}

/** What is read up to the closing quote, which may be lines further down. */
function quoted(
  lines: readonly string[],
  from: number,
  first: string,
): { readonly value: string; readonly after: string; readonly index: number } | undefined {
  const parts: string[] = [];
  for (let index = from, rest: string | undefined = first; rest !== undefined; rest = lines[(index += 1)]) {
    const end = rest.indexOf("'");
    parts.push(end < 0 ? rest : rest.slice(0, end));
    if (end >= 0) return { value: parts.join('\n'), after: rest.slice(end + 1), index };
  }
  return undefined;
}

function malformed(line: number, what: string): VkError {
  return new VkError('InvalidInput', `env file: line ${line}: ${what}`);
}
