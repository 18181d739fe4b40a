/** Containers that are processes of this machine. */
import { spawnSync } from 'node:child_process';
import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Container, ContainerGroup, ContainerInstanceManagementClient } from '@azure/arm-containerinstance';
import { eventually } from '@vk-sdk-examples/shared/testing';
import { AciEmulator } from '../emulator/index.js';
import { clientOf, groupOf } from './sdk.js';
import { joinExec } from './exec-client.js';

let cloud: AciEmulator;
let client: ContainerInstanceManagementClient;
const resourceGroup = (): string => cloud.credentials.resourceGroup;

beforeEach(async () => {
  cloud = new AciEmulator({ run: 'processes' });
  await cloud.start();
  client = clientOf(cloud);
});

afterEach(() => cloud.close());

function sh(script: string, changes: Partial<Container> = {}): Container {
  return {
    name: 'main',
    image: 'busybox',
    command: ['sh', '-c', script],
    resources: { requests: { cpu: 1, memoryInGB: 1 } },
    ...changes,
  };
}

function create(name: string, changes: Partial<ContainerGroup>): Promise<ContainerGroup> {
  return client.containerGroups.beginCreateOrUpdateAndWait(resourceGroup(), name, groupOf(changes), {
    updateIntervalInMs: 1,
  });
}

async function logOf(name: string, container = 'main'): Promise<string> {
  return (await client.containers.listLogs(resourceGroup(), name, container)).content ?? '';
}

async function ended(name: string): Promise<ContainerGroup> {
  return eventually(`the end of ${name}`, async () => {
    const group = await client.containerGroups.get(resourceGroup(), name);
    return group.instanceView?.state !== 'Running' && group.instanceView?.state !== 'Pending' && group;
  });
}

test('a container has its variables, secure ones too, its volumes, and a log; its exit code shows', async () => {
  await create('job', {
    restartPolicy: 'Never',
    containers: [
      sh('echo "$PLAIN $SECRET"; cat "$POD_ROOT/etc/keys/key"; exit 3', {
        environmentVariables: [
          { name: 'PLAIN', value: 'plain' },
          { name: 'SECRET', secureValue: 'hidden' },
        ],
        volumeMounts: [{ name: 'keys', mountPath: '/etc/keys' }],
      }),
    ],
    volumes: [{ name: 'keys', secret: { key: Buffer.from('from a file\n').toString('base64') } }],
  });
  const group = await ended('job');
  expect(await logOf('job')).toBe('plain hidden\nfrom a file\n');
  expect(group.instanceView?.state).toBe('Failed');
  expect(group.containers[0]?.instanceView?.currentState).toMatchObject({ state: 'Terminated', exitCode: 3 });
});

test('init containers run one after the other before the containers, and share volumes with them', async () => {
  const volumeMounts = [{ name: 'shared', mountPath: '/shared' }];
  await create('ordered', {
    restartPolicy: 'Never',
    initContainers: ['first', 'second'].map((name) => ({
      name,
      image: 'busybox',
      command: ['sh', '-c', `echo ${name} >> "$POD_ROOT/shared/order"`],
      volumeMounts,
    })),
    containers: [sh('cat "$POD_ROOT/shared/order"', { volumeMounts })],
    volumes: [{ name: 'shared', emptyDir: {} }],
  });
  await ended('ordered');
  expect(await logOf('ordered')).toBe('first\nsecond\n');
});

test('a container that fails is started again at once, then after a time in which it waits', async () => {
  await create('crashing', { restartPolicy: 'OnFailure', containers: [sh('echo again; exit 1')] });
  const main = await eventually('the back-off', async () => {
    const { containers } = await client.containerGroups.get(resourceGroup(), 'crashing');
    const view = containers[0]?.instanceView;
    return view?.currentState?.state === 'Waiting' && view.restartCount === 1 && view;
  });
  expect(main.currentState?.detailStatus).toMatch(/^CrashLoopBackOff/);
  expect(main.previousState).toMatchObject({ state: 'Terminated', exitCode: 1 });
  expect(await logOf('crashing')).toBe('again\nagain\n');
});

test('a program that is not there ends with 127, and the log says so', async () => {
  await create('absent', { restartPolicy: 'Never', containers: [sh('', { command: ['/no/such/program'] })] });
  const group = await ended('absent');
  expect(group.containers[0]?.instanceView?.currentState?.exitCode).toBe(127);
  expect(await logOf('absent')).toContain('/no/such/program: cannot be started');
});

test('without a command there is a process that says that nothing runs', async () => {
  await create('image', { containers: [{ ...sh(''), command: [] }] });
  await eventually('its words', async () => (await logOf('image')).includes('busybox is not run here'));
});

test('a deletion asks processes to end, with all that they have started, and removes their files', async () => {
  await create('polite', {
    restartPolicy: 'Never',
    containers: [sh('sleep 1000 & echo "$! $POD_ROOT"; trap "echo asked; exit 0" TERM; wait')],
  });
  const [, child = '', root = ''] = await eventually(
    'its child',
    async () => /^(\d+) (.*)$/m.exec(await logOf('polite')) ?? undefined,
  );
  await client.containerGroups.beginDeleteAndWait(resourceGroup(), 'polite', { updateIntervalInMs: 1 });
  await eventually('the end of its child', () => !isAlive(Number(child)));
  await expect(access(root)).rejects.toThrow();
});

test('closing kills what does not want to end', async () => {
  await create('stubborn', { containers: [sh('trap "" TERM; echo "$$ $POD_ROOT"; while :; do sleep 1; done')] });
  const [, pid = '', root = ''] = await eventually(
    'its pid',
    async () => /^(\d+) (.*)\n/.exec(await logOf('stubborn')) ?? undefined,
  );
  const folder = resolve(root, '../../../..');
  await access(folder);
  await cloud.close();
  await expect(access(folder)).rejects.toThrow();
  expect(isAlive(Number(pid))).toBe(false);
});

test('exec runs a process beside the container, in its environment, with input and output', async () => {
  await create('shell', {
    containers: [sh('sleep 1000', { environmentVariables: [{ name: 'WHO', secureValue: 'me' }] })],
  });
  const access = await client.containers.executeCommand(resourceGroup(), 'shell', 'main', { command: 'sh' });
  const exec = await joinExec(cloud, access);
  exec.send('echo "$WHO"; read line; echo "got $line"; exit 7\n');
  await exec.says(/me\n/);
  exec.send('hello\n');
  expect(await exec.closed).toMatchObject({ code: 1000 });
  expect(exec.output).toBe('me\ngot hello\n');
});

test('exec with a terminal echoes, and takes Enter for a line', async () => {
  await create('terminal', { containers: [sh('sleep 1000')] });
  const access = await client.containers.executeCommand(resourceGroup(), 'terminal', 'main', {
    command: 'cat',
    terminalSize: { rows: 24, cols: 80 },
  });
  const exec = await joinExec(cloud, access);
  exec.send('hx\x7fi\r');
  await exec.says(/hx\x08 \x08i\r\nhi\r\n/);
  exec.send('\x04');
  expect(await exec.closed).toMatchObject({ code: 1000 });
});

test('an interactive shell takes a command that is typed, without echo from `stty -echo` on, and is interrupted by Ctrl-C', async () => {
  await create('typed', { containers: [sh('sleep 1000')] });
  const access = await client.containers.executeCommand(resourceGroup(), 'typed', 'main', {
    command: '/bin/sh',
    terminalSize: { rows: 24, cols: 80 },
  });
  const exec = await joinExec(cloud, access);
  exec.send("stty -echo 2>/dev/null; printf 'begin\\n'; exec cat\n");
  await exec.says(/begin\r\n$/);
  exec.send('once\n');
  await exec.says(/begin\r\nonce\r\n$/);
  exec.send('\x03');
  expect(await exec.closed).toMatchObject({ code: 1000 });
});

test('the process of an exec ends when its client goes', async () => {
  await create('left', { containers: [sh('sleep 1000')] });
  const access = await client.containers.executeCommand(resourceGroup(), 'left', 'main', { command: 'sh' });
  const exec = await joinExec(cloud, access);
  exec.send('echo $$\n');
  const [, pid = ''] = await exec.says(/^(\d+)\n/);
  exec.leave();
  await eventually('its end', () => !isAlive(Number(pid)));
});

test('exec can be told to take its command for the name of a program, as the service does', async () => {
  await cloud.close();
  cloud = new AciEmulator({ run: 'processes', execCommand: 'whole' });
  await cloud.start();
  client = clientOf(cloud);
  await create('web', { containers: [sh('sleep 1000')] });
  const access = await client.containers.executeCommand(resourceGroup(), 'web', 'main', { command: 'echo hello' });
  const exec = await joinExec(cloud, access);
  await exec.closed;
  expect(exec.output).toContain('echo hello: cannot be started');
});

test('a character whose bytes are written one by one is whole in the log', async () => {
  const script = "printf '\\303'; sleep 0.05; printf '\\251\\n'";
  await create('accent', { restartPolicy: 'Never', containers: [sh(script)] });
  await ended('accent');
  expect(await logOf('accent')).toBe('é\n');
});

/** What has ended and waits for its parent to notice is not alive. */
function isAlive(pid: number): boolean {
  const { status, stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return status === 0 && !stdout.startsWith('Z');
}
