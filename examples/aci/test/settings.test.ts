import { describe, expect, it } from 'vitest';
import { UsageError } from '@vk-sdk-examples/shared';
import { resolveAciSettings, type AciFlags, type AciSettings } from '../src/config/aci-settings.js';
import type { Environment } from '../src/config/files.js';

const flags: AciFlags = { nodeName: 'node-1', clusterDomain: 'cluster.local' };

/** The least that is needed. */
const least = {
  AZURE_CLIENT_ID: 'client',
  AZURE_CLIENT_SECRET: 'hush',
  AZURE_TENANT_ID: 'tenant',
  AZURE_SUBSCRIPTION_ID: 'subscription',
  ACI_RESOURCE_GROUP: 'group',
  ACI_REGION: 'westus2',
};

function resolve(
  env: Environment,
  files: Readonly<Record<string, string | Buffer>> = {},
  more: Partial<AciFlags> = {},
): AciSettings {
  return resolveAciSettings({ ...flags, ...more }, env, (path) => {
    const content = files[path];
    if (content === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    return Buffer.from(content);
  });
}

/** The message of the error that these settings are refused with. */
function refusal(
  env: Environment,
  files?: Readonly<Record<string, string | Buffer>>,
  more?: Partial<AciFlags>,
): string {
  try {
    resolve(env, files, more);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as UsageError).message;
  }
  throw new Error('these settings were taken');
}

const config = (text: string) => [{ '/config.toml': text }, { providerConfig: '/config.toml' }] as const;

describe('settings of the ACI node', () => {
  it('come from the variables that azure-aci takes', () => {
    const { cloud, groups, capacity } = resolve({ ...least, ACI_EXTRA_USER_AGENT: 'contoso' });
    expect(cloud).toEqual({
      endpoints: {
        resourceManager: 'https://management.azure.com',
        authority: 'https://login.microsoftonline.com',
        tokenScope: 'https://management.azure.com/.default',
        isPrivate: false,
      },
      credential: { type: 'clientSecret', tenantId: 'tenant', clientId: 'client', clientSecret: 'hush' },
      subscriptionId: 'subscription',
      resourceGroup: 'group',
      userAgent: 'contoso',
    });
    expect(groups).toEqual({
      nodeName: 'node-1',
      location: 'westus2',
      operatingSystem: 'Linux',
      dns: { servers: [], clusterDomain: 'cluster.local' },
    });
    expect(capacity).toEqual({ cpu: '10000', memory: '4Ti', pods: '5000' });
  });

  it('take a region as people write it', () => {
    expect(resolve({ ...least, ACI_REGION: 'West US 2' }).groups.location).toBe('westus2');
    expect(refusal({ ...least, ACI_REGION: 'west/us' })).toMatch(/^ACI_REGION: "west\/us" is not the name of a region/);
  });

  it.each(['AZURE_SUBSCRIPTION_ID', 'ACI_RESOURCE_GROUP', 'ACI_REGION', 'AZURE_CLIENT_SECRET', 'AZURE_TENANT_ID'])(
    'say that %s is missing',
    (variable) => {
      expect(refusal({ ...least, [variable]: '' })).toMatch(new RegExp(`^${variable}: not set`));
    },
  );

  it('choose a managed identity where there is no client, and workload identity where it has no secret', () => {
    const { AZURE_CLIENT_ID: _, ...noClient } = least;
    expect(resolve({ ...noClient, VIRTUALNODE_USER_IDENTITY_CLIENTID: 'mine' }).cloud.credential).toEqual({
      type: 'managedIdentity',
      clientId: 'mine',
    });
    expect(refusal(noClient)).toMatch(/^AZURE_CLIENT_ID: not set, nor is VIRTUALNODE_USER_IDENTITY_CLIENTID/);
    const { AZURE_CLIENT_SECRET: __, ...noSecret } = least;
    expect(resolve({ ...noSecret, AZURE_FEDERATED_TOKEN_FILE: '/token' }).cloud.credential).toEqual({
      type: 'workloadIdentity',
      tenantId: 'tenant',
      clientId: 'client',
      tokenFile: '/token',
    });
  });

  it('take no tenant that the SDK would throw at', () => {
    expect(refusal({ ...least, AZURE_TENANT_ID: 'bad tenant!' })).toBe(
      'AZURE_TENANT_ID: "bad tenant!" is not a tenant, which is an id or a domain',
    );
  });

  it('give no client the secret of another', () => {
    const file = JSON.stringify({
      clientId: 'of-file',
      clientSecret: 'hush',
      aadClientId: 'of-file',
      aadClientSecret: 'hush',
    });
    const { AZURE_CLIENT_SECRET: _, ...noSecret } = least;
    for (const variable of ['AZURE_AUTH_LOCATION', 'AKS_CREDENTIAL_LOCATION']) {
      const env = { ...noSecret, [variable]: '/file', AZURE_FEDERATED_TOKEN_FILE: '/token' };
      expect(resolve(env, { '/file': file }).cloud.credential).toMatchObject({ type: 'workloadIdentity' });
      const same = { ...env, AZURE_CLIENT_ID: 'of-file' };
      expect(resolve(same, { '/file': file }).cloud.credential).toMatchObject({ clientSecret: 'hush' });
    }
  });

  it('read the credentials file, in UTF-16 too, below the variables', () => {
    const file = {
      clientId: 'of-file',
      clientSecret: 'of-file',
      subscriptionId: 'of-file',
      tenantId: 'of-file',
      userIdentityClientId: '',
    };
    const env = { AZURE_AUTH_LOCATION: '/auth', ACI_RESOURCE_GROUP: 'g', ACI_REGION: 'r', AZURE_TENANT_ID: 'of-env' };
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(JSON.stringify(file), 'utf16le')]);
    for (const content of [JSON.stringify(file), `\ufeff${JSON.stringify(file)}`, utf16]) {
      expect(resolve(env, { '/auth': content }).cloud).toMatchObject({
        subscriptionId: 'of-file',
        credential: { clientId: 'of-file', clientSecret: 'of-file', tenantId: 'of-env' },
      });
    }
  });

  it('read the file of AKS, with its msi, its cloud and its network', () => {
    const aks = {
      cloud: 'AzureChinaCloud',
      tenantId: 't',
      subscriptionId: 's',
      aadClientId: 'msi',
      aadClientSecret: 'msi',
      resourceGroup: 'mc-group',
      location: 'chinaeast2',
      vnetName: 'vnet',
      vnetResourceGroup: 'net',
      userAssignedIdentityID: 'identity',
    };
    const { cloud, groups } = resolve(
      { AKS_CREDENTIAL_LOCATION: '/etc/aks/azure.json', ACI_SUBNET_NAME: 'pods', KUBE_DNS_IP: '10.0.0.10' },
      { '/etc/aks/azure.json': JSON.stringify(aks) },
    );
    expect(cloud).toMatchObject({
      endpoints: { resourceManager: 'https://management.chinacloudapi.cn' },
      credential: { type: 'managedIdentity', clientId: 'identity' },
      resourceGroup: 'mc-group',
    });
    expect(groups).toMatchObject({
      location: 'chinaeast2',
      subnetId: '/subscriptions/s/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/vnet/subnets/pods',
      dns: { servers: ['10.0.0.10'] },
    });
  });

  it('name a credentials file that is of no use, and nothing of what is in it', () => {
    const env = { ...least, AZURE_AUTH_LOCATION: '/auth' };
    expect(refusal(env)).toBe(
      'AZURE_AUTH_LOCATION: /auth cannot be read (ENOENT); name a file that the process may read',
    );
    for (const content of ['{"clientSecret": "hush', '"hush"', Buffer.from([0xff, 0x00, 0xc3])]) {
      const message = refusal(env, { '/auth': content });
      expect(message).toContain('/auth');
      expect(message).not.toContain('hush');
    }
    expect(refusal(env, { '/auth': '{"userIdentityClientId": 5}' })).toBe('/auth: userIdentityClientId is not a text');
  });

  it("read azure-aci's file, its keys in any case, below the variables", () => {
    const { AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, AZURE_TENANT_ID, AZURE_SUBSCRIPTION_ID } = least;
    const identity = { AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, AZURE_TENANT_ID, AZURE_SUBSCRIPTION_ID };
    const text = `
      region = "East US"
      ResourceGroup = "of-file"
      OperatingSystem = "Windows"
      CPU = "100"
      Memory = "100Gi"
      Pods = 50
    `;
    const { cloud, groups, capacity } = resolve({ ...identity, ACI_QUOTA_CPU: '200' }, ...config(text));
    expect(cloud.resourceGroup).toBe('of-file');
    expect(groups).toMatchObject({ location: 'eastus', operatingSystem: 'Windows' });
    expect(capacity).toEqual({ cpu: '200', memory: '100Gi', pods: '50' });
  });

  it('take the same as JSON', () => {
    const files = { '/config.json': '{"GPU": "4", "GPUSKUs": ["V100"], "UserAssignedIdentities": ["/x"]}' };
    const { capacity, groups } = resolve(least, files, { providerConfig: '/config.json' });
    expect(capacity.gpu).toBe('4');
    expect(groups).toMatchObject({ gpuSkus: ['V100'], identity: { userAssigned: ['/x'] } });
  });

  it.each([
    ['Regoin = "x"', /^\/config\.toml: Regoin is no setting; there are ResourceGroup, Region, /],
    ['CPU = true', /^\/config\.toml: CPU is not a text$/],
    ['CPU = "many"', /^ACI_QUOTA_CPU \(CPU\): "many" is not an amount/],
    ['CPU = "-5"', /^ACI_QUOTA_CPU \(CPU\): "-5" is not an amount/],
    ['Pods = 1.5', /^ACI_QUOTA_POD \(Pods\): "1.5" is not a whole number/],
    ['GPU = "500m"', /^ACI_QUOTA_GPU \(GPU\): "500m" is not a whole number/],
    ['KubeDNSIP = "dns"', /^KUBE_DNS_IP: "dns" is not an IP address/],
    ['GPUSKUs = "V100"', /^\/config\.toml: GPUSKUs is not a list of texts$/],
    ['SystemAssignedIdentity = "yes"', /^\/config\.toml: SystemAssignedIdentity is neither true nor false$/],
    ['OperatingSystem = "BeOS"', /^OperatingSystem: "BeOS" is neither Linux nor Windows$/],
    ['SubnetCIDR = "10.0.0.0/8"', /^ACI_SUBNET_CIDR: of no use without ACI_SUBNET_NAME$/],
    ['SubnetName = "pods"', /^ACI_VNET_NAME: not set/],
    ['this is no TOML', /^\/config\.toml: is not TOML: /],
  ])('refuse %s in the file', (text, message) => {
    expect(refusal(least, ...config(text))).toMatch(message);
  });

  it('send logs to a workspace, by variables or by file', () => {
    const byVariables = { ...least, LOG_ANALYTICS_ID: 'id', LOG_ANALYTICS_KEY: 'key', CLUSTER_RESOURCE_ID: '/cluster' };
    expect(resolve(byVariables).groups.logAnalytics).toEqual({
      workspaceId: 'id',
      workspaceKey: 'key',
      clusterResourceId: '/cluster',
    });
    const byFile = { ...least, LOG_ANALYTICS_AUTH_LOCATION: '/logs' };
    expect(resolve(byFile, { '/logs': '{"workspaceId":"a","workspaceKey":"b"}' }).groups.logAnalytics).toEqual({
      workspaceId: 'a',
      workspaceKey: 'b',
    });
    expect(refusal({ ...least, LOG_ANALYTICS_ID: 'id' })).toMatch(/one is of no use without the other/);
    expect(refusal(byFile, { '/logs': '{"workspaceId":"a"}' })).toBe('/logs: workspaceId or workspaceKey is missing');
  });

  it('run kube-proxy beside Linux pods in a subnet, as the service account of the node', () => {
    const folder = '/var/run/secrets/kubernetes.io/serviceaccount';
    const env = {
      ...least,
      ACI_SUBNET_NAME: 'pods',
      ACI_VNET_NAME: 'vnet',
      MASTER_URI: 'https://10.0.0.1',
      CLUSTER_CIDR: '10.2.0.0/16',
      ENABLE_REAL_TIME_METRICS: 'true',
    };
    const files = { [`${folder}/ca.crt`]: 'PEM', [`${folder}/token`]: 'hush\n' };
    const [proxy, metrics] = resolve(env, files).groups.extensions ?? [];
    expect(proxy).toMatchObject({ extensionType: 'kube-proxy', settings: { clusterCidr: '10.2.0.0/16' } });
    const kubeconfig = Buffer.from(String(proxy?.protectedSettings?.['kubeConfig']), 'base64').toString();
    expect(JSON.parse(kubeconfig)).toMatchObject({
      clusters: [{ cluster: { server: 'https://10.0.0.1', 'certificate-authority-data': 'UEVN' } }],
      users: [{ user: { token: 'hush' } }],
    });
    expect(metrics).toMatchObject({ extensionType: 'realtime-metrics' });
    expect(resolve(env, files, { operatingSystem: 'windows' }).groups.extensions).toBeUndefined();
    expect(refusal(env)).toMatch(/^MASTER_URI: .*ca\.crt cannot be read/);
    for (const server of ['http://10.0.0.1', '10.0.0.1']) {
      expect(refusal({ ...env, MASTER_URI: server }, files)).toBe(`MASTER_URI: "${server}" is not an https:// URL`);
    }
  });

  it('let workload identity say where tokens come from', () => {
    const from = (host: string) => resolve({ ...least, AZURE_AUTHORITY_HOST: host }).cloud.endpoints;
    expect(from('https://login.microsoftonline.us/')).toMatchObject({
      authority: 'https://login.microsoftonline.us',
      isPrivate: false,
    });
    expect(from('https://adfs.contoso.com')).toMatchObject({ authority: 'https://adfs.contoso.com', isPrivate: true });
    expect(refusal({ ...least, AZURE_AUTHORITY_HOST: 'login' })).toBe(
      'AZURE_AUTHORITY_HOST: "login" is not an https:// URL',
    );
  });

  it('find a private cloud by its file, over HTTPS alone', () => {
    const env = { ...least, AZURE_ENVIRONMENT: 'AzureStackCloud', AZURE_ENVIRONMENT_FILEPATH: '/stack.json' };
    const stack = {
      resourceManagerEndpoint: 'https://management.local.azurestack.external/',
      activeDirectoryEndpoint: 'https://adfs.local.azurestack.external/',
      tokenAudience: 'https://management.azurestack.onmicrosoft.com/',
    };
    expect(resolve(env, { '/stack.json': JSON.stringify(stack) }).cloud.endpoints).toEqual({
      resourceManager: 'https://management.local.azurestack.external',
      authority: 'https://adfs.local.azurestack.external',
      tokenScope: 'https://management.azurestack.onmicrosoft.com/.default',
      isPrivate: true,
    });
    const plain = { ...stack, resourceManagerEndpoint: 'http://management.local' };
    expect(refusal(env, { '/stack.json': JSON.stringify(plain) })).toBe(
      '/stack.json: resourceManagerEndpoint: "http://management.local" is not an https:// URL',
    );
    expect(refusal({ ...least, AZURE_ENVIRONMENT: 'Atlantis' })).toMatch(/^AZURE_ENVIRONMENT: "Atlantis" is none of/);
  });
});
