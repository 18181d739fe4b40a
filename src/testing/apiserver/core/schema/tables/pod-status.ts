/** What is told of a pod. Notation: `../schema.ts`. */
export const podStatusTypes = `
PodStatus
  allocatedResources:{quantity} conditions:[PodCondition](type)~type containerStatuses:[ContainerStatus]
  ephemeralContainerStatuses:[ContainerStatus] extendedResourceClaimStatus:PodExtendedResourceClaimStatus
  hostIP:string hostIPs:[HostIP]~ip initContainerStatuses:[ContainerStatus] message:string
  nodeAllocatableResourceClaimStatuses:[NodeAllocatableResourceClaimStatus] nominatedNodeName:string
  observedGeneration:int phase:string podIP:string podIPs:[PodIP](ip)~ip qosClass:string reason:string resize:string
  resourceClaimStatuses:[PodResourceClaimStatus](name)~name& resources:ResourceRequirements startTime:time
PodCondition
  lastProbeTime:time lastTransitionTime:time message:string observedGeneration:int reason:string status!:string
  type!:string
ContainerStatus
  allocatedResources:{quantity} allocatedResourcesStatus:[ResourceStatus](name)~name containerID:string
  image!:string imageID!:string lastState:ContainerState name!:string ready!:bool resources:ResourceRequirements
  restartCount!:int started:bool state:ContainerState stopSignal:string user:ContainerUser
  volumeMounts:[VolumeMountStatus](mountPath)~mountPath
ResourceStatus
  name!:string resources:[ResourceHealth](resourceID)
ResourceHealth
  health:string message:string resourceID!:string
ContainerState
  running:ContainerStateRunning terminated:ContainerStateTerminated waiting:ContainerStateWaiting
ContainerStateRunning
  startedAt:time
ContainerStateTerminated
  containerID:string exitCode!:int finishedAt:time message:string reason:string signal:int startedAt:time
ContainerStateWaiting
  message:string reason:string
ContainerUser
  linux:LinuxContainerUser
LinuxContainerUser
  gid!:int supplementalGroups:[int] uid!:int
VolumeMountStatus
  mountPath!:string name!:string readOnly:bool recursiveReadOnly:string volumeStatus:VolumeStatus
VolumeStatus
  image:ImageVolumeStatus
ImageVolumeStatus
  imageRef!:string
PodExtendedResourceClaimStatus
  requestMappings!:[ContainerExtendedResourceRequest] resourceClaimName!:string
ContainerExtendedResourceRequest
  containerName!:string requestName!:string resourceName!:string
HostIP
  ip!:string
NodeAllocatableResourceClaimStatus
  containers:[string]() resourceClaimName!:string resources!:{quantity}
PodIP
  ip!:string
PodResourceClaimStatus
  name!:string resourceClaimName:string
`;
