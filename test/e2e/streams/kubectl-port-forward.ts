import { createServer as createHttpServer, get } from 'node:http';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../support/eventually.js';
import { exitOf, ways, type StreamKubectl, type Way } from '../support/stream-kubectl.js';

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

function fetchText(port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      text(response).then(resolve, reject);
    });
    request.on('error', reject);
  });
}

/** `thorough`: also what says more of the server than of kubectl's version. */
export function kubectlPortForward(kubectl: StreamKubectl, thorough: boolean): void {
  describe.each(ways)('port-forward over $name', (way: Way) => {
    /** Forwards to `ports`; resolves with the local ones when they are open. */
    async function forward(
      ...ports: number[]
    ): Promise<{ local: number[]; said: () => string; ended: Promise<number> }> {
      const child = kubectl.spawn(['port-forward', way.pod, ...ports.map((port) => `:${port}`)], way);
      const ended = exitOf(child);
      onTestFinished(async () => {
        child.kill();
        await ended;
      });
      let said = '';
      child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
      const local = await eventually(() => {
        const open = ports.map((port) => new RegExp(`127\\.0\\.0\\.1:(\\d+) -> ${port}\\b`).exec(said)?.[1]);
        if (open.includes(undefined)) throw new Error(`kubectl port-forward: ${said}`);
        return open.map(Number);
      });
      return { local, said: () => said, ended };
    }

    it('kubelet-protocol §4: carries 200 requests at the same time', async () => {
      const server = createHttpServer((request, response) => response.end(`${request.url} `.repeat(4_000)));
      const target = await listen(server);
      onTestFinished(() => server.closeAllConnections());
      const { local } = await forward(target);
      const paths = Array.from({ length: 200 }, (_, index) => `/${index}`);
      const answers = await Promise.all(paths.map((path) => fetchText(local[0]!, path)));
      expect(answers).toEqual(paths.map((path) => `${path} `.repeat(4_000)));
    });

    if (!thorough) return;

    it('kubelet-protocol §4: passes on the end of one direction and leaves the other open', async () => {
      const target = await listen(
        createServer({ allowHalfOpen: true }, (socket) => {
          let all = '';
          socket.on('error', () => undefined);
          socket.on('data', (chunk: Buffer) => (all += chunk.toString()));
          socket.on('end', () => socket.end(`got ${all}`));
        }),
      );
      const { local } = await forward(target);
      const socket = connect({ host: '127.0.0.1', port: local[0]!, allowHalfOpen: true });
      socket.end('all of it');
      expect(await text(socket)).toBe('got all of it');
    });

    it('kubelet-protocol §4: says that nobody listens on a port', async () => {
      // No port that somebody else is given meanwhile.
      const nobody = 1;
      const { local, said, ended } = await forward(nobody);
      const socket = connect(local[0]!, '127.0.0.1');
      socket.on('error', () => undefined);
      await once(socket, 'close');
      await eventually(() => expect(said()).toContain(`error forwarding port ${nobody} to pod`));
      expect(said()).toMatch(/connection refused|ECONNREFUSED/);
      // kubectl gives up the whole session then.
      expect(await ended).toBe(1);
      expect(said()).toContain('lost connection to pod');
    });
  });
}
