/** Server-side printing (`as=Table;g=meta.k8s.io;v=v1`): the columns are the server's to choose, and kubectl shows them. */
import type { KubeObject } from '../../../../kube/types.js';
import type { ResourceDefinition, StoredObject } from '../../core/api.js';
import type { TableKind } from './columns.js';
import { eventTable } from './event.js';
import { nodeTable } from './node.js';
import {
  configMapTable,
  leaseTable,
  namespaceTable,
  plainTable,
  secretTable,
  serviceTable,
  signingRequestTable,
} from './others.js';
import { podTable } from './pod.js';

/** Which part of the object comes with its row. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** The tables' types differ from resource to resource; the resource of an object is known to match. */
const tables: Readonly<Record<string, TableKind<never>>> = {
  pods: podTable,
  nodes: nodeTable,
  events: eventTable,
  namespaces: namespaceTable,
  services: serviceTable,
  configmaps: configMapTable,
  secrets: secretTable,
  leases: leaseTable,
  certificatesigningrequests: signingRequestTable,
};

export function tableOf(
  definition: ResourceDefinition,
  items: readonly StoredObject[],
  metadata: object,
  options: { readonly nowMs: number; readonly include: IncludeObject; readonly withColumns: boolean },
): object {
  const table: TableKind<never> = tables[definition.plural] ?? plainTable;
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: options.withColumns ? table.columns : null,
    rows: items.map(({ object }) => ({
      cells: table.cells(object as never, options.nowMs),
      ...(options.include === 'None' ? {} : { object: options.include === 'Object' ? object : partial(object) }),
    })),
  };
}

/** `PartialObjectMetadata`: what garbage collectors and `kubectl get --watch` are content with. */
export function partial(object: KubeObject): object {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}
