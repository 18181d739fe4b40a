import { describe, expect, it } from 'vitest';
import { podRef, TerminalSizes } from 'vk-sdk';
import { openScene } from './open-scene.js';
import { context, podOf, text } from './scene.js';

describe('logs and exec of a pod on the cloud', () => {
  it('answers what the log holds, and of it the last lines', async () => {
    const log = Array.from({ length: 30 }, (_, index) => `line ${index}`);
    const scene = await openScene({ cloud: { images: { 'docker.io/library/talker': { log } } } });
    const pod = await scene.run(podOf('web', { image: 'docker.io/library/talker' }));
    expect(await text(await scene.logs(pod))).toBe(log.map((line) => `${line}\n`).join(''));
    expect(await text(await scene.logs(pod, { tailLines: 2 }))).toBe('line 28\nline 29\n');
    expect(await text(await scene.logs(pod, { tailLines: 1, timestamps: true }))).toMatch(
      /^\d{4}-\d\d-\d\dT[\d:]+\.\d{9}Z line 29\n$/,
    );
    expect(await text(await scene.logs(pod, { limitBytes: 4 }))).toBe('line');
  });

  it('upstream §5: follows a log though the cloud only says what there is, until the container has ended', async () => {
    const scene = await openScene({ cloud: { run: 'processes' } });
    const script = 'for i in 1 2 3 4 5; do echo "tick $i"; read -r line; done; echo over';
    const pod = await scene.run(
      podOf(
        'web',
        { command: ['sh', '-c', script.replaceAll('read -r line', 'sleep 0.2')] },
        { restartPolicy: 'Never' },
      ),
    );
    const stream = await scene.logs(pod, { follow: true });
    let said = '';
    let ended = false;
    stream.on('data', (chunk) => (said += String(chunk)));
    stream.on('end', () => (ended = true));
    await scene.until('the end of the log', () => ended);
    expect(said).toBe('tick 1\ntick 2\ntick 3\ntick 4\ntick 5\nover\n');
  });

  it('stops reading a log that nobody follows any more', async () => {
    const scene = await openScene();
    const pod = await scene.run(podOf('web'));
    const stream = await scene.logs(pod, { follow: true });
    stream.resume();
    await scene.until('the second reading', () => scene.cloud.requests.count('logs') > 1);
    stream.destroy();
    await scene.pass(2_000);
    const readings = scene.cloud.requests.count('logs');
    await scene.pass(60_000);
    expect(scene.cloud.requests.count('logs')).toBe(readings);
  });

  it('ends the log of a pod that is deleted, in order and at once', async () => {
    const scene = await openScene({ cloud: { latencies: { delete: 3_000 } } });
    const pod = await scene.run(podOf('web'));
    const stream = await scene.logs(pod, { follow: true });
    const said = text(stream);
    await scene.delete('web');
    const goneAt = scene.clock.now();
    await scene.until('the end of the log', () => stream.readableEnded);
    expect(await said).toMatch(/\n$/);
    expect(scene.clock.now() - goneAt).toBeLessThan(10_000);
  });

  it('refuses the log of an earlier run, of a container that there is not, and of a pod that has gone', async () => {
    const scene = await openScene();
    const pod = await scene.run(podOf('web'));
    await expect(scene.logs(pod, { previous: true })).rejects.toMatchObject({ code: 'NotFound' });
    const other = { ...podRef(pod), container: 'other' };
    await expect(scene.provider.getContainerLogs(other, {}, context)).rejects.toMatchObject({
      message: expect.stringContaining('logs of other') as string,
    });
    await scene.delete('web');
    await expect(scene.logs(pod)).rejects.toMatchObject({ code: 'NotFound' });
  });

  it.each(['words', 'whole'] as const)(
    'upstream §5: runs a command with its arguments and input, and does not make up how it ended (%s)',
    async (execCommand) => {
      const scene = await openScene({ cloud: { run: 'processes', execCommand } });
      const pod = await scene.run(podOf('web', { env: [{ name: 'GREETING', value: 'hello' }] }));
      const [output, code] = await scene.exec(pod, ['sh', '-c', 'read line; echo "$GREETING $line"; exit 3'], 'you\n');
      expect(output).toContain('hello you\n');
      expect(output).not.toContain('GREETING');
      expect(code).toBeUndefined();
    },
  );

  it('has input read to its end, also without a line’s, and shows it once', async () => {
    const scene = await openScene({ cloud: { run: 'processes' } });
    const pod = await scene.run(podOf('web'));
    for (const command of [['cat'], ['sh', '-c', 'cat']]) {
      const [output] = await scene.exec(pod, command, 'no end');
      expect(output).toBe('no end');
    }
  });

  it('refuses input that no terminal passes on, as that of kubectl cp, rather than to wait for its end for ever', async () => {
    const scene = await openScene({ cloud: { run: 'processes' } });
    const pod = await scene.run(podOf('web'));
    const copy = scene.exec(pod, ['sh', '-c', 'cat > /dev/null'], `name${'\0'.repeat(600)}`);
    await expect(copy).rejects.toMatchObject({
      code: 'InvalidInput',
      message: expect.stringContaining('base64') as string,
    });
  });

  it('begins with the size of the terminal', async () => {
    const scene = await openScene({ cloud: { run: 'processes' } });
    const pod = await scene.run(podOf('web'));
    const sizes = new TerminalSizes();
    sizes.push({ width: 91, height: 37 });
    const [output] = await scene.exec(pod, ['sh', '-c', 'echo $LINES $COLUMNS'], undefined, {
      tty: true,
      resize: sizes,
    });
    expect(output).toContain('37 91');
  });

  it('says so when the cloud refuses the session, or names none that can be trusted', async () => {
    const scene = await openScene();
    const pod = await scene.run(podOf('web'));
    for (const fault of [
      { status: 409, code: 'ContainerGroupTransitioning' },
      { text: '{}' },
      { text: '{"webSocketUri":"ws://127.0.0.1:1/exec","password":"hush"}' },
      { text: '{"webSocketUri":"wss://127.0.0.1:1/exec","password":"hush"}' },
    ] as const) {
      scene.cloud.faults.next('exec', fault);
      const error: unknown = await scene.exec(pod, ['date']).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: expect.stringMatching(/Conflict|Unavailable/) as string });
      expect(String(error)).not.toContain('hush');
    }
    await expect(scene.exec(pod, ['sh', '-c', 'a\0b'])).rejects.toMatchObject({ code: 'InvalidInput' });
  });
});
