/** Choosing a subprotocol: the first of the client's list that the server knows (kubelet-protocol §1). */

/** The values of a header that may be repeated and comma-joined. */
export function listedValues(header: readonly string[] | undefined): string[] {
  return (header ?? []).flatMap((line) => line.split(',')).flatMap((value) => value.trim() || []);
}

export function negotiate<Protocol extends string>(
  offered: readonly string[],
  supported: readonly Protocol[],
): Protocol | undefined {
  const known: readonly string[] = supported;
  return offered.find((protocol): protocol is Protocol => known.includes(protocol));
}
