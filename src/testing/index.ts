/**
 * vk-sdk/testing: what tests of a provider stand on.
 *
 * @packageDocumentation
 */
export type { TestCluster } from './cluster.js';
export { FakeApiServer, type FakeApiServerOptions } from './fake-api-server.js';
export {
  FaultScript,
  type Fault,
  type FaultRule,
  type FaultSubject,
  type FaultTarget,
  type PlayedFault,
  type RequestFault,
  type WatchFault,
} from './faults.js';
export { ManualClock, type ManualClockOptions, type RunUntilOptions } from './manual-clock.js';
