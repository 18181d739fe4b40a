/** Logs: what is asked of the kubelet, and what the client hears of its answer. */
import { describe, expect, it } from 'vitest';
import type { TestCluster } from '../../../../src/testing/cluster.js';
import type { ProxyScene } from './scene.js';

export function proxyLogs({ cluster, kubelet, podsPath, ask, refusal, arrival }: ProxyScene): void {
  describe('for logs', () => {
    it('kubelet-protocol §5: asks with its own certificate, and passes on what it gets as plain text', async () => {
      kubelet.answer = (_, response) =>
        response.setHeader('content-type', 'text/odd').setHeader('x-own', '1').end('x\n');
      const answer = await ask('one/log');
      expect(answer).toMatchObject({ status: 200, headers: { 'content-type': ['text/plain'] } });
      expect(answer.headers['x-own']).toBeUndefined();
      expect(answer.body.toString()).toBe('x\n');
      expect(arrival()).toMatchObject({
        method: 'GET',
        url: '/containerLogs/default/one/a',
        client: 'kube-apiserver-kubelet-client',
      });
      expect(arrival().headers['authorization']).toBeUndefined();
    });

    it('kubelet-protocol §5: passes on every option that it knows', async () => {
      const options = 'follow=true&previous=1&timestamps=&sinceSeconds=5&tailLines=0&limitBytes=9';
      await ask(`several/log?container=b&${options}&pretty=1&insecureSkipTLSVerifyBackend=true`);
      expect(arrival().url).toBe(
        '/containerLogs/default/several/b?follow=true&limitBytes=9&previous=true&sinceSeconds=5&tailLines=0&timestamps=true',
      );
      kubelet.arrivals.length = 0;
      await ask('several/log?container=i&follow=false&sinceTime=2026-01-02T03:04:05.678%2B01:00');
      expect(decodeURIComponent(arrival().url)).toMatch(
        /^\/containerLogs\/default\/several\/i\?sinceTime=2026-01-02T0(3:04:05\+01:00|2:04:05Z)$/,
      );
    });

    const invalid = (...causes: readonly [field: string, reason: string, message: string][]): object => {
      const texts = causes.map(([field, , message]) => `${field}: ${message}`);
      return {
        code: 422,
        reason: 'Invalid',
        message: `PodLogOptions "one" is invalid: ${texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`}`,
        details: {
          name: 'one',
          kind: 'PodLogOptions',
          causes: causes.map(([field, reason, message]) => ({ reason, message, field })),
        },
      };
    };
    const negative = 'Invalid value: -1: must be greater than or equal to 0';
    const zero = 'Invalid value: 0: must be greater than 0';
    const badRequest = (message: string): object => ({ code: 400, reason: 'BadRequest', message });
    const refused: readonly [path: string, said: object][] = [
      [
        'one/log?tailLines=-1&limitBytes=0&sinceSeconds=0',
        invalid(
          ['tailLines', 'FieldValueInvalid', negative],
          ['limitBytes', 'FieldValueInvalid', zero],
          ['sinceSeconds', 'FieldValueInvalid', zero],
        ),
      ],
      [
        'one/log?sinceTime=2026-01-02T03:04:05Z&sinceSeconds=5',
        invalid([
          '[]',
          'FieldValueForbidden',
          'Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
        ]),
      ],
      ['one/log?tailLines=x', badRequest('strconv.ParseInt: parsing "x": invalid syntax')],
      [
        'one/log?sinceTime=yesterday',
        badRequest('parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"'),
      ],
      ['several/log', badRequest('a container name must be specified for pod several, choose one of: [i a b]')],
      ['several/log?container=z', badRequest('container z is not valid for pod several')],
      ['ghost/log', { code: 404, reason: 'NotFound', message: 'pods "no-such-node" not found' }],
      ['nowhere/log', { code: 500, message: 'no preferred addresses found; known addresses: []' }],
      [
        'dead/log?tailLines=1',
        {
          code: 500,
          message:
            'Get "https://127.0.0.1:1/containerLogs/default/dead/a?tailLines=1": dial tcp 127.0.0.1:1: connect: connection refused',
        },
      ],
    ];
    it.each(refused)('refuses %s by itself', async (path, said) => {
      expect(await refusal(ask(path))).toMatchObject(said);
      expect(kubelet.arrivals).toEqual([]);
    });

    it('has nothing to say of a pod without a node, and nothing to POST', async () => {
      expect(await ask('free/log')).toMatchObject({ status: 204 });
      expect(await refusal(ask('one/log', {}, 'POST'))).toMatchObject({ code: 405, reason: 'MethodNotAllowed' });
    });

    const aboutThePod = (code: number, reason: string, message: string): object => {
      return { code, reason, message: `${message} ( pods/log one)`, details: { name: 'one', kind: 'pods/log' } };
    };
    const failures: readonly [code: number, said: object][] = [
      [400, badRequest('because\n')],
      [401, aboutThePod(401, 'Unauthorized', 'the server has asked for the client to provide credentials')],
      [403, aboutThePod(403, 'Forbidden', 'because\n')],
      [404, aboutThePod(404, 'NotFound', 'the server could not find the requested resource')],
      [405, aboutThePod(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource')],
      [
        429,
        aboutThePod(
          429,
          'TooManyRequests',
          'the server has received too many requests and has asked us to try again later',
        ),
      ],
      [
        500,
        {
          code: 500,
          reason: 'InternalError',
          message: 'Internal error occurred: because\n',
          details: { causes: [{ message: 'because\n' }] },
        },
      ],
      [
        501,
        aboutThePod(
          501,
          'InternalError',
          'an error on the server ("because\\n") has prevented the request from succeeding',
        ),
      ],
      [503, aboutThePod(503, 'ServiceUnavailable', 'the server is currently unable to handle the request')],
      [302, { code: 500, message: 'Get "/elsewhere": redirects forbidden' }],
    ];
    it.each(failures)('makes a Status of a kubelet’s %i', async (code, said) => {
      kubelet.answer = (_, response) => response.writeHead(code, { location: '/elsewhere' }).end('because\n');
      expect(await refusal(ask('one/log'))).toEqual(said);
    });

    it('kubelet-protocol §5: hands on what there is of a log that breaks off, and ends in order as if that were all', async () => {
      kubelet.answer = (_, response) => response.write('half of it\n', () => response.destroy());
      const { status, body } = await ask('one/log');
      expect({ status, body: body.toString() }).toEqual({ status: 200, body: 'half of it\n' });
    });

    it('passes on a line as soon as it comes, and the end of the client to the kubelet', async () => {
      let gone: Promise<void> | undefined;
      kubelet.answer = (_, response) => {
        gone = new Promise((resolve) => response.once('close', resolve));
        response.write('first\n');
      };
      const { stream, end } = await openLog(cluster(), `${podsPath}/one/log?follow=true`);
      expect(await stream.next()).toMatchObject({ value: Buffer.from('first\n') });
      end();
      await gone;
    });
  });
}

async function openLog(
  cluster: TestCluster,
  path: string,
): Promise<{ stream: AsyncIterator<Buffer>; end: () => void }> {
  const { body } = await cluster.client.stream({ method: 'GET', path });
  return { stream: body[Symbol.asyncIterator]() as AsyncIterator<Buffer>, end: () => body.destroy() };
}
