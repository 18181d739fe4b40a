/** A TCP connection to a server by way of a proxy: CONNECT (RFC 9110 section 9.3.6) or SOCKS5 (`socks5.ts`). */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, type Socket } from 'node:net';
import { VkError } from '../../runtime/errors.js';
import { negotiateSocks5, type TunnelTarget } from './socks5.js';

/** Throws `InvalidInput` for an address that is no proxy's. Its credentials, if any, are never shown. */
export function parseProxyUrl(proxyUrl: string): URL {
  const url = URL.canParse(proxyUrl) ? new URL(proxyUrl) : undefined;
  if (url === undefined || !['http:', 'https:', 'socks5:', 'socks5h:'].includes(url.protocol)) {
    throw new VkError('InvalidInput', 'proxy: not an http, https or socks5 address, such as http://10.0.0.1:3128');
  }
  return url;
}

/** It is the proxy that failed, not the server behind it. The message names the proxy. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';

  constructor(proxy: URL, cause: unknown) {
    const told = cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code : String(cause);
    super(`proxy ${proxy.protocol}//${proxy.host}: ${told ?? 'failed'}`, { cause });
  }
}

/** Rejects with a `ProxyError`. */
export async function openTunnel(proxy: URL, target: TunnelTarget, timeoutMs: number): Promise<Socket> {
  try {
    return await (proxy.protocol.startsWith('socks5') ? overSocks5 : overConnect)(proxy, target, timeoutMs);
  } catch (cause) {
    throw new ProxyError(proxy, cause);
  }
}

function overConnect(proxy: URL, { host, port }: TunnelTarget, timeoutMs: number): Promise<Socket> {
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const { username, password } = credentialsOf(proxy);
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  return new Promise((resolve, reject) => {
    const secure = proxy.protocol === 'https:';
    const request = (secure ? httpsRequest : httpRequest)({
      method: 'CONNECT',
      host: hostOf(proxy),
      port: proxy.port || (secure ? 443 : 80),
      path: authority,
      headers: { host: authority, ...(username === '' ? {} : { 'proxy-authorization': authorization }) },
      agent: false,
      timeout: timeoutMs,
    });
    request.on('connect', ({ statusCode }: IncomingMessage, socket: Socket) => {
      socket.setTimeout(0);
      if (statusCode === 200) {
        resolve(socket);
        return;
      }
      socket.destroy();
      reject(
        new Error(
          statusCode === 407 ? 'wants credentials (407)' : `refused to connect to ${authority} (${statusCode})`,
        ),
      );
    });
    // A proxy that answers like a web server.
    request.on('response', ({ statusCode }: IncomingMessage) => {
      request.destroy(new Error(`refused to connect to ${authority} (${statusCode})`));
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    request.on('error', reject);
    request.end();
  });
}

function overSocks5(proxy: URL, target: TunnelTarget, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostOf(proxy), port: Number(proxy.port || 1080), timeout: timeoutMs });
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    socket.once('error', fail);
    socket.once('timeout', () => fail(new Error(`no answer within ${timeoutMs} ms`)));
    socket.once('connect', () => {
      negotiateSocks5(socket, target, credentialsOf(proxy)).then(() => {
        socket.setTimeout(0);
        socket.removeListener('error', fail);
        resolve(socket);
      }, fail);
    });
  });
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

function credentialsOf(url: URL): { username: string; password: string } {
  return { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
}
