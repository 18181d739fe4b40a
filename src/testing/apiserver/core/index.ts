/**
 * The fake apiserver's core: objects, revisions, and the rules of the API, without HTTP.
 *
 * What it is not. It is checked, request by request, against a real apiserver of Kubernetes 1.36, and differs in this:
 *
 * - It holds the resources listed in `definitions.ts` and no others: no workloads (Deployments, Jobs, …), no custom
 *   resources, no RBAC objects. Nothing is written to disk.
 * - Validation covers what people get wrong: names, labels, required fields, types, quantities, ports, mounts, enums,
 *   taints, tolerations, and which fields of a pod may change. It does not cover probes, affinities, security contexts,
 *   volume sources in depth, or the kinds other than pods and nodes beyond a few rules.
 * - Admission is the default ServiceAccount (with its token volume), PriorityClass by name, RuntimeClass overhead and the
 *   default tolerations. LimitRanges, ResourceQuotas and PodDisruptionBudgets are stored and have no effect. A new node
 *   does not get the `not-ready` taint, since there may be nothing that takes it away.
 * - An eviction is a deletion. `propagationPolicy` is not looked at. A resize is not checked against what its
 *   node can do.
 * - A namespace is emptied within the call that deletes it; what has grace or finalizers goes later, and the namespace
 *   after that. PersistentVolumes and claims are stored and never bound.
 * - Services get a random address of 10.96.0.0/16, no node ports, and no endpoints.
 * - Field managers of events.k8s.io/v1 are noted as if they had written core/v1; fields that hold zero values may have a
 *   manager where a real apiserver has none. Managers are not merged when there are more than ten.
 * - Failures say what is wrong in JSON where a real apiserver prints Go values, and tell each cause once where a real one
 *   may repeat it.
 * - A PUT that makes an object answers 200, not 201.
 */
export { ApiFailure } from './api.js';
export { Core } from './core.js';
export { definitionOf } from './definitions.js';
