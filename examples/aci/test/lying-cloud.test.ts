/** A cloud whose answers are not what it promises, which the emulated one is too honest for. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock } from 'vk-sdk/testing';
import { AzureContainerGroups } from '../src/cloud/azure-container-groups.js';
import { cloudThrottles } from '../src/cloud/cloud-throttles.js';
import { onlyAt } from '../src/cloud/own-host.js';
import { HttpsServer } from './emulator/http/https-server.js';

const { signal } = new AbortController();
const terminalSize = { rows: 24, cols: 80 };

/** What is answered: a text, and what is set beside it. */
type Answer = (request: IncomingMessage, response: ServerResponse) => string;

describe('a cloud that does not keep its word', () => {
  const servers: HttpsServer[] = [];

  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  async function cloud(answer: Answer) {
    const asked: string[] = [];
    const clock = new ManualClock();
    const request = (incoming: IncomingMessage, response: ServerResponse): void => {
      response.setHeader('content-type', 'application/json');
      const { url = '' } = incoming;
      if (url.includes('/.well-known/')) {
        const endpoints = {
          authorization_endpoint: `${origin}/t/authorize`,
          token_endpoint: `${origin}/t/oauth2/token`,
        };
        response.end(JSON.stringify({ issuer: `${origin}/t/v2.0`, jwks_uri: `${origin}/t/keys`, ...endpoints }));
      } else if (url.startsWith('/t/oauth2/')) {
        if (hasTokens) response.end(JSON.stringify({ access_token: 'hush', expires_in: 3600, token_type: 'Bearer' }));
        else asked.push('token');
      } else {
        asked.push(url);
        response.end(answer(incoming, response));
      }
    };
    let hasTokens = true;
    const server = new HttpsServer(Date.now(), { request, upgrade: (_, socket) => socket.destroy() });
    servers.push(server);
    const origin = `https://127.0.0.1:${await server.listen(0)}`;
    const endpoints = { resourceManager: origin, authority: origin, tokenScope: `${origin}/.default` };
    const api = new AzureContainerGroups(
      {
        endpoints: { ...endpoints, isPrivate: true, ca: server.ca },
        credential: { type: 'clientSecret', tenantId: 't', clientId: 'c', clientSecret: 's' },
        subscriptionId: 'sub',
        resourceGroup: 'rg',
      },
      { throttles: cloudThrottles({ clock }), clock },
    );
    const withholdTokens = (): void => {
      hasTokens = false;
    };
    return { api, asked, origin, clock, withholdTokens };
  }

  it.each([
    ['text/html', '<html>the hotel wants you to log in</html>'],
    ['application/json', ''],
    ['application/json', '{}'],
    ['application/json', '[]'],
    ['application/json', 'null'],
    ['application/json', '"web"'],
    ['application/json', '{"name": 5, "id": [], "properties": {"containers": "none"}}'],
    ['application/json', '{"name": "another", "properties": {}}'],
  ])('is not believed where it answers %s %s', async (type, body) => {
    const { api } = await cloud((_, response) => {
      response.setHeader('content-type', type);
      return body;
    });
    const group = { containers: [], osType: 'Linux' };
    await expect(api.get('web', signal)).rejects.toMatchObject({ code: 'Unavailable' });
    await expect(api.list(signal)).rejects.toMatchObject({ code: 'Unavailable' });
    await expect(api.beginCreate('web', group, signal)).rejects.toMatchObject({ code: 'Unavailable' });
    await expect(api.logs('web', 'app', {}, signal)).rejects.toMatchObject({ code: 'Unavailable' });
    const session = api.exec('web', 'app', { command: 'sh', terminalSize }, signal);
    await expect(session).rejects.toMatchObject({ code: 'Unavailable' });
  });

  it('has no log of a container that has written nothing', async () => {
    const { api } = await cloud(() => '{"content": null}');
    expect(await api.logs('web', 'app', {}, signal)).toBe('');
  });

  it('is not followed in circles', async () => {
    const { api, asked, origin } = await cloud(({ url }) =>
      JSON.stringify({ value: [{ name: 'web' }], nextLink: `${origin}${url}` }),
    );
    await expect(api.list(signal)).rejects.toThrow('list container groups: no end after 2 pages');
    expect(asked).toHaveLength(2);
  });

  it('is not read on where a list is longer than any', async () => {
    const page = Array.from({ length: 10_000 }, () => ({}));
    let count = 0;
    const { api, origin } = await cloud(() => {
      count += 1;
      return JSON.stringify({ value: page, nextLink: `${origin}/more?page=${count}` });
    });
    await expect(api.list(signal)).rejects.toThrow('no end after 6 pages');
  });

  it('gets no token for whom its answers name', async () => {
    const other = await cloud(() => '{"value": []}');
    const next = await cloud(() => JSON.stringify({ value: [], nextLink: `${other.origin}/next` }));
    await expect(next.api.list(signal)).rejects.toThrow('an answer leads to 127.0.0.1:');
    for (const header of ['azure-asyncoperation', 'location']) {
      const { api } = await cloud((_, response) => {
        response.statusCode = 202;
        response.setHeader(header, `${other.origin}/operation`);
        return '';
      });
      await expect(api.beginDelete('web', signal)).rejects.toMatchObject({ code: 'Unavailable' });
    }
    const redirecting = await cloud((_, response) => {
      response.statusCode = 307;
      response.setHeader('location', `${other.origin}/elsewhere`);
      return '';
    });
    await expect(redirecting.api.get('web', signal)).rejects.toThrow('refused (status 307)');
    expect(other.asked).toEqual([]);
  });

  it.each([
    ['https://management.azure.com/next', true],
    ['https://westus2.management.azure.com/operations/1', true],
    ['http://management.azure.com/next', false],
    ['https://evilmanagement.azure.com/next', false],
    ['https://management.azure.com.evil.example/next', false],
    ['https://management.azure.com:8443/next', false],
  ])('is asked at its own hosts alone: %s %s', async (url, expected) => {
    let isAsked = false;
    const next = (): Promise<never> => {
      isAsked = true;
      return Promise.reject(new Error('no answer'));
    };
    const { policy } = onlyAt('https://management.azure.com');
    const request = { url } as Parameters<typeof policy.sendRequest>[0];
    await expect(policy.sendRequest(request, next)).rejects.toThrow();
    expect(isAsked).toBe(expected);
  });

  it('is given up where no token comes, and asked for one anew', async () => {
    const { api, asked, clock, withholdTokens } = await cloud(() => '{}');
    withholdTokens();
    for (const attempt of [1, 2]) {
      const call = api.beginCreate('web', { containers: [], osType: 'Linux' }, signal);
      const refusal = expect(call).rejects.toMatchObject({
        code: 'Unauthorized',
        message: expect.stringContaining('no answer within 60 s') as string,
      });
      await expect.poll(() => asked).toHaveLength(attempt);
      await clock.advance(60_000);
      await refusal;
    }
  });
});
