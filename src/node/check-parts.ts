/**
 * What the compiler tells those who use one. Whoever does not would have a node that is never ready and never says why:
 * a call that cannot be made looks like a backend, or an apiserver, that is out of reach, and that may pass.
 */
import type { KubeApi } from '../kube/api.js';
import type { PodLifecycleHandler, Provider } from '../provider/provider.js';
import { VkError } from '../runtime/errors.js';

/** As an object, so that the compiler asks for each method that is added. */
const methods: Readonly<Record<keyof PodLifecycleHandler, true>> = {
  createPod: true,
  updatePod: true,
  deletePod: true,
  getPod: true,
  getPodStatus: true,
  getPods: true,
};

/** Throws `InvalidInput` for a provider that lacks a method, or a client that is none. */
export function checkParts(node: string, provider: Partial<Provider> | undefined, client: KubeApi | undefined): void {
  const lacking = (Object.keys(methods) as (keyof PodLifecycleHandler)[]).filter(
    (name) => typeof provider?.[name] !== 'function',
  );
  if (lacking.length > 0) {
    throw new VkError('InvalidInput', `node ${node}: its provider lacks ${lacking.join(', ')}`);
  }
  if (typeof client?.list !== 'function') {
    throw new VkError('InvalidInput', `node ${node}: its client is none; give it what connect() resolves with`);
  }
}
