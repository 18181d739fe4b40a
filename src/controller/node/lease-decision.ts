/** What a node's lease should be. Pure: `lease-keeper.ts` writes it. */
import type { Lease, OwnerReference } from '../../kube/types.js';

export const leaseNamespace = 'kube-node-lease';

/** The node that a lease speaks for. */
export interface LeaseOwner {
  readonly name: string;
  readonly uid: string;
}

/**
 * The lease with which `owner` says at `nowMs` that it lives: `held`, what is in the API, with our fields set; foreign
 * labels, annotations and owners stay. The holder is the node's name, as with a kubelet. Kubernetes' node lifecycle
 * controller looks at `renewTime` changing, not at who holds the lease.
 */
export function renewedLease(
  held: Lease | undefined,
  owner: LeaseOwner,
  durationSeconds: number,
  nowMs: number,
): Lease {
  const { managedFields: _, ...metadata } = held?.metadata ?? {};
  const reference: OwnerReference = { apiVersion: 'v1', kind: 'Node', name: owner.name, uid: owner.uid };
  const others = metadata.ownerReferences?.filter(({ kind }) => kind !== 'Node') ?? [];
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { ...metadata, name: owner.name, namespace: leaseNamespace, ownerReferences: [...others, reference] },
    spec: {
      ...held?.spec,
      holderIdentity: owner.name,
      leaseDurationSeconds: durationSeconds,
      renewTime: microTime(nowMs),
    },
  };
}

/** `2026-01-01T00:00:00.000000Z`: the API's `MicroTime`, which the server takes with six fractional digits alone. */
export function microTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 23)}000Z`;
}

/**
 * How often others were seen to renew the lease. One sighting may be the process that this one replaces; two are
 * somebody who lives. Forgotten after a while without.
 */
export interface RivalSightings {
  readonly seen: number;
  /** Renewals of ours since, none of which found another's. */
  readonly quiet: number;
}

export const noRivals: RivalSightings = { seen: 0, quiet: 0 };
const forgetAfterRenewals = 30;

export function afterRenewal(sightings: RivalSightings, metRival: boolean): RivalSightings {
  if (metRival) return { seen: sightings.seen + 1, quiet: 0 };
  if (sightings.seen === 0) return sightings;
  return sightings.quiet + 1 >= forgetAfterRenewals ? noRivals : { ...sightings, quiet: sightings.quiet + 1 };
}

export function hasRival(sightings: RivalSightings): boolean {
  return sightings.seen >= 2;
}
