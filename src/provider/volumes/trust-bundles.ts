/** Which certificates a `clusterTrustBundle` projection holds (KEP-3257). Pure. */
import type { Sourced } from '../../kube/sourced.js';
import type { ClusterTrustBundle } from '../../kube/types.js';
import { matchesLabels } from '../label-selector.js';
import type { TrustBundleRequest } from './volume-sources.js';

/** The certificates of the one bundle that is named, or of all of a signer that the labels select: each once, sorted. */
export function selectTrustBundles(
  bundles: Iterable<ClusterTrustBundle>,
  { name, signerName, labelSelector }: TrustBundleRequest,
): Sourced<string> {
  const selected = [...bundles].filter(({ metadata, spec }) =>
    name === undefined
      ? spec.signerName === signerName &&
        labelSelector !== undefined &&
        matchesLabels(labelSelector, metadata.labels ?? {})
      : metadata.name === name,
  );
  if (selected.length === 0) return { state: 'missing' };
  const blocks = selected.flatMap(({ spec }) => spec.trustBundle.match(certificateBlock) ?? []);
  return {
    state: 'found',
    object: [...new Set(blocks)]
      .sort()
      .map((block) => `${block}\n`)
      .join(''),
  };
}

const certificateBlock = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;
