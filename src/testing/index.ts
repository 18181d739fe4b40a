/**
 * vk-sdk/testing: what tests of a provider stand on.
 *
 * @packageDocumentation
 */
export type { TestCluster } from './cluster.js';
