/** How a socket to a server is opened: directly or through a proxy, with or without TLS. For undici's pools. */
import { buildConnector } from 'undici';
import { openTunnel, parseProxyUrl } from './tunnel.js';

export interface ConnectorOptions {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly tlsServerName?: string | undefined;
  readonly insecureSkipTlsVerify?: boolean | undefined;
  readonly proxyUrl?: string | undefined;
  readonly connectTimeoutMs: number;
}

/** From here on the kernel asks each second, ten times: a dead peer is noticed within 40 s. */
const keepAliveProbeMs = 30_000;

export function connectorFor(options: ConnectorOptions): buildConnector.connector {
  const { ca, cert, key, tlsServerName, insecureSkipTlsVerify = false, proxyUrl, connectTimeoutMs } = options;
  const direct = buildConnector({
    timeout: connectTimeoutMs,
    keepAliveInitialDelay: keepAliveProbeMs,
    rejectUnauthorized: !insecureSkipTlsVerify,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(tlsServerName === undefined ? {} : { servername: tlsServerName }),
  });
  if (proxyUrl === undefined) return direct;
  const proxy = parseProxyUrl(proxyUrl);
  return (target, callback) => {
    const secure = target.protocol === 'https:';
    const port = Number(target.port || (secure ? 443 : 80));
    openTunnel(proxy, { host: target.hostname, port }, connectTimeoutMs).then(
      (socket) => {
        if (secure) direct({ ...target, httpSocket: socket }, callback);
        else callback(null, socket);
      },
      (error: unknown) => callback(error as Error, null),
    );
  };
}
