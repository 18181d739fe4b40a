/** The credential that the settings choose, as the Azure SDK takes it. */
import {
  ClientSecretCredential,
  CredentialUnavailableError,
  ManagedIdentityCredential,
  WorkloadIdentityCredential,
  type TokenCredential,
} from '@azure/identity';
import type { Clock } from 'vk-sdk';
import type { CredentialChoice } from '../config/account.js';
import type { CloudEndpoints } from '../config/clouds.js';

/** For all attempts at one token together, of which the SDK makes several. */
const longestWaitMs = 60_000;

/** Asks for no token yet; the credential then keeps the one it has until shortly before it ends. */
export function createCredential(choice: CredentialChoice, endpoints: CloudEndpoints, clock: Clock): TokenCredential {
  const credential = credentialOf(choice, endpoints);
  return { getToken: (scopes, options) => inTime(credential.getToken(scopes, options), clock) };
}

/** The SDK waits for ever, and everybody for the one who asked first. */
async function inTime<T>(token: Promise<T>, clock: Clock): Promise<T> {
  const late = new Promise<never>((_, reject) => {
    const error = new CredentialUnavailableError(`no answer within ${longestWaitMs / 1_000} s`);
    const timer = clock.setTimer(longestWaitMs, () => reject(error));
    const stop = (): void => timer.cancel();
    token.then(stop, stop);
  });
  return Promise.race([token, late]);
}

function credentialOf(choice: CredentialChoice, endpoints: CloudEndpoints): TokenCredential {
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
