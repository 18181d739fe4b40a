/** The credential that the settings choose, as the Azure SDK takes it. */
import {
  ClientSecretCredential,
  ManagedIdentityCredential,
  WorkloadIdentityCredential,
  type TokenCredential,
} from '@azure/identity';
import type { CredentialChoice } from '../config/account.js';
import type { CloudEndpoints } from '../config/clouds.js';

/** Asks for no token yet; the credential then keeps the one it has until shortly before it ends. */
export function createCredential(choice: CredentialChoice, endpoints: CloudEndpoints): TokenCredential {
  const options = {
    authorityHost: endpoints.authority,
    // Microsoft's directory of authorities has no private ones.
    disableInstanceDiscovery: endpoints.isPrivate,
    ...(endpoints.ca !== undefined && { tlsOptions: { ca: endpoints.ca } }),
  };
  switch (choice.type) {
    case 'clientSecret':
      return new ClientSecretCredential(choice.tenantId, choice.clientId, choice.clientSecret, options);
    case 'workloadIdentity': {
      const { tenantId, clientId, tokenFile } = choice;
      return new WorkloadIdentityCredential({ ...options, tenantId, clientId, tokenFilePath: tokenFile });
    }
    case 'managedIdentity':
      // It comes from the machine, not from the authority.
      return new ManagedIdentityCredential({ clientId: choice.clientId });
  }
}
