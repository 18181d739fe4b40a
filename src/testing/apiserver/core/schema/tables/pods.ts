/** Pods, down to their containers. Notation: `../schema.ts`. */
export const podTypes = `
Pod
  apiVersion:string kind:string metadata:ObjectMeta spec:PodSpec status:PodStatus
PodSpec
  activeDeadlineSeconds:int affinity:Affinity automountServiceAccountToken:bool containers!:[Container](name)~name
  dnsConfig:PodDNSConfig dnsPolicy:string enableServiceLinks:bool
  ephemeralContainers:[EphemeralContainer](name)~name hostAliases:[HostAlias](ip)~ip hostIPC:bool hostNetwork:bool
  hostPID:bool hostUsers:bool hostname:string hostnameOverride:string
  imagePullSecrets:[LocalObjectReference](name)~name initContainers:[Container](name)~name nodeName:string
  nodeSelector:{string}@ os:PodOS overhead:{quantity} preemptionPolicy:string priority:int priorityClassName:string
  readinessGates:[PodReadinessGate] resourceClaims:[PodResourceClaim](name)~name& resources:ResourceRequirements
  restartPolicy:string runtimeClassName:string schedulerName:string schedulingGates:[PodSchedulingGate](name)~name
  schedulingGroup:PodSchedulingGroup securityContext:PodSecurityContext serviceAccount:string
  serviceAccountName:string setHostnameAsFQDN:bool shareProcessNamespace:bool subdomain:string
  terminationGracePeriodSeconds:int tolerations:[Toleration]
  topologySpreadConstraints:[TopologySpreadConstraint](topologyKey,whenUnsatisfiable)~topologyKey
  volumes:[Volume](name)~name&
Affinity
  nodeAffinity:NodeAffinity podAffinity:PodAffinity podAntiAffinity:PodAntiAffinity
NodeAffinity
  preferredDuringSchedulingIgnoredDuringExecution:[PreferredSchedulingTerm]
  requiredDuringSchedulingIgnoredDuringExecution:NodeSelector
PreferredSchedulingTerm
  preference!:NodeSelectorTerm weight!:int
NodeSelectorTerm@
  matchExpressions:[NodeSelectorRequirement] matchFields:[NodeSelectorRequirement]
NodeSelectorRequirement
  key!:string operator!:string values:[string]
NodeSelector@
  nodeSelectorTerms!:[NodeSelectorTerm]
PodAffinity
  preferredDuringSchedulingIgnoredDuringExecution:[WeightedPodAffinityTerm]
  requiredDuringSchedulingIgnoredDuringExecution:[PodAffinityTerm]
WeightedPodAffinityTerm
  podAffinityTerm!:PodAffinityTerm weight!:int
PodAffinityTerm
  labelSelector:LabelSelector matchLabelKeys:[string] mismatchLabelKeys:[string] namespaceSelector:LabelSelector
  namespaces:[string] topologyKey!:string
PodAntiAffinity
  preferredDuringSchedulingIgnoredDuringExecution:[WeightedPodAffinityTerm]
  requiredDuringSchedulingIgnoredDuringExecution:[PodAffinityTerm]
PodDNSConfig
  nameservers:[string] options:[PodDNSConfigOption] searches:[string]
PodDNSConfigOption
  name:string value:string
HostAlias
  hostnames:[string] ip!:string
PodOS
  name!:string
PodReadinessGate
  conditionType!:string
PodResourceClaim
  name!:string resourceClaimName:string resourceClaimTemplateName:string
PodSchedulingGate
  name!:string
PodSchedulingGroup
  podGroupName:string
PodSecurityContext
  appArmorProfile:AppArmorProfile fsGroup:int fsGroupChangePolicy:string runAsGroup:int runAsNonRoot:bool
  runAsUser:int seLinuxChangePolicy:string seLinuxOptions:SELinuxOptions seccompProfile:SeccompProfile
  supplementalGroups:[int] supplementalGroupsPolicy:string sysctls:[Sysctl]
  windowsOptions:WindowsSecurityContextOptions
Sysctl
  name!:string value!:string
Toleration
  effect:string key:string operator:string tolerationSeconds:int value:string
TopologySpreadConstraint
  labelSelector:LabelSelector matchLabelKeys:[string] maxSkew!:int minDomains:int nodeAffinityPolicy:string
  nodeTaintsPolicy:string topologyKey!:string whenUnsatisfiable!:string
`;
