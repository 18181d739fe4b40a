/** How an apiserver reaches a kubelet: what arrives there, and what the client hears. Literal, for the fake and a real one. */
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { nodes, pods } from '../../../src/kube/resources.js';
import type { Pod } from '../../../src/kube/types.js';
import { SpdyConnection } from '../../../src/stream/spdy/spdy-connection.js';
import type { SpdyStream } from '../../../src/stream/spdy/spdy-stream.js';
import type { TestCluster } from '../../../src/testing/cluster.js';
import { credentials, send, type RawAnswer } from '../support/raw-client.js';
import { ScriptedKubelet, type Arrival } from '../support/scripted-kubelet.js';
import { binaryPayloads, clientFrame } from '../support/websocket-frames.js';

const spdy = {
  connection: 'Upgrade',
  upgrade: 'SPDY/3.1',
  'x-stream-protocol-version': ['v4.channel.k8s.io', 'v3.channel.k8s.io'],
};

function webSocket(protocols: string): Record<string, string> {
  return {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-protocol': protocols,
  };
}

const offeredByTheTranslator = ['v5', 'v4', 'v3', 'v2'].map((version) => `${version}.channel.k8s.io`);

/** A kubelet's 101, and a few bytes of the new protocol. */
function switchProtocols(request: IncomingMessage, socket: Duplex): void {
  socket.end(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${request.headers.upgrade}\r\nX-Own: 1\r\n\r\nits bytes`,
  );
}

function refuse(code: number, body: string, headers: readonly string[] = []): (_: unknown, socket: Duplex) => void {
  const lines = [`HTTP/1.1 ${code} Said So`, 'Content-Type: text/plain', `Content-Length: ${body.length}`, ...headers];
  return (_, socket) => socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

export function kubeletProxy(cluster: () => TestCluster): void {
  describe('an apiserver on its way to a kubelet', () => {
    const kubelet = new ScriptedKubelet();
    const podsPath = '/api/v1/namespaces/default/pods';

    async function addNode(name: string, port: number, status: object = {}): Promise<void> {
      const { client } = cluster();
      await client.create(nodes, { metadata: { name } });
      const addresses = [
        { type: 'Hostname', address: 'nowhere.invalid' },
        { type: 'InternalIP', address: '127.0.0.1' },
      ];
      const whole = { addresses, daemonEndpoints: { kubeletEndpoint: { Port: port } }, ...status };
      await client.patch(nodes, { name }, 'merge', { status: whole }, { subresource: 'status' });
    }

    async function addPod(name: string, nodeName: string | undefined, spec: Partial<Pod['spec']> = {}): Promise<void> {
      await cluster().client.create(pods, {
        metadata: { namespace: 'default', name },
        spec: { containers: [{ name: 'a', image: 'x' }], ...(nodeName === undefined ? {} : { nodeName }), ...spec },
      });
    }

    beforeAll(async () => {
      await kubelet.start();
      await addNode('proxied', kubelet.port);
      await addNode('proxied-websocket', kubelet.port, { declaredFeatures: ['ExtendWebSocketsToKubelet'] });
      await addNode('proxied-dead', 1);
      await addNode('proxied-nowhere', kubelet.port, { addresses: [] });
      await addPod('one', 'proxied');
      await addPod('several', 'proxied', {
        initContainers: [{ name: 'i', image: 'x' }],
        containers: [
          { name: 'a', image: 'x' },
          { name: 'b', image: 'x' },
        ],
      });
      await addPod('websocket', 'proxied-websocket');
      await addPod('dead', 'proxied-dead');
      await addPod('nowhere', 'proxied-nowhere');
      await addPod('ghost', 'no-such-node');
      await addPod('free', undefined, { schedulingGates: [{ name: 'example.com/never' }] });
    });
    afterAll(() => kubelet.stop());
    beforeEach(() => {
      kubelet.arrivals.length = 0;
      kubelet.answer = (_, response) => response.end('unexpected');
      kubelet.upgrade = switchProtocols;
    });

    function ask(path: string, headers: Record<string, string | string[]> = {}, method = 'GET'): Promise<RawAnswer> {
      return send(cluster(), method, `${podsPath}/${path}`, headers);
    }

    /** The Status of an answer, without what all of them have. */
    async function refusal(answer: Promise<RawAnswer>): Promise<Record<string, unknown>> {
      const { status, body } = await answer;
      const { kind, apiVersion, metadata, ...said } = JSON.parse(body.toString()) as Record<string, unknown>;
      expect({ kind, apiVersion, metadata }).toEqual({ kind: 'Status', apiVersion: 'v1', metadata: {} });
      expect(said).toMatchObject({ status: 'Failure', code: status });
      delete said['status'];
      return said;
    }

    function arrival(): Arrival {
      expect(kubelet.arrivals).toHaveLength(1);
      return kubelet.arrivals[0]!;
    }

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

    describe('for exec, attach and port-forward', () => {
      it('kubelet-protocol §1: passes a SPDY client through, with the options in the kubelet’s names', async () => {
        const command = ['sh', '-c', 'echo $a & "b"'].map((word) => `command=${encodeURIComponent(word)}`).join('&');
        const path = `one/exec?${command}&container=a&stdin=true&stdout=true&stderr=false&tty=0&x=y`;
        const answer = await ask(path, { ...spdy, 'x-mine': 'v' }, 'POST');
        expect(answer).toMatchObject({ status: 101, headers: { upgrade: ['SPDY/3.1'], 'x-own': ['1'] } });
        expect(answer.body.toString() + (await text(answer.socket!))).toBe('its bytes');
        answer.socket!.destroy();
        const { method, url, client, headers } = arrival();
        const [at, query] = url.split('?');
        expect({ method, at, client }).toEqual({
          method: 'POST',
          at: '/exec/default/one/a',
          client: 'kube-apiserver-kubelet-client',
        });
        expect([...new URLSearchParams(query)]).toEqual([
          ['command', 'sh'],
          ['command', '-c'],
          ['command', 'echo $a & "b"'],
          ['input', '1'],
          ['output', '1'],
        ]);
        expect(headers).toMatchObject({
          connection: ['Upgrade'],
          upgrade: ['SPDY/3.1'],
          'x-stream-protocol-version': spdy['x-stream-protocol-version'],
          'x-mine': ['v'],
          'x-forwarded-for': ['127.0.0.1'],
        });
        expect(headers['authorization']).toBeUndefined();
      });

      it('kubelet-protocol §1: attaches, and forwards the ports that the client names', async () => {
        const attach = await ask('several/attach?container=b&stdin=1&tty=yes', spdy, 'POST');
        const forward = await ask('one/portforward?ports=80&ports=443', spdy, 'POST');
        for (const { socket } of [attach, forward]) socket!.destroy();
        expect(kubelet.arrivals.map(({ url }) => url)).toEqual([
          '/attach/default/several/b?input=1&tty=1',
          '/portForward/default/one?port=80%2C443',
        ]);
      });

      const websockets: readonly [sentence: string, path: string, protocols: string, arrives: string][] = [
        [
          'exec of a WebSocket client without version 5',
          'one/exec?command=a&stdout=1',
          'v4.channel.k8s.io, channel.k8s.io',
          '/exec/default/one/a?command=a&output=1',
        ],
        [
          'exec of version 5, where the node declares ExtendWebSocketsToKubelet',
          'websocket/exec?command=a&stdout=1',
          'v5.channel.k8s.io',
          '/exec/default/websocket/a?command=a&output=1',
        ],
        [
          'port-forward of a WebSocket client without the tunnel',
          'one/portforward?ports=80',
          'v4.channel.k8s.io',
          '/portForward/default/one?port=80',
        ],
        [
          'the tunnel, where the node declares ExtendWebSocketsToKubelet',
          'websocket/portforward',
          'SPDY/3.1+portforward.k8s.io',
          '/portForward/default/websocket',
        ],
      ];
      it.each(websockets)('kubelet-protocol §1: passes through %s', async (_sentence, path, protocols, arrives) => {
        const answer = await ask(path, webSocket(protocols));
        expect(answer).toMatchObject({ status: 101, headers: { upgrade: ['websocket'], 'x-own': ['1'] } });
        answer.socket!.destroy();
        expect(arrival()).toMatchObject({
          method: 'GET',
          url: arrives,
          headers: { upgrade: ['websocket'], 'sec-websocket-protocol': [protocols] },
        });
      });

      it('kubelet-protocol §1: unwraps the tunnel where the node declares nothing', async () => {
        kubelet.upgrade = (request, socket) => {
          const protocol = request.headersDistinct['x-stream-protocol-version']?.[0];
          socket.write(
            `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${protocol}\r\n\r\nhello`,
          );
          socket.once('data', (chunk) => socket.end(chunk));
        };
        const answer = await ask('one/portforward', webSocket('SPDY/3.1+portforward.k8s.io'));
        expect(answer).toMatchObject({
          status: 101,
          headers: { upgrade: ['websocket'], 'sec-websocket-protocol': ['SPDY/3.1+portforward.k8s.io'] },
        });
        answer.socket!.unshift(answer.body);
        answer.socket!.write(clientFrame(' again'));
        expect(await binaryPayloads(answer.socket!, 11)).toBe('hello again');
        answer.socket!.destroy();
        const { method, url, headers } = arrival();
        expect({ method, url }).toEqual({ method: 'POST', url: '/portForward/default/one' });
        expect(headers).toMatchObject({
          upgrade: ['SPDY/3.1'],
          'x-stream-protocol-version': ['portforward.k8s.io'],
        });
        expect(headers['sec-websocket-key']).toBeUndefined();
      });

      const inVain: readonly [path: string, code: number, message: string][] = [
        ['several/exec?command=a', 400, 'a container name must be specified for pod several, choose one of: [i a b]'],
        ['several/attach?container=z', 400, 'container z is not valid for pod several'],
        ['free/exec?command=a', 400, 'pod free does not have a host assigned'],
        ['free/portforward', 400, 'pod free does not have a host assigned'],
        ['ghost/exec?command=a', 404, 'pods "no-such-node" not found'],
        ['nowhere/exec?command=a', 500, 'no preferred addresses found; known addresses: []'],
        ['dead/exec?command=a', 500, 'error dialing backend: dial tcp 127.0.0.1:1: connect: connection refused'],
        ['dead/portforward', 500, 'error dialing backend: dial tcp 127.0.0.1:1: connect: connection refused'],
      ];
      it.each(inVain)('refuses %s by itself', async (path, code, message) => {
        expect(await refusal(ask(path, spdy, 'POST'))).toMatchObject({ code, message });
        expect(kubelet.arrivals).toEqual([]);
      });

      it('wants an upgrade, by GET or POST', async () => {
        expect(await refusal(ask('one/exec?command=a', {}, 'POST'))).toMatchObject({
          code: 400,
          message: 'Upgrade request required',
        });
        expect(await refusal(ask('one/exec?command=a', {}, 'PUT'))).toMatchObject({ code: 405 });
      });

      it.each([
        ['one/exec?command=a', spdy],
        ['one/portforward', webSocket('SPDY/3.1+portforward.k8s.io')],
      ])('passes back a kubelet’s refusal of %s as it is', async (path, headers) => {
        kubelet.upgrade = refuse(429, 'because\n', ['Retry-After: 2']);
        const answer = await ask(path, headers);
        expect(answer).toMatchObject({
          status: 429,
          headers: { 'content-type': ['text/plain'], 'retry-after': ['2'] },
        });
        expect(answer.body.toString()).toBe('because\n');
      });

      it('takes no other answer for one', async () => {
        kubelet.upgrade = refuse(200, 'fine');
        const message = 'invalid upgrade response: status code 200';
        expect(await refusal(ask('one/exec?command=a', spdy))).toMatchObject({ code: 500, message });
        kubelet.upgrade = (_, socket) => socket.destroy();
        const cut = await refusal(ask('one/exec?command=a', spdy));
        expect(cut).toMatchObject({ code: 500, message: 'unexpected EOF' });
      });
    });

    describe('translating for a WebSocket client of version 5', () => {
      const internal = (message: string): object => ({
        metadata: {},
        status: 'Failure',
        reason: 'InternalError',
        message: `Internal error occurred: ${message}`,
        details: { causes: [{ message }] },
        code: 500,
      });

      /** Opens a session, and resolves with all its messages, by channel, when it is closed. */
      async function session(path: string, input: (client: WebSocket) => void = () => {}): Promise<Session> {
        const protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
        const client = openWebSocket(cluster(), `${podsPath}/${path}`, protocols);
        const messages: [channel: number, text: string][] = [];
        client.on('message', (message: Buffer) => {
          messages.push([message[0] ?? -1, message.subarray(1).toString()]);
          if (messages.length === 1) input(client);
        });
        const code = await closed(client);
        const last = messages.at(-1);
        expect(last?.[0]).toBe(3);
        return { code, messages: messages.slice(0, -1), status: JSON.parse(last?.[1] ?? '') as object };
      }

      it('greets the client first, and says as the status that the kubelet is out of reach', async () => {
        const dialling = 'dial tcp 127.0.0.1:1: connect: connection refused';
        expect(await session('dead/exec?command=a&stderr=1')).toEqual({
          code: 1000,
          messages: [[2, '']],
          status: internal(
            `error sending request: Post "https://127.0.0.1:1/exec/default/dead/a?command=a&error=1": ${dialling}`,
          ),
        });
      });

      it.each([
        ['a plain refusal', 404, 'pod does not exist\n', 'unable to upgrade connection: pod does not exist'],
        [
          'a refusal in a Status',
          403,
          '{"kind":"Status","apiVersion":"v1","status":"Failure","message":"not you"}',
          'unable to upgrade connection: not you',
        ],
        ['an answer that is none', 200, 'fine', 'unable to upgrade connection: fine'],
      ])('says %s as the status', async (_sentence, code, body, message) => {
        kubelet.upgrade = refuse(code, body);
        const { status } = await session('one/exec?command=a&stdout=1');
        expect(status).toEqual(internal(message));
        expect(arrival()).toMatchObject({
          method: 'POST',
          url: '/exec/default/one/a?command=a&output=1',
          headers: { 'x-stream-protocol-version': [...offeredByTheTranslator, 'channel.k8s.io'] },
        });
      });

      it('refuses before the upgrade what makes no sense', async () => {
        const answer = ask('several/exec?command=a&stdout=1', webSocket('v5.channel.k8s.io'));
        expect(await refusal(answer)).toMatchObject({
          code: 400,
          message: 'a container name must be specified for pod several, choose one of: [i a b]',
        });
      });

      /** A kubelet that speaks SPDY: `converse` is called once all expected streams are open. */
      function speakSpdy(
        count: number,
        converse: (streams: Map<string, SpdyStream>, end: () => void) => void,
      ): string[] {
        const order: string[] = [];
        kubelet.upgrade = (_, socket, head) => {
          socket.write(
            'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v5.channel.k8s.io\r\n\r\n',
          );
          const streams = new Map<string, SpdyStream>();
          const connection = new SpdyConnection(socket, {
            role: 'server',
            head,
            onStream: (stream) => {
              const type = stream.headers['streamtype']?.[0] ?? '';
              order.push(type);
              streams.set(type, stream);
              if (order.length === count) converse(streams, () => void connection.close({ lingerMs: 1_000 }));
            },
          });
        };
        return order;
      }

      it('kubelet-protocol §2: opens the streams in order and carries each of them, and the status', async () => {
        const sizes: string[] = [];
        const order = speakSpdy(4, (streams, end) => {
          void (async () => {
            streams.get('resize')!.on('data', (chunk: Buffer) => sizes.push(chunk.toString()));
            const input = await text(streams.get('stdin')!);
            streams.get('stdout')!.end(`got ${input}`);
            streams.get('error')!.end(
              JSON.stringify({
                metadata: {},
                status: 'Failure',
                reason: 'NonZeroExitCode',
                message: 'whatever the kubelet says',
                details: { causes: [{ reason: 'ExitCode', message: '7' }] },
              }),
            );
            end();
          })();
        });
        const came = await session('one/exec?command=a&stdin=1&stdout=1&stderr=1&tty=1', (client) => {
          client.send(Buffer.from('\x04{"Width":80,"Height":24}'));
          client.send(Buffer.from('\x00some '));
          client.send(Buffer.from('\x00input'));
          client.send(Buffer.from([255, 0]));
        });
        expect(order).toEqual(['error', 'stdin', 'stdout', 'resize']);
        expect(came.messages).toEqual([
          [1, ''],
          [1, 'got some input'],
        ]);
        expect(came).toMatchObject({ code: 1000 });
        expect(came.status).toEqual({
          metadata: {},
          status: 'Failure',
          reason: 'NonZeroExitCode',
          message: 'command terminated with non-zero exit code: command terminated with exit code 7',
          details: { causes: [{ reason: 'ExitCode', message: '7' }] },
        });
        expect(JSON.parse(sizes.join(''))).toEqual({ Width: 80, Height: 24 });
      });

      it('kubelet-protocol §3: takes an empty error stream for success, and a failure for an internal error', async () => {
        speakSpdy(3, (streams, end) => {
          streams.get('stdout')!.end();
          streams.get('stderr')!.end('oh');
          streams.get('error')!.end();
          end();
        });
        const silent = await session('one/exec?command=a&stdout=1&stderr=1');
        expect(silent.status).toEqual({ metadata: {}, status: 'Success' });
        expect(silent.messages).toEqual([
          [1, ''],
          [2, 'oh'],
        ]);
        speakSpdy(2, (streams, end) => {
          streams.get('stdout')!.end();
          streams.get('error')!.end('{"status":"Failure","message":"it broke","code":500}');
          end();
        });
        expect((await session('one/exec?command=a&stdout=1')).status).toEqual(internal('it broke'));
      });
    });
  });
}

interface Session {
  readonly code: number;
  readonly messages: [channel: number, text: string][];
  readonly status: object;
}

function openWebSocket(cluster: TestCluster, path: string, protocols: string[]): WebSocket {
  const address = `${cluster.url.replace(/^http/, 'ws')}${path}`;
  const client = new WebSocket(address, protocols, credentials(cluster.kubeconfig));
  client.on('error', () => undefined);
  return client;
}

/** The close code. */
function closed(client: WebSocket): Promise<number> {
  return new Promise((resolve) => client.once('close', resolve));
}

async function openLog(
  cluster: TestCluster,
  path: string,
): Promise<{ stream: AsyncIterator<Buffer>; end: () => void }> {
  const { body } = await cluster.client.stream({ method: 'GET', path });
  return { stream: body[Symbol.asyncIterator]() as AsyncIterator<Buffer>, end: () => body.destroy() };
}
