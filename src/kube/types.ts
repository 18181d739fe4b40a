/**
 * Kubernetes objects as the apiserver sends them: plain JSON, dates as strings, fields that the model does not know kept.
 * The field lists are client-node's models (types only: this file loads nothing of client-node).
 */
import type {
  CoreV1Event,
  V1ConfigMap,
  V1Container,
  V1ContainerState,
  V1ContainerStatus,
  V1Lease,
  V1Namespace,
  V1Node,
  V1NodeCondition,
  V1NodeStatus,
  V1ObjectMeta,
  V1OwnerReference,
  V1Pod,
  V1PodCondition,
  V1PodSpec,
  V1PodStatus,
  V1Secret,
  V1Service,
  V1ServiceAccount,
  V1Status,
  V1Taint,
  V1Toleration,
  V1beta1ClusterTrustBundle,
} from '@kubernetes/client-node';

/** A client-node model as it is on the wire: `Date` is a string, and names such as `_continue` are what they stand for. */
export type Wire<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? Wire<Item>[]
    : T extends object
      ? { [Key in keyof T as Key extends `_${infer Name}` ? Name : Key]: Wire<T[Key]> }
      : T;

export interface ObjectMeta extends Wire<V1ObjectMeta> {}
export interface OwnerReference extends Wire<V1OwnerReference> {}

/** What every object of the API has. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
}

/** A list as the apiserver answers it. Items of a typed list carry neither kind nor apiVersion. */
export interface KubeList<T> {
  apiVersion?: string;
  kind?: string;
  metadata: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
  items: T[];
}

export interface PodSpec extends Wire<V1PodSpec> {}
export interface PodStatus extends Wire<V1PodStatus> {}
export interface PodCondition extends Wire<V1PodCondition> {}
export interface Container extends Wire<V1Container> {}
export interface ContainerStatus extends Wire<V1ContainerStatus> {}
export interface ContainerState extends Wire<V1ContainerState> {}
export interface Toleration extends Wire<V1Toleration> {}
export interface Taint extends Wire<V1Taint> {}
export interface NodeStatus extends Wire<V1NodeStatus> {}
export interface NodeCondition extends Wire<V1NodeCondition> {}

export interface Pod extends Wire<V1Pod> {
  metadata: ObjectMeta;
  spec: PodSpec;
}
export interface Node extends Wire<V1Node> {
  metadata: ObjectMeta;
}
export interface Lease extends Wire<V1Lease> {
  metadata: ObjectMeta;
}
export interface KubeEvent extends Wire<CoreV1Event> {
  metadata: ObjectMeta;
}
export interface Namespace extends Wire<V1Namespace> {
  metadata: ObjectMeta;
}
export interface ConfigMap extends Wire<V1ConfigMap> {
  metadata: ObjectMeta;
}
export interface Secret extends Wire<V1Secret> {
  metadata: ObjectMeta;
}
export interface Service extends Wire<V1Service> {
  metadata: ObjectMeta;
}
export interface ServiceAccount extends Wire<V1ServiceAccount> {
  metadata: ObjectMeta;
}
export interface ClusterTrustBundle extends Wire<V1beta1ClusterTrustBundle> {
  metadata: ObjectMeta;
}
/** The body of a failed request, and of a successful one that has nothing else to say. */
export interface Status extends Wire<V1Status> {}

/** The key under which caches and logs know an object: `namespace/name`, or `name` where there is no namespace. */
export function objectKey(object: KubeObject): string {
  const { namespace, name = '' } = object.metadata;
  return namespace ? `${namespace}/${name}` : name;
}
