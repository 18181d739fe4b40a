import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { Script } from '../sessions/scene.js';
import { apiserver, ask, startServer, type Answer } from '../server/kubelet-scene.js';

/** What a client gets of a run of `script`. */
async function run(script: Script, query = 'cmd=say+hello', maxRunOutputBytes = 1_000): Promise<Answer> {
  const server = await startServer({
    provider: { runInContainer: (_ref, _command, io, context) => script(io, context) },
    streaming: { maxRunOutputBytes, providerGraceMs: 50 },
  });
  try {
    return await ask(server, `/run/default/web/main?${query}`, { method: 'POST', as: apiserver });
  } finally {
    await server.close({ graceMs: 0 });
  }
}

describe('run', () => {
  it('answers what the command said, in the order it said it, and has no input for it', async () => {
    const answer = await run(async ({ stdin, stdout, stderr, tty }) => {
      stdout?.write('out ');
      stderr?.write('err ');
      stdout?.end(`${typeof stdin} ${tty}`);
      return 0;
    });
    expect(answer).toMatchObject({ status: 200, body: 'out err undefined false' });
  });

  it('hands the words of the command to the provider', async () => {
    const commands: string[][] = [];
    const server = await startServer({
      provider: {
        runInContainer: async (_ref, command) => {
          commands.push(command);
          return 0;
        },
      },
    });
    await ask(server, '/run/default/web/main?cmd=ls%20-l+/tmp', { method: 'POST', as: apiserver });
    await server.close({ graceMs: 0 });
    expect(commands).toEqual([['ls', '-l', '/tmp']]);
  });

  it('fails with the output of a command that fails', async () => {
    const answer = await run(async ({ stderr }) => {
      stderr?.write('no such file');
      return 2;
    });
    expect(answer.status).toBe(500);
    expect(answer.body).toContain('run: command ended with exit code 2: no such file');
  });

  it('invariant 9: fails where the backend does not tell the exit code', async () => {
    const answer = await run(async ({ stdout }) => {
      stdout?.write('half a table');
      return undefined;
    });
    expect(answer.status).toBe(500);
    expect(answer.body).toContain('run: command ended, exit code unknown: the backend does not tell it: half a table');
  });

  it('fails with what the provider says when it throws', async () => {
    const answer = await run(() => {
      throw new Error('no shell');
    });
    expect(answer.status).toBe(500);
  });

  it('ends a command that says more than it keeps', async () => {
    let told = false;
    const answer = await run(async ({ stdout }, { signal }) => {
      stdout?.write(Buffer.alloc(1_001));
      if (!signal.aborted) await once(signal, 'abort');
      told = true;
      return 0;
    });
    expect(answer.status).toBe(400);
    expect(answer.body).toContain('more than 1000 bytes of output');
    expect(told).toBe(true);
  });

  it('is refused without a command', async () => {
    expect((await run(() => Promise.resolve(0), 'cmd=')).status).toBe(400);
  });
});
