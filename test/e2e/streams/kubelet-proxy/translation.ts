/** Sessions of WebSockets that are carried on over SPDY. */
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { SpdyConnection } from '../../../../src/stream/spdy/spdy-connection.js';
import type { SpdyStream } from '../../../../src/stream/spdy/spdy-stream.js';
import type { TestCluster } from '../../../../src/testing/cluster.js';
import { credentials } from '../../support/raw-client.js';
import type { ProxyScene } from './scene.js';
import { refuse, webSocket } from './upgrade.js';

const offeredByTheTranslator = ['v5', 'v4', 'v3', 'v2'].map((version) => `${version}.channel.k8s.io`);

export function proxyTranslation({ cluster, kubelet, podsPath, ask, refusal, arrival }: ProxyScene): void {
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
    function speakSpdy(count: number, converse: (streams: Map<string, SpdyStream>, end: () => void) => void): string[] {
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
