/** How much of what a pod asks for, and a node has, in billionths of a unit. Pure. */
import type { Container, Node, Pod } from '../../../../kube/types.js';
import { Quantity } from '../../../../provider/quantity.js';

export type Amounts = ReadonlyMap<string, bigint>;

/**
 * Requests of the containers and sidecars together, or of the largest init container with the sidecars before it, plus
 * overhead; and one of `pods`.
 */
export function podRequests({ spec }: Pod): Amounts {
  const sum = new Map<string, bigint>();
  for (const container of spec.containers) addAll(sum, requestsOf(container));
  const sidecars = new Map<string, bigint>();
  const peak = new Map<string, bigint>();
  for (const container of spec.initContainers ?? []) {
    if (container.restartPolicy === 'Always') {
      addAll(sidecars, requestsOf(container));
      raiseTo(peak, sidecars);
    } else {
      const during = new Map(sidecars);
      addAll(during, requestsOf(container));
      raiseTo(peak, during);
    }
  }
  addAll(sum, sidecars);
  raiseTo(sum, peak);
  addAll(sum, amounts(spec.overhead));
  sum.set('pods', unit);
  return sum;
}

/** What a node can give to pods. */
export function nodeAllocatable({ status }: Node): Amounts {
  return amounts(status?.allocatable ?? status?.capacity);
}

export function addAll(to: Map<string, bigint>, from: Amounts, sign: 1n | -1n = 1n): void {
  for (const [name, amount] of from) to.set(name, (to.get(name) ?? 0n) + sign * amount);
}

function raiseTo(to: Map<string, bigint>, floor: Amounts): void {
  for (const [name, amount] of floor) if (amount > (to.get(name) ?? 0n)) to.set(name, amount);
}

/** A limit is also the request where none is given. */
function requestsOf(container: Container): Amounts {
  return amounts({ ...container.resources?.limits, ...container.resources?.requests });
}

function amounts(quantities: Readonly<Record<string, string>> | undefined): Amounts {
  return new Map(Object.entries(quantities ?? {}).map(([name, text]) => [name, Quantity.parse(text).scaledValue(-9)]));
}

const unit = 1_000_000_000n;
