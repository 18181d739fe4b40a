/** Tables of the resources that need no more than a line for each column. */
import type { ConfigMap, KubeObject, Lease, Namespace, Secret, Service } from '../../../../kube/types.js';
import { columns, type TableKind } from './columns.js';
import { age, humanDuration, labelText, orNone } from './format.js';

/** What a resource without a table of its own has. */
export const plainTable: TableKind<KubeObject> = {
  columns: columns('Name', 'Age'),
  cells: ({ metadata }, nowMs) => [metadata.name ?? '', age(metadata.creationTimestamp, nowMs)],
};

export const namespaceTable: TableKind<Namespace> = {
  columns: columns('Name', 'Status', 'Age'),
  cells: ({ metadata, status }, nowMs) => [
    metadata.name ?? '',
    status?.phase ?? '',
    age(metadata.creationTimestamp, nowMs),
  ],
};

export const serviceTable: TableKind<Service> = {
  columns: columns('Name', 'Type', 'Cluster-IP', 'External-IP', 'Port(s)', 'Age', '+Selector'),
  cells: ({ metadata, spec }, nowMs) => [
    metadata.name ?? '',
    spec?.type ?? 'ClusterIP',
    orNone(spec?.clusterIP),
    orNone(spec?.externalName ?? spec?.externalIPs?.join(',')),
    orNone(
      spec?.ports
        ?.map(({ port, nodePort, protocol = 'TCP' }) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol}`)
        .join(','),
    ),
    age(metadata.creationTimestamp, nowMs),
    labelText(spec?.selector),
  ],
};

export const configMapTable: TableKind<ConfigMap> = {
  columns: columns('Name', 'Data', 'Age'),
  cells: ({ metadata, data = {}, binaryData = {} }, nowMs) => [
    metadata.name ?? '',
    Object.keys(data).length + Object.keys(binaryData).length,
    age(metadata.creationTimestamp, nowMs),
  ],
};

export const secretTable: TableKind<Secret> = {
  columns: columns('Name', 'Type', 'Data', 'Age'),
  cells: ({ metadata, type = 'Opaque', data = {} }, nowMs) => [
    metadata.name ?? '',
    type,
    Object.keys(data).length,
    age(metadata.creationTimestamp, nowMs),
  ],
};

export const leaseTable: TableKind<Lease> = {
  columns: columns('Name', 'Holder', 'Age'),
  cells: ({ metadata, spec }, nowMs) => [
    metadata.name ?? '',
    spec?.holderIdentity ?? '',
    age(metadata.creationTimestamp, nowMs),
  ],
};

interface SigningRequest extends KubeObject {
  readonly spec?: { readonly signerName?: string; readonly username?: string; readonly expirationSeconds?: number };
  readonly status?: { readonly certificate?: string; readonly conditions?: readonly { readonly type: string }[] };
}

export const signingRequestTable: TableKind<SigningRequest> = {
  columns: columns('Name', 'Age', 'SignerName', 'Requestor', 'RequestedDuration', 'Condition'),
  cells: ({ metadata, spec, status }, nowMs) => [
    metadata.name ?? '',
    age(metadata.creationTimestamp, nowMs),
    spec?.signerName ?? '',
    spec?.username ?? '',
    spec?.expirationSeconds === undefined ? '<none>' : humanDuration(spec.expirationSeconds * 1000),
    [
      status?.conditions?.map(({ type }) => type).join(',') || 'Pending',
      ...(status?.certificate ? ['Issued'] : []),
    ].join(','),
  ],
};
