/** The example as its users run it: a process of its own, which finds an apiserver by kubeconfig and a cloud by variables. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually, Program } from '@vk-sdk-examples/shared/testing';
import { nodes, podRef, pods, type Pod } from 'vk-sdk';
import { FakeApiServer } from 'vk-sdk/testing';
import { groupName } from '../src/mapping/index.js';
import { AciEmulator } from './emulator/index.js';
import { isRunning, podOf } from './scene.js';

const folder = fileURLToPath(new URL('..', import.meta.url));

describe('a node of a private cloud', () => {
  const closings: (() => Promise<unknown>)[] = [];

  afterEach(async () => {
    for (const close of closings.splice(0).reverse()) await close();
  });

  async function open() {
    const server = new FakeApiServer({ scheduler: true });
    const cloud = new AciEmulator();
    closings.push(
      () => server.stop(),
      () => cloud.close(),
    );
    await server.start();
    await cloud.start();
    const files = mkdtempSync(join(tmpdir(), 'aci-test-'));
    closings.push(async () => rmSync(files, { recursive: true }));
    const file = (name: string, content: string): string => {
      writeFileSync(join(files, name), content);
      return join(files, name);
    };
    const { tenantId, clientId, clientSecret, subscriptionId, resourceGroup } = cloud.credentials;
    const place = {
      KUBELET_PORT: '0',
      NODE_EXTRA_CA_CERTS: file('ca.pem', cloud.ca),
      AZURE_ENVIRONMENT: 'AzureStackCloud',
      AZURE_ENVIRONMENT_FILEPATH: file(
        'cloud.json',
        JSON.stringify({ resourceManagerEndpoint: cloud.endpoint, activeDirectoryEndpoint: cloud.endpoint }),
      ),
      AZURE_SUBSCRIPTION_ID: subscriptionId,
    };
    const config = file('aci.toml', `Region = "West US 2"\nResourceGroup = "${resourceGroup}"\nCPU = "77"\n`);
    const identities = {
      'a client with a secret': {
        AZURE_AUTH_LOCATION: file('auth.json', JSON.stringify({ clientId, clientSecret, tenantId })),
      },
      'workload identity': {
        AZURE_CLIENT_ID: clientId,
        AZURE_TENANT_ID: tenantId,
        AZURE_FEDERATED_TOKEN_FILE: file('token', 'of the cluster'),
      },
      'a managed identity': { VIRTUALNODE_USER_IDENTITY_CLIENTID: clientId, ...cloud.managedIdentityEnvironment },
    };
    const start = (identity: keyof typeof identities): Program => {
      const args = ['--kubeconfig', server.kubeconfig, '--nodename', 'node-1', '--provider-config', config];
      const program = new Program(folder, args, { ...place, ...identities[identity] });
      closings.push(() => program[Symbol.asyncDispose]());
      return program;
    };
    const find = (name: string): Pod | undefined => server.objects(pods).find(({ metadata }) => metadata.name === name);
    return { server, cloud, start, find };
  }

  it.each(['workload identity', 'a managed identity'] as const)(
    'is joined with %s',
    { timeout: 120_000 },
    async (identity) => {
      const { server, start } = await open();
      const program = start(identity);
      await program.says(/node is ready/);
      expect(server.objects(nodes)[0]?.status?.capacity).toMatchObject({ cpu: '77', pods: '5000' });
    },
  );

  it(
    'is joined with a client with a secret, and killed at any time leaves its pods to the next process',
    { timeout: 180_000 },
    async () => {
      const { server, cloud, start, find } = await open();
      const first = start('a client with a secret');
      await first.says(/node is ready/);
      const held = cloud.faults.hold('create', { when: 'after' });
      const pod = await server.client.create(pods, podOf('web'));
      await cloud.seen('create');
      first.signal('SIGKILL');
      await first.ended();
      held.release();

      const second = start('a client with a secret');
      await eventually('the pod runs', () => isRunning(find('web')?.status ?? {}), 20_000);
      expect([...cloud.groups.keys()]).toEqual([groupName(podRef(pod))]);
      expect(cloud.requests.count('create')).toBe(1);

      cloud.faults.hold('delete', { when: 'after' });
      await server.client.delete(pods, { namespace: 'default', name: 'web' });
      await cloud.seen('delete');
      second.signal('SIGKILL');
      await second.ended();

      start('a client with a secret');
      await eventually('the pod is gone', () => find('web') === undefined, 20_000);
      expect(cloud.groups.size).toBe(0);
    },
  );
});
