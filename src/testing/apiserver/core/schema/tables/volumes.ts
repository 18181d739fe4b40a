/** Volumes of pods, and claims. Volume sources that Kubernetes has removed or deprecated are left open. Notation: `../schema.ts`. */
export const volumeTypes = `
Volume
  awsElasticBlockStore:any azureDisk:any azureFile:AzureFileVolumeSource cephfs:any cinder:any
  configMap:ConfigMapVolumeSource csi:CSIVolumeSource downwardAPI:DownwardAPIVolumeSource
  emptyDir:EmptyDirVolumeSource ephemeral:EphemeralVolumeSource fc:any flexVolume:any flocker:any
  gcePersistentDisk:any gitRepo:any glusterfs:any hostPath:HostPathVolumeSource image:ImageVolumeSource iscsi:any
  name!:string nfs:NFSVolumeSource persistentVolumeClaim:PersistentVolumeClaimVolumeSource photonPersistentDisk:any
  portworxVolume:any projected:ProjectedVolumeSource quobyte:any rbd:any scaleIO:any secret:SecretVolumeSource
  storageos:any vsphereVolume:any
AzureFileVolumeSource
  readOnly:bool secretName!:string shareName!:string
ConfigMapVolumeSource
  defaultMode:int items:[KeyToPath] name:string optional:bool
KeyToPath
  key!:string mode:int path!:string
CSIVolumeSource
  driver!:string fsType:string nodePublishSecretRef:LocalObjectReference readOnly:bool volumeAttributes:{string}
DownwardAPIVolumeSource
  defaultMode:int items:[DownwardAPIVolumeFile]
DownwardAPIVolumeFile
  fieldRef:ObjectFieldSelector mode:int path!:string resourceFieldRef:ResourceFieldSelector
EmptyDirVolumeSource
  medium:string sizeLimit:quantity
EphemeralVolumeSource
  volumeClaimTemplate:PersistentVolumeClaimTemplate
PersistentVolumeClaimTemplate
  metadata:ObjectMeta spec!:PersistentVolumeClaimSpec
PersistentVolumeClaimSpec
  accessModes:[string] dataSource:TypedLocalObjectReference dataSourceRef:TypedObjectReference
  resources:VolumeResourceRequirements selector:LabelSelector storageClassName:string
  volumeAttributesClassName:string volumeMode:string volumeName:string
TypedLocalObjectReference@
  apiGroup:string kind!:string name!:string
TypedObjectReference
  apiGroup:string kind!:string name!:string namespace:string
VolumeResourceRequirements
  limits:{quantity} requests:{quantity}
HostPathVolumeSource
  path!:string type:string
ImageVolumeSource
  pullPolicy:string reference:string
NFSVolumeSource
  path!:string readOnly:bool server!:string
PersistentVolumeClaimVolumeSource
  claimName!:string readOnly:bool
ProjectedVolumeSource
  defaultMode:int sources:[VolumeProjection]
VolumeProjection
  clusterTrustBundle:ClusterTrustBundleProjection configMap:ConfigMapProjection downwardAPI:DownwardAPIProjection
  podCertificate:PodCertificateProjection secret:SecretProjection serviceAccountToken:ServiceAccountTokenProjection
ClusterTrustBundleProjection
  labelSelector:LabelSelector name:string optional:bool path!:string signerName:string
ConfigMapProjection
  items:[KeyToPath] name:string optional:bool
DownwardAPIProjection
  items:[DownwardAPIVolumeFile]
PodCertificateProjection
  certificateChainPath:string credentialBundlePath:string keyPath:string keyType!:string maxExpirationSeconds:int
  signerName!:string userAnnotations:{string}
SecretProjection
  items:[KeyToPath] name:string optional:bool
ServiceAccountTokenProjection
  audience:string expirationSeconds:int path!:string
SecretVolumeSource
  defaultMode:int items:[KeyToPath] optional:bool secretName:string
`;
