/** Tokens: how each of the SDK's credentials gets one here, and what happens without. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ClientSecretCredential, ManagedIdentityCredential, WorkloadIdentityCredential } from '@azure/identity';
import type { ContainerInstanceManagementClient } from '@azure/arm-containerinstance';
import { ManualClock } from 'vk-sdk/testing';
import { AciEmulator } from '../emulator/index.js';
import { clientOf, identityOptions } from './sdk.js';

let cloud: AciEmulator;

beforeEach(async () => {
  cloud = new AciEmulator();
  await cloud.start();
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await cloud.close();
});

async function namesOf(client: ContainerInstanceManagementClient): Promise<(string | undefined)[]> {
  const names = [];
  for await (const { name } of client.containerGroups.list()) names.push(name);
  return names;
}

test('a client secret gives a token, which is used for many requests', async () => {
  const client = clientOf(cloud);
  await namesOf(client);
  await namesOf(client);
  expect(cloud.requests.count('token')).toBe(1);
  expect(cloud.requests.count('list')).toBe(2);
});

test('a federated token from a file gives a token, as workload identity has it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'emulator-token-'));
  try {
    await writeFile(join(folder, 'token'), 'federated');
    const { tenantId, clientId } = cloud.credentials;
    const tokenFilePath = join(folder, 'token');
    const credential = new WorkloadIdentityCredential({ tenantId, clientId, tokenFilePath, ...identityOptions(cloud) });
    expect(await namesOf(clientOf(cloud, {}, credential))).toEqual([]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a managed identity gives a token, at the address that the environment tells', async () => {
  for (const [name, value] of Object.entries(cloud.managedIdentityEnvironment)) vi.stubEnv(name, value);
  const { clientId } = cloud.credentials;
  const credential = new ManagedIdentityCredential({ clientId, ...identityOptions(cloud) });
  expect(await namesOf(clientOf(cloud, {}, credential))).toEqual([]);
});

test('a wrong secret gives no token', async () => {
  const { tenantId, clientId } = cloud.credentials;
  const credential = new ClientSecretCredential(tenantId, clientId, 'wrong', identityOptions(cloud));
  await expect(namesOf(clientOf(cloud, {}, credential))).rejects.toThrow(/AADSTS7000215/);
  expect(cloud.requests.count('list')).toBe(0);
});

test('a request with a token that is not known, or with none, is refused', async () => {
  const stranger = { getToken: async () => ({ token: 'unknown', expiresOnTimestamp: Date.now() + 3_600_000 }) };
  await expect(namesOf(clientOf(cloud, {}, stranger))).rejects.toMatchObject({
    statusCode: 401,
    code: 'InvalidAuthenticationToken',
  });
  const path = `/subscriptions/${cloud.credentials.subscriptionId}/providers/Microsoft.ContainerInstance/containerGroups`;
  expect(await statusOf(`${path}?api-version=2023-05-01`)).toBe(401);
});

test('a token that was revoked is refused from then on', async () => {
  const client = clientOf(cloud);
  await namesOf(client);
  cloud.tokens.revokeAll();
  await expect(namesOf(client)).rejects.toMatchObject({ statusCode: 401 });
});

test('a token is good for as long as it says', async () => {
  const clock = new ManualClock();
  await using short = new AciEmulator({ clock, tokenLifeMs: 60_000 });
  await short.start();
  const token = short.tokens.issue({});
  const held = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) };
  const client = clientOf(short, {}, held);
  await clock.advance(59_999);
  expect(await namesOf(client)).toEqual([]);
  await clock.advance(1);
  await expect(namesOf(client)).rejects.toMatchObject({ statusCode: 401, code: 'ExpiredAuthenticationToken' });
});

test('a request without api-version is refused', async () => {
  const path = `/subscriptions/${cloud.credentials.subscriptionId}/providers/Microsoft.ContainerInstance/containerGroups`;
  expect(await statusOf(path, cloud.tokens.issue({}))).toBe(400);
});

test('another subscription is not found, nor is another resource group', async () => {
  const client = clientOf(cloud);
  await expect(client.containerGroups.get('elsewhere', 'web')).rejects.toMatchObject({ code: 'ResourceGroupNotFound' });
  client.subscriptionId = 'another';
  await expect(namesOf(client)).rejects.toMatchObject({ statusCode: 404, code: 'SubscriptionNotFound' });
});

function statusOf(path: string, token?: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    request(`${cloud.endpoint}${path}`, { ca: cloud.ca, headers, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}
