/** `$(NAME)` in commands, arguments and environment variables. Pure. */

/** A name that is not known stays as it is; `$$` is `$`, so `$$(NAME)` is not replaced. */
export function expand(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\(([^)]+)\)/g, (match, name: string | undefined) => {
    if (match === '$$') return '$';
    return name !== undefined && Object.hasOwn(variables, name) ? (variables[name] ?? match) : match;
  });
}
