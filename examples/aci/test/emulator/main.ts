/**
 * The emulated cloud as a program, for any client that speaks to Azure Container Instances. It says where it listens, which
 * authority to trust and with what to log in, and runs until it is told to end.
 *
 *     node --import tsx examples/aci/test/emulator/main.ts [--port N] [--pretend] [--realistic] [--throttled]
 */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AciEmulator, documentedLimits, realisticLatencies } from './index.js';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    pretend: { type: 'boolean', default: false },
    realistic: { type: 'boolean', default: false },
    throttled: { type: 'boolean', default: false },
  },
});

const cloud = new AciEmulator({
  port: Number(values.port),
  run: values.pretend ? 'pretend' : 'processes',
  ...(values.realistic && { latencies: realisticLatencies(Math.random) }),
  ...(values.throttled && { limits: documentedLimits }),
});
await cloud.start();
const folder = await mkdtemp(join(tmpdir(), 'aci-emulator-ca-'));
const authority = join(folder, 'ca.pem');
await writeFile(authority, cloud.ca);
// The federated token is any text: the emulator does not look into it.
const federated = join(folder, 'token');
await writeFile(federated, 'emulated');
await chmod(federated, 0o600);

const { tenantId, clientId, clientSecret, subscriptionId, resourceGroup } = cloud.credentials;
const environment = {
  AZURE_AUTHORITY_HOST: cloud.endpoint,
  AZURE_TENANT_ID: tenantId,
  AZURE_CLIENT_ID: clientId,
  AZURE_CLIENT_SECRET: clientSecret,
  AZURE_SUBSCRIPTION_ID: subscriptionId,
  ACI_RESOURCE_GROUP: resourceGroup,
  AZURE_FEDERATED_TOKEN_FILE: federated,
  ...cloud.managedIdentityEnvironment,
  NODE_EXTRA_CA_CERTS: authority,
};
console.log(`Container groups are at ${cloud.endpoint}, for whoever trusts ${authority}:\n`);
for (const [name, value] of Object.entries(environment)) console.log(`export ${name}='${value}'`);
console.log(
  '\nWith these, give the SDK `endpoint`, and its credential `disableInstanceDiscovery: true`. Ctrl-C ends it.',
);

await new Promise((resolve) => {
  process.once('SIGINT', resolve);
  process.once('SIGTERM', resolve);
});
await cloud.close();
await rm(folder, { recursive: true, force: true });
