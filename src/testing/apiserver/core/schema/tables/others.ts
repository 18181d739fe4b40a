/** The kinds apart from pods and nodes. Notation: `../schema.ts`. */
export const otherTypes = `
Namespace
  apiVersion:string kind:string metadata:ObjectMeta spec:NamespaceSpec status:NamespaceStatus
NamespaceSpec
  finalizers:[string]
NamespaceStatus
  conditions:[NamespaceCondition](type)~type phase:string
NamespaceCondition
  lastTransitionTime:time message:string reason:string status!:string type!:string
PersistentVolume
  apiVersion:string kind:string metadata:ObjectMeta spec:any status:PersistentVolumeStatus
PersistentVolumeStatus
  lastPhaseTransitionTime:time message:string phase:string reason:string
Event
  action:string apiVersion:string count:int eventTime:microTime firstTimestamp:time involvedObject!:ObjectReference
  kind:string lastTimestamp:time message:string metadata!:ObjectMeta reason:string related:ObjectReference
  reportingComponent:string reportingInstance:string series:EventSeries source:EventSource type:string
EventSeries
  count:int lastObservedTime:microTime
EventSource
  component:string host:string
ConfigMap
  apiVersion:string binaryData:{bytes} data:{string} immutable:bool kind:string metadata:ObjectMeta
Secret
  apiVersion:string data:{bytes} immutable:bool kind:string metadata:ObjectMeta stringData:{string} type:string
Service
  apiVersion:string kind:string metadata:ObjectMeta spec:ServiceSpec status:ServiceStatus
ServiceSpec
  allocateLoadBalancerNodePorts:bool clusterIP:string clusterIPs:[string] externalIPs:[string] externalName:string
  externalTrafficPolicy:string healthCheckNodePort:int internalTrafficPolicy:string ipFamilies:[string]
  ipFamilyPolicy:string loadBalancerClass:string loadBalancerIP:string loadBalancerSourceRanges:[string]
  ports:[ServicePort](port,protocol=TCP)~port publishNotReadyAddresses:bool selector:{string}@
  sessionAffinity:string sessionAffinityConfig:SessionAffinityConfig trafficDistribution:string type:string
ServicePort
  appProtocol:string name:string nodePort:int port!:int protocol:string targetPort:intOrString
SessionAffinityConfig
  clientIP:ClientIPConfig
ClientIPConfig
  timeoutSeconds:int
ServiceStatus
  conditions:[Condition](type)~type loadBalancer:LoadBalancerStatus
LoadBalancerStatus
  ingress:[LoadBalancerIngress]
LoadBalancerIngress
  hostname:string ip:string ipMode:string ports:[PortStatus]
PortStatus
  error:string port!:int protocol!:string
Endpoints
  apiVersion:string kind:string metadata:ObjectMeta subsets:[EndpointSubset]
EndpointSubset
  addresses:[EndpointAddress] notReadyAddresses:[EndpointAddress] ports:[EndpointPort]
EndpointAddress@
  hostname:string ip!:string nodeName:string targetRef:ObjectReference
EndpointPort@
  appProtocol:string name:string port!:int protocol:string
ServiceAccount
  apiVersion:string automountServiceAccountToken:bool imagePullSecrets:[LocalObjectReference] kind:string
  metadata:ObjectMeta secrets:[ObjectReference](name)~name
PersistentVolumeClaim
  apiVersion:string kind:string metadata:ObjectMeta spec:PersistentVolumeClaimSpec
  status:PersistentVolumeClaimStatus
PersistentVolumeClaimStatus
  accessModes:[string] allocatedResourceStatuses:{string} allocatedResources:{quantity} capacity:{quantity}
  conditions:[PersistentVolumeClaimCondition](type)~type currentVolumeAttributesClassName:string
  modifyVolumeStatus:ModifyVolumeStatus phase:string
PersistentVolumeClaimCondition
  lastProbeTime:time lastTransitionTime:time message:string reason:string status!:string type!:string
ModifyVolumeStatus
  status!:string targetVolumeAttributesClassName:string
LimitRange
  apiVersion:string kind:string metadata:ObjectMeta spec:LimitRangeSpec
LimitRangeSpec
  limits!:[LimitRangeItem]
LimitRangeItem
  default:{quantity} defaultRequest:{quantity} max:{quantity} maxLimitRequestRatio:{quantity} min:{quantity}
  type!:string
ResourceQuota
  apiVersion:string kind:string metadata:ObjectMeta spec:ResourceQuotaSpec status:ResourceQuotaStatus
ResourceQuotaSpec
  hard:{quantity} scopeSelector:ScopeSelector scopes:[string]
ScopeSelector@
  matchExpressions:[ScopedResourceSelectorRequirement]
ScopedResourceSelectorRequirement
  operator!:string scopeName!:string values:[string]
ResourceQuotaStatus
  hard:{quantity} used:{quantity}
Lease
  apiVersion:string kind:string metadata:ObjectMeta spec:LeaseSpec
LeaseSpec
  acquireTime:microTime holderIdentity:string leaseDurationSeconds:int leaseTransitions:int preferredHolder:string
  renewTime:microTime strategy:string
EventsEvent
  action:string apiVersion:string deprecatedCount:int deprecatedFirstTimestamp:time deprecatedLastTimestamp:time
  deprecatedSource:EventSource eventTime!:microTime kind:string metadata:ObjectMeta note:string reason:string
  regarding:ObjectReference related:ObjectReference reportingController:string reportingInstance:string
  series:EventsEventSeries type:string
EventsEventSeries
  count!:int lastObservedTime!:microTime
EndpointSlice
  addressType!:string apiVersion:string endpoints:[Endpoint] kind:string metadata:ObjectMeta
  ports:[DiscoveryEndpointPort]
Endpoint
  addresses!:[string]() conditions:EndpointConditions deprecatedTopology:{string} hints:EndpointHints
  hostname:string nodeName:string targetRef:ObjectReference zone:string
EndpointConditions
  ready:bool serving:bool terminating:bool
EndpointHints
  forNodes:[ForNode] forZones:[ForZone]
ForNode
  name!:string
ForZone
  name!:string
DiscoveryEndpointPort@
  appProtocol:string name:string port:int protocol:string
PodDisruptionBudget
  apiVersion:string kind:string metadata:ObjectMeta spec:PodDisruptionBudgetSpec status:PodDisruptionBudgetStatus
PodDisruptionBudgetSpec
  maxUnavailable:intOrString minAvailable:intOrString selector:LabelSelector~replace
  unhealthyPodEvictionPolicy:string
PodDisruptionBudgetStatus
  conditions:[Condition](type)~type currentHealthy:int desiredHealthy:int disruptedPods:{time}
  disruptionsAllowed:int expectedPods:int observedGeneration:int
CertificateSigningRequest
  apiVersion:string kind:string metadata:ObjectMeta spec!:CertificateSigningRequestSpec
  status:CertificateSigningRequestStatus
CertificateSigningRequestSpec
  expirationSeconds:int extra:{[string]} groups:[string] request!:bytes signerName!:string uid:string
  usages:[string] username:string
CertificateSigningRequestStatus
  certificate:bytes conditions:[CertificateSigningRequestCondition](type)
CertificateSigningRequestCondition
  lastTransitionTime:time lastUpdateTime:time message:string reason:string status!:string type!:string
PriorityClass
  apiVersion:string description:string globalDefault:bool kind:string metadata:ObjectMeta preemptionPolicy:string
  value:int
RuntimeClass
  apiVersion:string handler!:string kind:string metadata:ObjectMeta overhead:Overhead scheduling:Scheduling
Overhead
  podFixed:{quantity}
Scheduling
  nodeSelector:{string}@ tolerations:[Toleration]
CSINode
  apiVersion:string kind:string metadata:ObjectMeta spec!:CSINodeSpec
CSINodeSpec
  drivers!:[CSINodeDriver](name)~name
CSINodeDriver
  allocatable:VolumeNodeResources name!:string nodeID!:string topologyKeys:[string]
VolumeNodeResources
  count:int
StorageClass
  allowVolumeExpansion:bool allowedTopologies:[TopologySelectorTerm] apiVersion:string kind:string
  metadata:ObjectMeta mountOptions:[string] parameters:{string} provisioner!:string reclaimPolicy:string
  volumeBindingMode:string
TopologySelectorTerm@
  matchLabelExpressions:[TopologySelectorLabelRequirement]
TopologySelectorLabelRequirement
  key!:string values!:[string]
VolumeAttachment
  apiVersion:string kind:string metadata:ObjectMeta spec!:VolumeAttachmentSpec status:VolumeAttachmentStatus
VolumeAttachmentSpec
  attacher!:string nodeName!:string source!:VolumeAttachmentSource
VolumeAttachmentSource
  inlineVolumeSpec:any persistentVolumeName:string
VolumeAttachmentStatus
  attachError:VolumeError attached!:bool attachmentMetadata:{string} detachError:VolumeError
VolumeError
  errorCode:int message:string time:time
`;
