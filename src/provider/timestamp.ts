/** Times as the API writes them (`metav1.Time`): RFC 3339 in UTC, whole seconds. */
export function timestamp(time: number | Date): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
}
