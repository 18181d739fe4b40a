/** Who calls the cloud, and for which subscription: azure-aci's two credential files, and the variables above them. */
import { UsageError } from '@vk-sdk-examples/shared';
import { readJsonObject, textIn, type Environment, type ReadFile } from './files.js';

/** How the node proves who it is. */
export type CredentialChoice =
  | {
      readonly type: 'clientSecret';
      readonly tenantId: string;
      readonly clientId: string;
      /** A secret. */
      readonly clientSecret: string;
    }
  | {
      readonly type: 'workloadIdentity';
      readonly tenantId: string;
      readonly clientId: string;
      readonly tokenFile: string;
    }
  | { readonly type: 'managedIdentity'; readonly clientId: string };

/** What the files and variables say, before it is looked at whether it is enough. */
export interface Account {
  readonly cloudName: string;
  readonly clientId?: string | undefined;
  readonly clientSecret?: string | undefined;
  readonly tenantId?: string | undefined;
  readonly subscriptionId?: string | undefined;
  readonly userIdentityClientId?: string | undefined;
  readonly federatedTokenFile?: string | undefined;
  /** Of the file that AKS puts on its machines. */
  readonly aks: AksPlace;
}

export interface AksPlace {
  readonly resourceGroup?: string | undefined;
  readonly region?: string | undefined;
  readonly vnetName?: string | undefined;
  readonly vnetResourceGroup?: string | undefined;
}

/** Variables come before the file of AKS (`AKS_CREDENTIAL_LOCATION`), which replaces that of `AZURE_AUTH_LOCATION`. */
export function readAccount(env: Environment, readFile: ReadFile): Account {
  const aks = fileOf('AKS_CREDENTIAL_LOCATION', env, readFile);
  const auth = aks ? undefined : fileOf('AZURE_AUTH_LOCATION', env, readFile);
  // AKS writes `msi` where there is no client but an identity of the machine's.
  const aksClient = aks?.('aadClientId')?.toLowerCase() === 'msi' ? undefined : aks?.('aadClientId');
  const fileClient = aksClient ?? auth?.('clientId');
  const clientId = env['AZURE_CLIENT_ID'] || fileClient;
  const fileSecret = aksClient === undefined ? auth?.('clientSecret') : aks?.('aadClientSecret');
  return {
    cloudName: env['AZURE_ENVIRONMENT'] || (aks?.('cloud') ?? 'AzurePublicCloud'),
    clientId,
    // A file's secret is that of the file's client, and no other's.
    clientSecret: env['AZURE_CLIENT_SECRET'] || (clientId === fileClient ? fileSecret : undefined),
    tenantId: env['AZURE_TENANT_ID'] || (aks?.('tenantId') ?? auth?.('tenantId')),
    subscriptionId: env['AZURE_SUBSCRIPTION_ID'] || (aks?.('subscriptionId') ?? auth?.('subscriptionId')),
    userIdentityClientId:
      env['VIRTUALNODE_USER_IDENTITY_CLIENTID'] || (aks?.('userAssignedIdentityID') ?? auth?.('userIdentityClientId')),
    federatedTokenFile: env['AZURE_FEDERATED_TOKEN_FILE'] || undefined,
    aks: {
      resourceGroup: aks?.('resourceGroup'),
      region: aks?.('location'),
      vnetName: aks?.('vnetName'),
      vnetResourceGroup: aks?.('vnetResourceGroup'),
    },
  };
}

/**
 * A client with a secret, one with a token of the cluster's (workload identity), or a managed identity: as azure-aci, the
 * client goes first.
 */
export function chooseCredential(account: Account): CredentialChoice {
  const { clientId, clientSecret, tenantId, federatedTokenFile, userIdentityClientId } = account;
  if (clientId === undefined) {
    if (userIdentityClientId !== undefined) return { type: 'managedIdentity', clientId: userIdentityClientId };
    throw new UsageError(
      'AZURE_CLIENT_ID: not set, nor is VIRTUALNODE_USER_IDENTITY_CLIENTID; set the first for a client with a secret or ' +
        'for workload identity, the second for a managed identity',
    );
  }
  if (clientSecret === undefined && federatedTokenFile === undefined) {
    throw new UsageError(
      'AZURE_CLIENT_SECRET: not set, nor is AZURE_FEDERATED_TOKEN_FILE; a client of AZURE_CLIENT_ID needs one of them',
    );
  }
  if (tenantId === undefined)
    throw new UsageError('AZURE_TENANT_ID: not set; a client of AZURE_CLIENT_ID has a tenant');
  if (!/^[\w.-]+$/.test(tenantId)) {
    throw new UsageError(`AZURE_TENANT_ID: "${tenantId}" is not a tenant, which is an id or a domain`);
  }
  if (clientSecret !== undefined) return { type: 'clientSecret', tenantId, clientId, clientSecret };
  return { type: 'workloadIdentity', tenantId, clientId, tokenFile: federatedTokenFile ?? '' };
}

/** Reads texts out of the file that the variable names, if it names one. */
function fileOf(
  variable: string,
  env: Environment,
  readFile: ReadFile,
): ((key: string) => string | undefined) | undefined {
  const path = env[variable];
  if (!path) return undefined;
  const file = readJsonObject(variable, path, readFile);
  return (key) => textIn(file, key, path);
}
