import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { Program } from '@vk-sdk-examples/shared/testing';

const run = promisify(execFile);
const folder = fileURLToPath(new URL('..', import.meta.url));
const hasKubectl = await run('kubectl', ['version', '--client']).then(
  () => true,
  () => false,
);

describe('npm run aci', () => {
  const opened: AsyncDisposable[] = [];

  afterEach(async () => {
    for (const each of opened.splice(0).reverse()) await each[Symbol.asyncDispose]();
  });

  function start(args: readonly string[], env?: Readonly<Record<string, string>>): Program {
    const program = new Program(folder, args, env);
    opened.push(program);
    return program;
  }

  it('shows a pod on an emulated cloud to kubectl, and leaves nothing behind', { timeout: 120_000 }, async (test) => {
    const program = start([]);
    const [, kubeconfig = ''] = await program.says(/export KUBECONFIG=(\S+)/);
    const [, group = ''] = await program.says(/cloud: container group (\S+)/);
    const kubectl = async (...args: string[]): Promise<string> =>
      (await run('kubectl', ['--kubeconfig', kubeconfig, ...args])).stdout;

    if (!hasKubectl) test.skip('kubectl is not on the PATH');
    expect(await kubectl('get', 'pod', 'demo')).toMatch(/demo +1\/1 +Running +0/);
    expect(await kubectl('logs', 'demo', '--tail=1', '--timestamps')).toMatch(/^\d{4}-\d\d-\d\dT\S+Z .*:.*\n$/);
    await expect(kubectl('exec', 'demo', '--', 'printenv', 'GREETING')).rejects.toMatchObject({
      code: 1,
      stdout: 'hello from a container group\n',
      stderr: expect.stringContaining('exit code unknown') as string,
    });
    const follower = run('kubectl', ['--kubeconfig', kubeconfig, 'logs', '-f', 'demo']);
    await kubectl('delete', 'pod', 'demo');
    await program.says(new RegExp(`cloud: container group ${group} is gone`));
    expect((await follower).stdout.split('\n').length).toBeGreaterThan(1);

    program.signal('SIGINT');
    expect(await program.ended()).toBe(0);
    await expect(access(kubeconfig)).rejects.toThrow('ENOENT');
  });

  it('says which setting is missing', async () => {
    const program = start(['--kubeconfig', '/nowhere']);
    expect(await program.ended()).toBe(2);
    expect(program.stderr).toBe(
      'error: AZURE_SUBSCRIPTION_ID: not set; set it to the subscription that pays for the pods\n',
    );
  });

  it.each([
    [['--provider-config', 'x'], '--provider-config: goes with a cluster, by --kubeconfig'],
    [
      ['--kubeconfig', '/nowhere', '--emulator', '--provider-config', 'x'],
      '--provider-config: describes a node of Azure, and --emulator has none',
    ],
  ])('refuses what makes no sense: %j', async (args, message) => {
    const program = start(args);
    expect(await program.ended()).toBe(2);
    expect(program.stderr).toContain(message);
  });
});
