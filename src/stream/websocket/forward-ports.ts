/** The ports that a port-forward over WebSocket channels is for: `port=80,443`, also repeated. kubelet-protocol §4. */
import { Refusal } from '../refusal.js';

/** In the order given, which numbers the channels; one port may be there several times. Throws a Refusal (400). */
export function parseForwardPorts(query: URLSearchParams): number[] {
  const values = query.getAll('port');
  if (values.length === 0) throw new Refusal('InvalidInput', 'query parameter "port" is required');
  return values.flatMap((value) => value.split(',')).map(parsePort);
}

function parsePort(text: string): number {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) {
    throw new Refusal('InvalidInput', 'query parameter "port": must be numbers from 1 to 65535, separated by commas');
  }
  return port;
}
