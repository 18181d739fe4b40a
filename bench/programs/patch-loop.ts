/** The least that sends patches: undici on pooled connections, the same bytes every time but for a number. */
import { Agent } from 'undici';
import type { Connection } from '../connection.js';
import { serve, settings } from './serve.js';

const { connection } = settings<{ connection: Connection }>();
const connections = 32;
const { ca, cert, key } = connection;
const agent = new Agent({
  connections,
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
  /** Patches the paths in turn for `ms`; answers how many patches were done in a second. */
  run: async ({ paths, body, ms }: { paths: string[]; body: string; ms: number }) => {
    const begin = performance.now();
    let done = 0;
    let next = 0;
    const loop = async (): Promise<void> => {
      while (performance.now() - begin < ms) {
        next += 1;
        await patch(paths[next % paths.length] ?? '', body.replace('NUMBER', `number ${next}`));
        done += 1;
      }
    };
    await Promise.all(Array.from({ length: connections }, loop));
    return done / ((performance.now() - begin) / 1000);
  },
});
