/** Which proxy the environment names for a server, by the rules of Go's net/http (golang.org/x/net/http/httpproxy). */
import { BlockList, isIP } from 'node:net';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * `HTTPS_PROXY` or `HTTP_PROXY` by the server's scheme, unless `NO_PROXY` names the server; upper case counts before lower
 * case. This machine is never reached through a proxy.
 */
export function proxyFromEnvironment(server: string, env: Environment): string | undefined {
  const url = new URL(server);
  const secure = url.protocol === 'https:';
  const proxy = secure ? env['HTTPS_PROXY'] || env['https_proxy'] : env['HTTP_PROXY'] || env['http_proxy'];
  if (!proxy) return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = url.port || (secure ? '443' : '80');
  if (isLoopback(host) || isExempt(host, port, env['NO_PROXY'] || env['no_proxy'] || '')) return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** Entries are `*`, an address, a network (`10.0.0.0/8`), or a name; all but networks may have a port. */
function isExempt(host: string, port: string, exemptions: string): boolean {
  return exemptions
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => entry !== '' && (entry === '*' || matches(entry, host, port)));
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry.includes('/')) return isWithin(entry, host);
  const { name, onlyPort } = splitPort(entry);
  if (onlyPort !== undefined && onlyPort !== port) return false;
  if (isIP(name) !== 0) return isWithin(`${name}/${isIP(name) === 4 ? 32 : 128}`, host);
  const suffix = name.startsWith('*.') ? name.slice(1) : name;
  if (suffix.startsWith('.')) return host.endsWith(suffix);
  return host === suffix || host.endsWith(`.${suffix}`);
}

function splitPort(entry: string): { name: string; onlyPort: string | undefined } {
  if (isIP(entry) === 6) return { name: entry, onlyPort: undefined };
  const parts = /^(?:\[(.+)\]|([^:]*))(?::(\d+))?$/.exec(entry);
  return { name: parts?.[1] ?? parts?.[2] ?? entry, onlyPort: parts?.[3] };
}

function isWithin(network: string, host: string): boolean {
  const family = isIP(host);
  const [address = '', bits = ''] = network.split('/');
  const most = family === 4 ? 32 : 128;
  if (family === 0 || isIP(address) !== family || !/^\d+$/.test(bits) || Number(bits) > most) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(address, Number(bits), type);
  return list.check(host, type);
}
