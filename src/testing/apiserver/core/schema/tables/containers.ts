/** Containers of all sorts. Notation: `../schema.ts`. */
export const containerTypes = `
Container
  args:[string] command:[string] env:[EnvVar](name)~name envFrom:[EnvFromSource] image:string imagePullPolicy:string
  lifecycle:Lifecycle livenessProbe:Probe name!:string
  ports:[ContainerPort](containerPort,protocol=TCP)~containerPort readinessProbe:Probe
  resizePolicy:[ContainerResizePolicy] resources:ResourceRequirements restartPolicy:string
  restartPolicyRules:[ContainerRestartRule] securityContext:SecurityContext startupProbe:Probe stdin:bool
  stdinOnce:bool terminationMessagePath:string terminationMessagePolicy:string tty:bool
  volumeDevices:[VolumeDevice](devicePath)~devicePath volumeMounts:[VolumeMount](mountPath)~mountPath
  workingDir:string
EnvVar
  name!:string value:string valueFrom:EnvVarSource
EnvVarSource
  configMapKeyRef:ConfigMapKeySelector fieldRef:ObjectFieldSelector fileKeyRef:FileKeySelector
  resourceFieldRef:ResourceFieldSelector secretKeyRef:SecretKeySelector
ConfigMapKeySelector@
  key!:string name:string optional:bool
ObjectFieldSelector@
  apiVersion:string fieldPath!:string
FileKeySelector@
  key!:string optional:bool path!:string volumeName!:string
ResourceFieldSelector@
  containerName:string divisor:quantity resource!:string
SecretKeySelector@
  key!:string name:string optional:bool
EnvFromSource
  configMapRef:ConfigMapEnvSource prefix:string secretRef:SecretEnvSource
ConfigMapEnvSource
  name:string optional:bool
SecretEnvSource
  name:string optional:bool
Lifecycle
  postStart:LifecycleHandler preStop:LifecycleHandler stopSignal:string
LifecycleHandler
  exec:ExecAction httpGet:HTTPGetAction sleep:SleepAction tcpSocket:TCPSocketAction
ExecAction
  command:[string]
HTTPGetAction
  host:string httpHeaders:[HTTPHeader] path:string port!:intOrString scheme:string
HTTPHeader
  name!:string value!:string
SleepAction
  seconds!:int
TCPSocketAction
  host:string port!:intOrString
Probe
  exec:ExecAction failureThreshold:int grpc:GRPCAction httpGet:HTTPGetAction initialDelaySeconds:int
  periodSeconds:int successThreshold:int tcpSocket:TCPSocketAction terminationGracePeriodSeconds:int
  timeoutSeconds:int
GRPCAction
  port!:int service:string
ContainerPort
  containerPort!:int hostIP:string hostPort:int name:string protocol:string
ContainerResizePolicy
  resourceName!:string restartPolicy!:string
ResourceRequirements
  claims:[ResourceClaim](name) limits:{quantity} requests:{quantity}
ResourceClaim
  name!:string request:string
ContainerRestartRule
  action!:string exitCodes:ContainerRestartRuleOnExitCodes
ContainerRestartRuleOnExitCodes
  operator!:string values:[int]()
SecurityContext
  allowPrivilegeEscalation:bool appArmorProfile:AppArmorProfile capabilities:Capabilities privileged:bool
  procMount:string readOnlyRootFilesystem:bool runAsGroup:int runAsNonRoot:bool runAsUser:int
  seLinuxOptions:SELinuxOptions seccompProfile:SeccompProfile windowsOptions:WindowsSecurityContextOptions
AppArmorProfile
  localhostProfile:string type!:string
Capabilities
  add:[string] drop:[string]
SELinuxOptions
  level:string role:string type:string user:string
SeccompProfile
  localhostProfile:string type!:string
WindowsSecurityContextOptions
  gmsaCredentialSpec:string gmsaCredentialSpecName:string hostProcess:bool runAsUserName:string
VolumeDevice
  devicePath!:string name!:string
VolumeMount
  mountPath!:string mountPropagation:string name!:string readOnly:bool recursiveReadOnly:string subPath:string
  subPathExpr:string
EphemeralContainer
  args:[string] command:[string] env:[EnvVar](name)~name envFrom:[EnvFromSource] image:string imagePullPolicy:string
  lifecycle:Lifecycle livenessProbe:Probe name!:string
  ports:[ContainerPort](containerPort,protocol=TCP)~containerPort readinessProbe:Probe
  resizePolicy:[ContainerResizePolicy] resources:ResourceRequirements restartPolicy:string
  restartPolicyRules:[ContainerRestartRule] securityContext:SecurityContext startupProbe:Probe stdin:bool
  stdinOnce:bool targetContainerName:string terminationMessagePath:string terminationMessagePolicy:string tty:bool
  volumeDevices:[VolumeDevice](devicePath)~devicePath volumeMounts:[VolumeMount](mountPath)~mountPath
  workingDir:string
`;
