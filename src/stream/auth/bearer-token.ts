/** The token of an `Authorization` header (RFC 6750 section 2.1). Tokens in queries and bodies are not looked for. */

/** Undefined if there is none, several, or another scheme. */
export function bearerToken(authorization: readonly string[] | undefined): string | undefined {
  if (authorization?.length !== 1) return undefined;
  return /^bearer +([A-Za-z0-9._~+/=-]+) *$/i.exec(authorization[0] ?? '')?.[1];
}
