/** Where a cloud of Azure's is reached: the public one, its national siblings, or a private one (Azure Stack, an emulator). */
import { UsageError } from '@vk-sdk-examples/shared';
import { readJsonObject, textIn, type Environment, type ReadFile } from './files.js';

export interface CloudEndpoints {
  /** Azure Resource Manager, without a slash at the end. */
  readonly resourceManager: string;
  /** Where tokens come from, without a slash at the end. */
  readonly authority: string;
  /** What tokens are asked for. */
  readonly tokenScope: string;
  /** Whether `authority` is one that Microsoft's directory of authorities knows. */
  readonly isPrivate: boolean;
  /** Certificate authorities, in PEM, where the machine's are not the right ones. */
  readonly ca?: string;
}

const authorities = {
  AZUREPUBLICCLOUD: ['https://management.azure.com', 'https://login.microsoftonline.com'],
  AZUREUSGOVERNMENTCLOUD: ['https://management.usgovcloudapi.net', 'https://login.microsoftonline.us'],
  AZURECHINACLOUD: ['https://management.chinacloudapi.cn', 'https://login.chinacloudapi.cn'],
} as const;

/** The name that Azure's tools know a cloud by which a file describes. */
const privateCloud = 'AZURESTACKCLOUD';

/**
 * `name` as in `AZURE_ENVIRONMENT` or the credential file of AKS, in any case. A private cloud is described by the file
 * that `AZURE_ENVIRONMENT_FILEPATH` names, with Azure's own keys. `AZURE_AUTHORITY_HOST`, which workload identity sets,
 * has the last word on the authority.
 */
export function cloudEndpoints(name: string, env: Environment, readFile: ReadFile): CloudEndpoints {
  const endpoints = name.toUpperCase() === privateCloud ? endpointsFromFile(env, readFile) : knownEndpoints(name);
  if (!env['AZURE_AUTHORITY_HOST']) return endpoints;
  const authority = httpsUrl('AZURE_AUTHORITY_HOST', env['AZURE_AUTHORITY_HOST']);
  const isPublic = Object.values(authorities).some(([, known]) => known === authority);
  return { ...endpoints, authority, isPrivate: !isPublic };
}

function knownEndpoints(name: string): CloudEndpoints {
  const [resourceManager, authority] = authorities[name.toUpperCase() as keyof typeof authorities] ?? [];
  if (resourceManager === undefined || authority === undefined) {
    throw new UsageError(
      `AZURE_ENVIRONMENT: "${name}" is none of AzurePublicCloud, AzureUSGovernmentCloud, AzureChinaCloud and ` +
        'AzureStackCloud (with AZURE_ENVIRONMENT_FILEPATH)',
    );
  }
  return { resourceManager, authority, tokenScope: `${resourceManager}/.default`, isPrivate: false };
}

function endpointsFromFile(env: Environment, readFile: ReadFile): CloudEndpoints {
  const variable = 'AZURE_ENVIRONMENT_FILEPATH';
  const path = env[variable];
  if (!path) throw new UsageError(`${variable}: not set; AzureStackCloud needs the file that describes the cloud`);
  const file = readJsonObject(variable, path, readFile);
  const required = (key: string): string => {
    const value = textIn(file, key, path);
    if (value === undefined) throw new UsageError(`${path}: ${key} is missing`);
    return httpsUrl(`${path}: ${key}`, value);
  };
  const resourceManager = required('resourceManagerEndpoint');
  const audience = textIn(file, 'tokenAudience', path)?.replace(/\/+$/, '') ?? resourceManager;
  return {
    resourceManager,
    authority: required('activeDirectoryEndpoint'),
    tokenScope: `${audience}/.default`,
    isPrivate: true,
  };
}

/** Tokens and keys go there, so nothing but HTTPS will do. */
function httpsUrl(name: string, text: string): string {
  if (!URL.canParse(text) || new URL(text).protocol !== 'https:') {
    throw new UsageError(`${name}: "${text}" is not an https:// URL`);
  }
  return text.replace(/\/+$/, '');
}
