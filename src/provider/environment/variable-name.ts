/** What may be the name of an environment variable (API: `EnvVar.name`): any printable ASCII but `=`. */
export function isVariableName(name: string): boolean {
  return /^[ -<>-~]+$/.test(name);
}
