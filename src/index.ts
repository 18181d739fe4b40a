/**
 * vk-sdk: any backend as a Kubernetes node.
 *
 * @packageDocumentation
 */

// For provider authors: what a backend implements, and what helps it.
export { VkError, hasCode } from './runtime/errors.js';
export type { ErrorCode, VkErrorOptions } from './runtime/errors.js';
export type { Logger } from './runtime/logger.js';
export { podRef } from './provider/provider.js';
export type {
  AttachIO,
  CallContext,
  ContainerAttach,
  ContainerExec,
  ContainerLogOptions,
  ContainerLogs,
  ContainerRef,
  DeleteContext,
  NodeConfigurer,
  NodeHealth,
  PodLifecycleHandler,
  PodNotifier,
  PodRef,
  PodStatusLister,
  PortForwarder,
  Provider,
  StatsProvider,
  StatsSummary,
  TerminalSize,
} from './provider/provider.js';
export { objectKey } from './kube/types.js';
export type {
  ConfigMap,
  Container,
  ContainerState,
  ContainerStatus,
  KubeEvent,
  KubeList,
  KubeObject,
  Lease,
  Namespace,
  Node,
  NodeCondition,
  NodeStatus,
  ObjectMeta,
  OwnerReference,
  Pod,
  PodCondition,
  PodSpec,
  PodStatus,
  Secret,
  Service,
  Status,
  Taint,
  Toleration,
  Wire,
} from './kube/types.js';

// For people who compose the parts.
export { codeOfHttpStatus } from './runtime/errors.js';
export { sleepOn, systemClock } from './runtime/clock.js';
export type { Clock, Random, Timer } from './runtime/clock.js';
export { silentLogger } from './runtime/logger.js';
export {
  configMaps,
  events,
  leases,
  namespaces,
  nodes,
  pods,
  resourcePath,
  secrets,
  services,
} from './kube/resources.js';
export type { Resource } from './kube/resources.js';
export type {
  CallOptions,
  DeleteOptions,
  KubeApi,
  ListOptions,
  ObjectName,
  PatchOptions,
  PatchType,
  RawRequest,
  RawResponse,
  WriteOptions,
} from './kube/api.js';
export type { ObjectHandler, ObjectSource, ReadonlyStore } from './kube/object-source.js';
export { noEvents } from './controller/event-sink.js';
export type { EventSink, EventType } from './controller/event-sink.js';
