/** The emulated cloud as a program of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { ContainerInstanceManagementClient } from '@azure/arm-containerinstance';
import { ClientSecretCredential } from '@azure/identity';
import { eventually } from '@vk-sdk-examples/shared/testing';
import { groupOf } from './sdk.js';

const main = new URL('../emulator/main.ts', import.meta.url).pathname;

test('what it prints is enough for a client, and a signal ends it and what runs in it', async () => {
  const program = spawn(process.execPath, ['--import', 'tsx', main], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(program, 'exit');
  let output = '';
  program.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  try {
    await eventually('its last line', () => output.includes('Ctrl-C ends it'));
    const of = (name: string): string => new RegExp(`^export ${name}='(.*)'$`, 'm').exec(output)?.[1] ?? '';
    const endpoint = of('AZURE_AUTHORITY_HOST');
    const tlsOptions = { ca: await readFile(of('NODE_EXTRA_CA_CERTS'), 'utf8') };
    const credential = new ClientSecretCredential(
      of('AZURE_TENANT_ID'),
      of('AZURE_CLIENT_ID'),
      of('AZURE_CLIENT_SECRET'),
      { authorityHost: endpoint, disableInstanceDiscovery: true, tlsOptions },
    );
    const client = new ContainerInstanceManagementClient(credential, of('AZURE_SUBSCRIPTION_ID'), {
      endpoint,
      credentialScopes: [`${endpoint}/.default`],
      tlsOptions,
    });
    const containers = [{ ...groupOf().containers[0]!, command: ['sh', '-c', 'echo "$POD_ROOT"; sleep 1000'] }];
    const group = groupOf({ containers });
    await client.containerGroups.beginCreateOrUpdateAndWait(of('ACI_RESOURCE_GROUP'), 'web', group, {
      updateIntervalInMs: 10,
    });
    const root = await eventually('its folder', async () => {
      const { content } = await client.containers.listLogs(of('ACI_RESOURCE_GROUP'), 'web', 'main');
      return content?.trim();
    });
    program.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    await expect(readFile(root)).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(readFile(of('NODE_EXTRA_CA_CERTS'))).rejects.toMatchObject({ code: 'ENOENT' });
  } finally {
    program.kill('SIGKILL');
  }
});
