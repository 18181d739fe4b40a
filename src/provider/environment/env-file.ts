/** The file that a `fileKeyRef` names: lines of `NAME='value'`, as an init container writes them (KEP-3721). */

/**
 * The value of `key`, or undefined if the file has none. Lines that are blank or begin with `#` do not count. A value in
 * single quotes may span lines and is taken as it is; one without is taken up to the line's end.
 */
export function envFileValue(text: string, key: string): string | undefined {
  const assignment = /^[ \t]*(?:#.*|([^=\s#][^=\r\n]*)=(?:'([^']*)'|([^\r\n]*)))?[ \t]*\r?$/gm;
  let found: string | undefined;
  for (const [, name, quoted, plain] of text.matchAll(assignment)) {
    if (name?.trimEnd() === key) found = quoted ?? plain?.trimEnd() ?? '';
  }
  return found;
}
