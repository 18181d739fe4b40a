import { describe, expect, it } from 'vitest';
import type { ClusterTrustBundle } from '../../../src/kube/types.js';
import { matchesLabels } from '../../../src/provider/label-selector.js';
import { selectTrustBundles } from '../../../src/provider/volumes/trust-bundles.js';

const block = (text: string): string => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----`;
const bundle = (
  name: string,
  signerName: string,
  labels: Record<string, string>,
  ...texts: string[]
): ClusterTrustBundle => ({
  metadata: { name, labels },
  spec: { ...(signerName && { signerName }), trustBundle: `about it\n${texts.map(block).join('\nmore\n')}\n` },
});
const bundles = [
  bundle('plain', '', {}, 'A'),
  bundle('example.com:signer:live', 'example.com/signer', { env: 'live' }, 'C', 'B'),
  bundle('example.com:signer:next', 'example.com/signer', { env: 'next' }, 'B', 'D'),
  bundle('other.com:signer:live', 'other.com/signer', { env: 'live' }, 'E'),
];

describe('selectTrustBundles (KEP-3257)', () => {
  it('takes the one that is named, its certificates alone', () => {
    const request = { name: 'plain', signerName: undefined, labelSelector: undefined };
    expect(selectTrustBundles(bundles, request)).toEqual({ state: 'found', object: `${block('A')}\n` });
  });

  it('joins those of a signer, each certificate once and in a stable order', () => {
    const request = { name: undefined, signerName: 'example.com/signer', labelSelector: {} };
    const joined = ['B', 'C', 'D'].map((text) => `${block(text)}\n`).join('');
    expect(selectTrustBundles(bundles, request)).toEqual({ state: 'found', object: joined });
    expect(selectTrustBundles([...bundles].reverse(), request)).toEqual({ state: 'found', object: joined });
  });

  it.each([
    [{ name: 'none', signerName: undefined, labelSelector: undefined }],
    [{ name: undefined, signerName: 'none', labelSelector: {} }],
    [{ name: undefined, signerName: 'example.com/signer', labelSelector: { matchLabels: { env: 'gone' } } }],
    [{ name: undefined, signerName: 'example.com/signer', labelSelector: undefined }],
  ])('is missing for %j', (request) => {
    expect(selectTrustBundles(bundles, request)).toEqual({ state: 'missing' });
  });
});

describe('matchesLabels (API: LabelSelector)', () => {
  const labels = { env: 'live', tier: 'front' };

  it.each([
    [{}, true],
    [{ matchLabels: { env: 'live' } }, true],
    [{ matchLabels: { env: 'live', tier: 'back' } }, false],
    [{ matchLabels: { constructor: 'x' } }, false],
    [{ matchExpressions: [{ key: 'env', operator: 'In', values: ['live', 'next'] }] }, true],
    [{ matchExpressions: [{ key: 'env', operator: 'NotIn', values: ['live'] }] }, false],
    [{ matchExpressions: [{ key: 'none', operator: 'NotIn', values: ['live'] }] }, true],
    [{ matchExpressions: [{ key: 'tier', operator: 'Exists' }] }, true],
    [{ matchExpressions: [{ key: 'toString', operator: 'Exists' }] }, false],
    [{ matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] }, false],
    [{ matchExpressions: [{ key: 'tier', operator: 'Near', values: ['front'] }] }, false],
  ])('%j: %s', (selector, expected) => {
    expect(matchesLabels(selector, labels)).toBe(expected);
  });
});
