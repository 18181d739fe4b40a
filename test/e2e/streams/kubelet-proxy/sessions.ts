/** Sessions whose protocol is passed through, or unwrapped. */
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { binaryPayloads, clientFrame } from '../../support/websocket-frames.js';
import type { ProxyScene } from './scene.js';
import { refuse, spdy, webSocket } from './upgrade.js';

export function proxySessions({ kubelet, ask, refusal, arrival }: ProxyScene): void {
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
}
