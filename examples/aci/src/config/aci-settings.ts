/** All that the provider is told, from azure-aci's file and variables. Neighbours: the files beside it, one for each part. */
import { isIP } from 'node:net';
import { Quantity } from 'vk-sdk';
import { UsageError } from '@vk-sdk-examples/shared';
import type { GroupSettings, IdentitySettings, OperatingSystem } from '../mapping/index.js';
import { chooseCredential, readAccount, type AksPlace, type CredentialChoice } from './account.js';
import { cloudEndpoints, type CloudEndpoints } from './clouds.js';
import { extensionsOf } from './extensions.js';
import { readFileOfDisk, type Environment, type ReadFile } from './files.js';
import { logAnalyticsOf } from './log-analytics.js';
import { emptyProviderFile, readProviderFile, type ProviderFile } from './provider-file.js';

export interface CloudSettings {
  readonly endpoints: CloudEndpoints;
  readonly credential: CredentialChoice;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  /** Goes in front of the SDK's own name in the `User-Agent` header. */
  readonly userAgent?: string;
}

/** What the node says that it has room for: the cloud itself has no such bound, only the subscription's quota. */
export interface Capacity {
  readonly cpu: string;
  readonly memory: string;
  readonly pods: string;
  readonly gpu?: string;
}

export interface AciSettings {
  readonly cloud: CloudSettings;
  readonly groups: GroupSettings;
  readonly capacity: Capacity;
}

/** What the command line says. */
export interface AciFlags {
  readonly nodeName: string;
  readonly clusterDomain: string;
  /** Path of the provider's file. */
  readonly providerConfig?: string | undefined;
  /** `linux` or `windows`, in any case. Default: the file's, or linux. */
  readonly operatingSystem?: string | undefined;
}

/** Variables go before the credential file of AKS, which goes before the provider's own. Throws `UsageError`. */
export function resolveAciSettings(
  flags: AciFlags,
  env: Environment,
  readFile: ReadFile = readFileOfDisk,
): AciSettings {
  const { providerConfig } = flags;
  const file = providerConfig === undefined ? emptyProviderFile : readProviderFile(providerConfig, readFile);
  const account = readAccount(env, readFile);
  const { subscriptionId, aks } = account;
  if (subscriptionId === undefined) {
    throw new UsageError('AZURE_SUBSCRIPTION_ID: not set; set it to the subscription that pays for the pods');
  }
  const resourceGroup = required('ACI_RESOURCE_GROUP', 'ResourceGroup', [
    env['ACI_RESOURCE_GROUP'],
    aks.resourceGroup,
    file.texts.ResourceGroup,
  ]);
  const userAgent = env['ACI_EXTRA_USER_AGENT'];
  return {
    cloud: {
      endpoints: cloudEndpoints(account.cloudName, env, readFile),
      credential: chooseCredential(account),
      subscriptionId,
      resourceGroup,
      ...(userAgent && { userAgent }),
    },
    groups: groupSettings(flags, env, readFile, file, { subscriptionId, resourceGroup, aks }),
    capacity: capacityOf(env, file),
  };
}

interface Place {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly aks: AksPlace;
}

function groupSettings(
  flags: AciFlags,
  env: Environment,
  readFile: ReadFile,
  file: ProviderFile,
  place: Place,
): GroupSettings {
  const region = required('ACI_REGION', 'Region', [env['ACI_REGION'], place.aks.region, file.texts.Region]);
  const operatingSystem = operatingSystemOf(flags.operatingSystem ?? file.texts.OperatingSystem ?? 'linux');
  const subnetId = subnetIdOf(env, file, place);
  const dnsServer = env['KUBE_DNS_IP'] || file.texts.KubeDNSIP;
  if (dnsServer && isIP(dnsServer) === 0) throw new UsageError(`KUBE_DNS_IP: "${dnsServer}" is not an IP address`);
  const logAnalytics = logAnalyticsOf(env, readFile);
  const identity = identityOf(file);
  return {
    nodeName: flags.nodeName,
    location: regionName(region),
    operatingSystem,
    dns: { servers: dnsServer ? [dnsServer] : [], clusterDomain: flags.clusterDomain },
    ...(subnetId !== undefined && { subnetId }),
    ...(logAnalytics && { logAnalytics }),
    ...(identity && { identity }),
    ...(file.lists.GPUSKUs && { gpuSkus: file.lists.GPUSKUs }),
    // They are made for Linux, and for groups that the cluster's network reaches.
    ...(subnetId !== undefined && operatingSystem === 'Linux' && { extensions: extensionsOf(env, readFile) }),
  };
}

function required(variable: string, key: string, values: readonly (string | undefined)[]): string {
  const value = values.find(Boolean);
  if (!value) throw new UsageError(`${variable}: not set; set it, or ${key} in the file of --provider-config`);
  return value;
}

/** `West US 2` is `westus2`. Which regions there are is the cloud's to say: lists of them grow old. */
function regionName(text: string): string {
  const name = text.toLowerCase().replaceAll(' ', '');
  if (!/^[a-z0-9]+$/.test(name))
    throw new UsageError(`ACI_REGION: "${text}" is not the name of a region, such as westus2`);
  return name;
}

function operatingSystemOf(text: string): OperatingSystem {
  const name = text.toLowerCase();
  if (name === 'linux') return 'Linux';
  if (name === 'windows') return 'Windows';
  throw new UsageError(`OperatingSystem: "${text}" is neither Linux nor Windows`);
}

function subnetIdOf(env: Environment, file: ProviderFile, place: Place): string | undefined {
  const subnet = env['ACI_SUBNET_NAME'] || file.texts.SubnetName;
  if (!subnet) {
    if (env['ACI_SUBNET_CIDR'] || file.texts.SubnetCIDR) {
      throw new UsageError('ACI_SUBNET_CIDR: of no use without ACI_SUBNET_NAME');
    }
    return undefined;
  }
  const vnet = required('ACI_VNET_NAME', 'VnetName', [env['ACI_VNET_NAME'], place.aks.vnetName, file.texts.VnetName]);
  const subscription = env['ACI_VNET_SUBSCRIPTION_ID'] || (file.texts.VnetSubscriptionID ?? place.subscriptionId);
  const group =
    env['ACI_VNET_RESOURCE_GROUP'] ||
    (place.aks.vnetResourceGroup ?? file.texts.VnetResourceGroup ?? place.resourceGroup);
  return (
    `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.Network/` +
    `virtualNetworks/${vnet}/subnets/${subnet}`
  );
}

function identityOf({ flags, lists }: ProviderFile): IdentitySettings | undefined {
  const { SystemAssignedIdentity: systemAssigned } = flags;
  const { UserAssignedIdentities: userAssigned } = lists;
  if (!systemAssigned && !userAssigned?.length) return undefined;
  return { ...(systemAssigned && { systemAssigned }), ...(userAssigned && { userAssigned }) };
}

function capacityOf(env: Environment, { texts }: ProviderFile): Capacity {
  const gpu = env['ACI_QUOTA_GPU'] || texts.GPU;
  return {
    cpu: amount('ACI_QUOTA_CPU', 'CPU', env['ACI_QUOTA_CPU'] || (texts.CPU ?? '10000')),
    memory: amount('ACI_QUOTA_MEMORY', 'Memory', env['ACI_QUOTA_MEMORY'] || (texts.Memory ?? '4Ti')),
    pods: amount('ACI_QUOTA_POD', 'Pods', env['ACI_QUOTA_POD'] || (texts.Pods ?? '5000'), true),
    ...(gpu && { gpu: amount('ACI_QUOTA_GPU', 'GPU', gpu, true) }),
  };
}

/** What the apiserver takes as a node's capacity: things are counted, and CPU and memory measured. */
function amount(variable: string, key: string, text: string, isCount = false): string {
  const thousandths = thousandthsOf(text);
  if (thousandths === undefined || thousandths < 0n || (isCount && thousandths % 1_000n !== 0n)) {
    const examples = isCount ? 'a whole number' : 'an amount, such as 100, 500m or 4Ti';
    throw new UsageError(`${variable} (${key}): "${text}" is not ${examples}`);
  }
  return text;
}

function thousandthsOf(text: string): bigint | undefined {
  try {
    return Quantity.parse(text).milliValue();
  } catch {
    return undefined;
  }
}
