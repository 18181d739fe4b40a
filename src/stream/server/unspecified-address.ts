/** Whether a host stands for every address of this machine, and so is none that anybody could call. */
export function isUnspecified(host: string): boolean {
  return host === '0.0.0.0' || /^[0:]+$/.test(host);
}
