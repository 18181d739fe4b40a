/** An HTTP probe, as the kubelet asks: no certificate is verified, and any status from 200 to 399 will do. */
import { request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Container } from 'vk-sdk';

export type HttpGet = NonNullable<NonNullable<Container['livenessProbe']>['httpGet']>;

const mostRedirects = 10;

/** Resolves if it passes, rejects with the reason if not. `host`: where the pod is. */
export async function checkHttp(get: HttpGet, host: string, port: number, signal: AbortSignal): Promise<void> {
  const path = get.path?.startsWith('/') ? get.path : `/${get.path ?? ''}`;
  let url = new URL(path, `${get.scheme === 'HTTPS' ? 'https' : 'http'}://${get.host || host}:${port}`);
  const headers: Record<string, string> = { 'user-agent': 'kube-probe/1.36', accept: '*/*', connection: 'close' };
  for (const { name, value } of get.httpHeaders ?? []) headers[name.toLowerCase()] = value;
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    const { status, location } = await ask(url, headers, signal);
    const next = status >= 300 && status < 400 && location !== undefined ? new URL(location, url) : undefined;
    // A redirect to another host is not followed, and passes.
    if (next === undefined || next.hostname !== url.hostname) {
      if (status >= 200 && status < 400) return;
      throw new Error(`HTTP probe failed with statuscode: ${status}`);
    }
    url = next;
  }
  throw new Error(`HTTP probe stopped after ${mostRedirects} redirects`);
}

function ask(
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly location: string | undefined }> {
  const options: RequestOptions & { rejectUnauthorized: boolean } = {
    headers,
    signal,
    agent: false,
    rejectUnauthorized: false,
  };
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options, (response) => {
      resolve({ status: response.statusCode ?? 0, location: response.headers.location });
      response.destroy();
    });
    request.once('error', reject);
    request.end();
  });
}
