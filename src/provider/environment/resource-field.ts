/** What a `resourceFieldRef` names (concepts/workloads/pods/downward-api). */
import type { Container, Pod } from '../../kube/types.js';
import { VkError } from '../../runtime/errors.js';
import { Quantity } from '../quantity.js';

export interface ResourceFieldRef {
  /** Such as `limits.cpu`. */
  readonly resource: string;
  /** The unit of the answer. Left out or 0: whole CPUs, bytes. */
  readonly divisor?: string | number | undefined;
}

/** Resources of the node: what a limit is that the container does not set. */
export type Allocatable = Readonly<Record<string, string>>;

/** What the containers of a pod can use together: as much as the node has to give, or the pod's own limits. */
export function availableTo({ spec }: Pod, allocatable: Allocatable): Allocatable {
  const limits = Object.entries(spec.resources?.limits ?? {});
  const counted = limits.filter(
    ([name, limit]) => Object.hasOwn(allocatable, name) && Quantity.parse(limit).sign !== 0,
  );
  return { ...allocatable, ...Object.fromEntries(counted) };
}

const known = /^(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.+)$/;

/**
 * The amount in units of the divisor, rounded up. A limit that is not set, or set to 0, is what there is of it (`available`),
 * as for a kubelet; a request that is not set is 0. Throws `InvalidInput` for a resource that Kubernetes does not offer, or a
 * divisor that is no quantity.
 */
export function resourceField(container: Container, ref: ResourceFieldRef, available: Allocatable): string {
  const [, list, resource = ''] = known.exec(ref.resource) ?? [];
  if (list === undefined) {
    throw new VkError(
      'InvalidInput',
      `container ${container.name}: resourceFieldRef "${ref.resource}" is not one that containers have`,
    );
  }
  const own = Quantity.parse(container.resources?.[list === 'limits' ? 'limits' : 'requests']?.[resource] ?? '0');
  const isUnlimited = list === 'limits' && !resource.startsWith('hugepages-') && own.sign === 0;
  const amount = isUnlimited ? Quantity.parse(available[resource] ?? '0') : own;
  const given = Quantity.parse(ref.divisor ?? '0');
  const divisor = given.sign === 0 ? Quantity.of(1) : given;
  // CPU is counted in thousandths, as Kubernetes does: 1 of 300m is 4.
  return resource === 'cpu'
    ? String(ceilDivide(amount.milliValue(), divisor.milliValue()))
    : String(ceilDivide(amount.value(), divisor.value()));
}

function ceilDivide(amount: bigint, divisor: bigint): bigint {
  return (amount + divisor - 1n) / divisor;
}
