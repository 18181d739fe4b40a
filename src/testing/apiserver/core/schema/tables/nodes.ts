/** Nodes. Notation: `../schema.ts`. */
export const nodeTypes = `
Node
  apiVersion:string kind:string metadata:ObjectMeta spec:NodeSpec status:NodeStatus
NodeSpec
  configSource:any externalID:string podCIDR:string podCIDRs:[string]()~ providerID:string taints:[Taint]
  unschedulable:bool
Taint
  effect!:string key!:string timeAdded:time value:string
NodeStatus
  addresses:[NodeAddress](type)~type allocatable:{quantity} capacity:{quantity}
  conditions:[NodeCondition](type)~type config:any daemonEndpoints:NodeDaemonEndpoints declaredFeatures:[string]
  features:NodeFeatures images:[ContainerImage] nodeInfo:NodeSystemInfo phase:string
  runtimeHandlers:[NodeRuntimeHandler] volumesAttached:[AttachedVolume] volumesInUse:[string]
NodeAddress
  address!:string type!:string
NodeCondition
  lastHeartbeatTime:time lastTransitionTime:time message:string reason:string status!:string type!:string
NodeDaemonEndpoints
  kubeletEndpoint:DaemonEndpoint
DaemonEndpoint
  Port!:int
NodeFeatures
  supplementalGroupsPolicy:bool
ContainerImage
  names:[string] sizeBytes:int
NodeSystemInfo
  architecture!:string bootID!:string containerRuntimeVersion!:string kernelVersion!:string kubeProxyVersion!:string
  kubeletVersion!:string machineID!:string operatingSystem!:string osImage!:string swap:NodeSwapStatus
  systemUUID!:string
NodeSwapStatus
  capacity:int
NodeRuntimeHandler
  features:NodeRuntimeHandlerFeatures name:string
NodeRuntimeHandlerFeatures
  recursiveReadOnlyMounts:bool userNamespaces:bool
AttachedVolume
  devicePath!:string name!:string
`;
