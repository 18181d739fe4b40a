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
export { ControlPlane, type ControlPlaneOptions } from './control-plane.js';
export type { RequestCount } from './control-plane/request-counts.js';
export { CertificateAuthority } from '../kube/pki/certificates.js';
export { parseSigningRequest, type SigningRequest } from '../kube/pki/signing-request.js';
export type { MetricsApiOptions } from './apiserver/metrics/metrics-api.js';
export type { NodeLifecycleOptions } from './apiserver/controllers/node-lifecycle.js';
export type { PodGcOptions } from './apiserver/controllers/pod-gc.js';
export type { ControllerOptions } from './apiserver/controllers/controller-set.js';
export type { Access, Authorize } from './apiserver/http/access.js';
export type { RequestFilter, RequestLog, RequestRecord, Verb } from './apiserver/http/request-log.js';
export type { User } from './apiserver/http/users.js';
