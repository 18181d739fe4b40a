/** The least that sends patches: undici on pooled connections, the same bytes every time but for a number. */
import { Agent } from 'undici';
import type { Connection } from '../connection.js';
import { serve, settings } from './serve.js';

const { connection } = settings<{ connection: Connection }>();
interface Target {
  readonly path: string;
  readonly uid: string;
}

const connections = 32;
const { ca, cert, key } = connection;
const agent = new Agent({
  connections: connections + 1,
  pipelining: 1,
  connect: { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) },
});
const headers = {
  'content-type': 'application/strategic-merge-patch+json',
  ...(connection.token && { authorization: `Bearer ${connection.token}` }),
};

async function patch(path: string, body: string): Promise<void> {
  const { statusCode, body: answer } = await agent.request({
    origin: connection.server,
    path,
    method: 'PATCH',
    headers,
    body,
  });
  await answer.json();
  if (statusCode !== 200) throw new Error(`${path}: answered ${statusCode}`);
}

serve({
  /** Keeps a watch of `path` open and reads it, for what is compared has to read it too. */
  watch: async (path: string) => {
    const { body } = await agent.request({ origin: connection.server, path, method: 'GET', headers });
    body.resume();
  },
  /** Patches the targets in turn for `ms`, NUMBER and UID in `body` replaced; answers how many patches were done in a second. */
  run: async ({ targets, body, ms }: { targets: Target[]; body: string; ms: number }) => {
    const begin = performance.now();
    let done = 0;
    let next = 0;
    const loop = async (): Promise<void> => {
      while (performance.now() - begin < ms) {
        next += 1;
        const { path = '', uid = '' } = targets[next % targets.length] ?? {};
        await patch(path, body.replace('NUMBER', `number ${next}`).replace('UID', uid));
        done += 1;
      }
    };
    await Promise.all(Array.from({ length: connections }, loop));
    return done / ((performance.now() - begin) / 1000);
  },
});
