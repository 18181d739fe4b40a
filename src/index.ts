/**
 * vk-sdk: any backend as a Kubernetes node.
 *
 * @packageDocumentation
 */

// For provider authors: what a backend implements, what helps it, and the node that it becomes.
export { connect } from './kube/connect.js';
export type { ClusterTarget, ConnectOptions } from './kube/connect.js';
export { VirtualNode } from './node/virtual-node.js';
export type { VirtualNodeEvents, VirtualNodePhase, VirtualNodeStatus } from './node/virtual-node.js';
export type { VirtualNodeOptions } from './node/virtual-node-options.js';
export type { KubeletStatus, VirtualNodeKubeletOptions } from './node/kubelet.js';
export { certificateFromFiles } from './stream/server/serving-certificate.js';
export type { ServingCertificateSource } from './stream/server/serving-certificate.js';
export { requestedCertificate } from './stream/server/requested-certificate.js';
export type { RequestedCertificateOptions } from './stream/server/requested-certificate.js';
export { authoritiesFromFile } from './stream/auth/client-authorities.js';
export type { ClientAuthorities } from './stream/auth/client-authorities.js';
export type { CertificateAndKey } from './kube/pki/certificates.js';
export { defaultNode } from './controller/node/default-node.js';
export type { DefaultNodeOptions } from './controller/node/default-node.js';
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
export { PodsTracker } from './provider/tracker/pods-tracker.js';
export type { PodsTrackerOptions, PodsTrackerStatus } from './provider/tracker/pods-tracker-options.js';
export type {
  ActivePod,
  BackendEvent,
  FetchContext,
  PodsTrackerHandler,
} from './provider/tracker/pods-tracker-handler.js';
export type { CleanupRules } from './provider/tracker/cleanup-rules.js';
export type { Pace } from './provider/tracker/pace.js';
export type { NodePods, NotifierContext, TrackedPod } from './provider/tracker/node-pods.js';
export { buildPodStatus } from './provider/pod-status.js';
export type { PodStatusOptions } from './provider/pod-status.js';
export { running, terminated, waiting } from './provider/container-state.js';
export type { TerminatedDetails, Time } from './provider/container-state.js';
export { isSidecar } from './provider/container-status.js';
export type { ContainerReport, ContainerReports } from './provider/container-status.js';
export { isTerminalPhase } from './provider/pod-phase.js';
export type { PodPhase } from './provider/pod-phase.js';
export { computeQosClass } from './provider/qos.js';
export type { QosClass } from './provider/qos.js';
export { Quantity } from './provider/quantity.js';
export type { QuantityFormat } from './provider/quantity.js';
export { timestamp } from './provider/timestamp.js';
export { cloneJson, clonePod } from './provider/clone-pod.js';
export type {
  KnownAddresses,
  PodContext,
  PodInputs,
  PodInputsReceiver,
  VolumesOptions,
} from './provider/inputs/pod-inputs.js';
export { MissingInputsError } from './provider/inputs/missing-inputs.js';
export { resolveEnvironment } from './provider/environment/resolve-environment.js';
export type { PodEnvironment } from './provider/environment/resolve-environment.js';
export type { EnvironmentProblem, EnvironmentReason } from './provider/environment/environment-problem.js';
export type { EnvironmentSources } from './provider/environment/sources.js';
export type { EnvironmentVariable, VariableOrigin } from './provider/environment/variable.js';
export { podWithEnvironment } from './provider/environment/pod-with-environment.js';
export { expandReferences } from './provider/environment/expand.js';
export type { Allocatable } from './provider/environment/resource-field.js';
export { resolveVolumes } from './provider/volumes/resolve-volumes.js';
export type { VolumeContent, VolumeOwner } from './provider/volumes/volume-content.js';
export type { VolumeFile, VolumeFiles } from './provider/volumes/volume-files.js';
export type {
  CertificateRequest,
  TokenRequest,
  TrustBundleRequest,
  VolumeSources,
} from './provider/volumes/volume-sources.js';
export type { PodCertificate } from './kube/pod-certificates.js';
export { AtomicWriter } from './provider/volumes/atomic-writer.js';
export { filesBelow, leavesVolume, resolveSubPath } from './provider/volumes/sub-path.js';
export type { VolumeMount } from './provider/volumes/sub-path.js';
export { formatImageReference, parseImageReference } from './provider/images/image-reference.js';
export type { ImageReference } from './provider/images/image-reference.js';
export { imagePullPolicy, mustPullImage } from './provider/images/pull-policy.js';
export type { ImagePullPolicy } from './provider/images/pull-policy.js';
export { RegistryCredentials } from './provider/images/registry-credentials.js';
export type { RegistryCredential, RegistryEntry } from './provider/images/registry-credentials.js';
export { registryEntriesOf } from './provider/images/docker-config.js';
export { CredentialPlugins } from './provider/images/credential-plugins.js';
export type { CredentialPluginsOptions } from './provider/images/credential-plugins.js';
export { parseCredentialPluginConfig } from './provider/images/credential-plugin-config.js';
export type { CredentialPlugin } from './provider/images/credential-plugin-config.js';
export type { TokenAttributes } from './provider/images/token-attributes.js';
export { annotationStore } from './provider/cloud/annotation-store.js';
export { backendName } from './provider/cloud/backend-name.js';
export type { BackendNameOptions } from './provider/cloud/backend-name.js';
export { createIdempotently } from './provider/cloud/create-idempotently.js';
export type { CreateIdempotentlyOptions } from './provider/cloud/create-idempotently.js';
export { awaitOperation } from './provider/cloud/operation.js';
export type { OperationOptions, OperationPoll, OperationState } from './provider/cloud/operation.js';
export { runOperation } from './provider/cloud/run-operation.js';
export type { BegunOperation, OperationStore, RunOperationOptions } from './provider/cloud/run-operation.js';
export { Throttle } from './provider/cloud/throttle.js';
export type { ThrottleOptions } from './provider/cloud/throttle.js';
export { throttlingOf } from './provider/cloud/throttling-of.js';
export type { Throttling } from './provider/cloud/throttling-of.js';
export { deepFreeze } from './provider/deep-freeze.js';
export { VkError, hasCode } from './runtime/errors.js';
export type { ErrorCode, VkErrorOptions } from './runtime/errors.js';
export type { Logger } from './runtime/logger.js';
export { objectKey } from './kube/types.js';
export type {
  ClusterTrustBundle,
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
  ServiceAccount,
  Status,
  Taint,
  Toleration,
  Wire,
} from './kube/types.js';

// The same, for what is in a pod: logs, exec, attach, port-forward, figures.
export { pipeToChildProcess } from './stream/bridges/child-process.js';
export type { ChildProcessOptions } from './stream/bridges/child-process.js';
export type { EndProcessOptions } from './stream/bridges/end-process.js';
export { pipeToTerminal } from './stream/bridges/terminal.js';
export type { TerminalOptions, TerminalProcess } from './stream/bridges/terminal.js';
export { TerminalSizes } from './stream/bridges/terminal-sizes.js';
export { pipeToSocket } from './stream/bridges/socket.js';
export type { SocketOptions, SocketTraffic } from './stream/bridges/socket.js';
export type { SocketAddress, SocketTarget } from './stream/bridges/dial.js';
export { pipeToWebSocket } from './stream/bridges/websocket.js';
export type { WebSocketOptions } from './stream/bridges/websocket.js';
export type { WebSocketEventLike, WebSocketLike } from './stream/bridges/websocket-like.js';
export type {
  WebSocketEnd,
  WebSocketMapping,
  WebSocketMessage,
  WebSocketOutput,
} from './stream/bridges/websocket-mapping.js';
export { rawMapping } from './stream/bridges/raw-mapping.js';
export type { RawMappingOptions } from './stream/bridges/raw-mapping.js';
export { channelMapping } from './stream/bridges/channel-mapping.js';
export type { ChannelProtocol } from './stream/bridges/channel-mapping.js';
export { duplexPair } from './stream/bridges/duplex-pair.js';
export type { DuplexPairOptions } from './stream/bridges/duplex-pair.js';
export { MemorySession } from './stream/bridges/memory-session.js';
export type { MemorySessionOptions, RunResult } from './stream/bridges/memory-session.js';
export { logStream } from './stream/logs/log-stream.js';
export type { LogStreamOptions } from './stream/logs/log-stream.js';
export { caughtUp } from './stream/logs/log-line.js';
export type { LogItem, LogLine, LogLines, LogStreamName } from './stream/logs/log-line.js';
export { textLines } from './stream/logs/text-lines.js';
export type { TextLinesOptions } from './stream/logs/text-lines.js';
export { followByRereading } from './stream/logs/follow-by-rereading.js';
export type { LogReading, RereadOptions } from './stream/logs/follow-by-rereading.js';
export { CriLogReader, readCriLogs } from './stream/logs/cri-log-reader.js';
export type { CriLogReaderOptions, CriReadOptions } from './stream/logs/cri-log-reader.js';
export { CriLogWriter } from './stream/logs/cri-log-writer.js';
export type { CriLogWriterOptions } from './stream/logs/cri-log-writer.js';
export { StatsBuilder } from './stream/stats/stats-builder.js';
export type { ContainerUsage, PodUsage, ResourceUsage, StatsBuilderOptions } from './stream/stats/stats-builder.js';
export type {
  AcceleratorStats,
  ContainerStats,
  CpuStats,
  FsStats,
  InterfaceStats,
  IoStats,
  MemoryStats,
  NetworkStats,
  NodeStats,
  PodReference,
  PodStats,
  ProcessStats,
  PsiData,
  PsiStats,
  RlimitStats,
  RuntimeStats,
  SwapStats,
  UserDefinedMetric,
  VolumeStats,
} from './provider/stats.js';

// For people who compose the parts.
export { KubeletServer } from './stream/server/kubelet-server.js';
export type { KubeletServerAddress } from './stream/server/kubelet-server.js';
export type { KubeletServerLimits, KubeletServerOptions } from './stream/server/kubelet-server-options.js';
export type { KubeletBackend, PodLookup, StreamingProvider } from './stream/backend.js';
export type { StreamingOptions } from './stream/streaming-options.js';
export type { SpdyLimits } from './stream/spdy/limits.js';
export { certificateFrom, selfMadeCertificate } from './stream/server/serving-certificate.js';
export type { ServingCertificateContext } from './stream/server/serving-certificate.js';
export { authoritiesFromCluster } from './stream/auth/client-authorities.js';
export type { ClientAuthoritiesContext } from './stream/auth/client-authorities.js';
export { AccessReviews } from './stream/auth/access-reviews.js';
export type { AccessReviewsOptions } from './stream/auth/access-reviews.js';
export { TokenReviews } from './stream/auth/token-reviews.js';
export type { TokenReviewsOptions } from './stream/auth/token-reviews.js';
export { DelegatedAuthenticator } from './stream/auth/delegated-authenticator.js';
export type { ReviewOptions } from './stream/auth/review-options.js';
export type { Authenticator, CertificateSubject, PresentedCredentials } from './stream/auth/authenticator.js';
export type { Authorizer, NodeAttributes } from './stream/auth/authorizer.js';
export type { UserInfo } from './stream/auth/user.js';
export { metricsOfRegistry } from './runtime/metrics/metric-family.js';
export type {
  MetricFamily,
  MetricLabels,
  MetricsSource,
  MetricsSources,
  MetricValue,
} from './runtime/metrics/metric-family.js';
export { PodController, nodeNameIndex } from './controller/pods/pod-controller.js';
export type { PodControllerStatus } from './controller/pods/pod-controller.js';
export type { PodControllerOptions, PodObserver, PodQueueMetrics } from './controller/pods/pod-controller-options.js';
export { NodeController } from './controller/node/node-controller.js';
export type { NodeControllerOptions, NodeControllerStatus, NodePhase } from './controller/node/node-controller.js';
export type { LeaseState, LeaseStatus } from './controller/node/lease-keeper.js';
export { PodInputSource } from './controller/inputs/pod-input-source.js';
export type { PodInputSourceOptions } from './controller/inputs/pod-input-source.js';
export { StatusPoller } from './provider/tracker/status-poller.js';
export type { PodStatusSource, PolledPods, StatusPollerParts } from './provider/tracker/status-poller.js';
export type { StatusPollerOptions } from './provider/tracker/status-poller-options.js';
export { EventRecorder } from './controller/events/event-recorder.js';
export type { EventRecorderOptions } from './controller/events/event-recorder.js';
export { noEvents } from './controller/events/event-sink.js';
export type { EventSink, EventType } from './controller/events/event-sink.js';
export { WorkQueue } from './controller/queue/work-queue.js';
export type { WorkHandler, WorkQueueOptions } from './controller/queue/work-queue.js';
export type { WorkQueueMetrics } from './controller/queue/work-queue-metrics.js';
export { Reflector } from './kube/reflector/reflector.js';
export type { ReflectorOptions } from './kube/reflector/options.js';
export type { ReflectorStatus } from './kube/reflector/reflector-status.js';
export type { IndexFunction } from './kube/reflector/indexed-store.js';
export { ReferencedObjects } from './kube/referenced-objects.js';
export type { Reference, ReferencedObjectsOptions } from './kube/referenced-objects.js';
export { PodCertificates } from './kube/pod-certificates.js';
export type { PodCertificatesOptions, PodCertificateSpec } from './kube/pod-certificates.js';
export { podCertificateRequests } from './kube/pod-certificate-request.js';
export type { PodCertificateRequest } from './kube/pod-certificate-request.js';
export { ServiceAccountTokens } from './kube/service-account-tokens.js';
export type { ServiceAccountTokensOptions, TokenReference, TokenSpec } from './kube/service-account-tokens.js';
export type { Sourced } from './kube/sourced.js';
export type { ObjectHandler, ObjectSource, ReadonlyStore } from './kube/object-source.js';
export { KubeClient } from './kube/client.js';
export type { KubeClientOptions } from './kube/client-options.js';
export type { RateLimit } from './kube/http/rate-limiter.js';
export { ApiError } from './kube/api-error.js';
export type { ApiAnswer } from './kube/api-error.js';
export { loadInCluster } from './kube/config/in-cluster.js';
export type { InClusterOptions } from './kube/config/in-cluster.js';
export { loadKubeconfig } from './kube/config/load-kubeconfig.js';
export type { KubeconfigLocation, LoadOptions } from './kube/config/load-kubeconfig.js';
export type { Environment } from './kube/config/proxy.js';
export type { Source } from './kube/config/source.js';
export { staticConnection } from './kube/connection.js';
export type { ClusterConnection, Credentials, Impersonation, StaticConnectionOptions } from './kube/connection.js';
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
export {
  clusterTrustBundles,
  configMaps,
  events,
  leases,
  namespaces,
  nodes,
  pods,
  resourcePath,
  secrets,
  serviceAccounts,
  services,
} from './kube/resources.js';
export type { Resource } from './kube/resources.js';
export { codeOfHttpStatus } from './runtime/errors.js';
export { sleepOn, systemClock } from './runtime/clock.js';
export type { Clock, Random, Timer } from './runtime/clock.js';
export { silentLogger } from './runtime/logger.js';
