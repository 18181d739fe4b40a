/** Rows of events, of the core group as well as of events.k8s.io, which has other names for the same things. */
import type { KubeObject } from '../../../../kube/types.js';
import { columns, type TableKind } from './columns.js';
import { age } from './format.js';

interface Reference {
  readonly kind?: string;
  readonly name?: string;
  readonly fieldPath?: string;
}

interface EitherEvent extends KubeObject {
  readonly type?: string;
  readonly reason?: string;
  readonly involvedObject?: Reference;
  readonly regarding?: Reference;
  readonly message?: string;
  readonly note?: string;
  readonly source?: { readonly component?: string; readonly host?: string };
  readonly deprecatedSource?: { readonly component?: string; readonly host?: string };
  readonly reportingComponent?: string;
  readonly reportingController?: string;
  readonly reportingInstance?: string;
  readonly firstTimestamp?: string | null;
  readonly deprecatedFirstTimestamp?: string | null;
  readonly lastTimestamp?: string | null;
  readonly deprecatedLastTimestamp?: string | null;
  readonly eventTime?: string | null;
  readonly count?: number;
  readonly deprecatedCount?: number;
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string };
}

export const eventTable: TableKind<EitherEvent> = {
  columns: columns(
    ...['Last Seen', 'Type', 'Reason', 'Object', '+Subobject', '+Source'],
    ...['Message', '+First Seen', '+Count', '+Name'],
  ),
  cells(event, nowMs) {
    const target = event.involvedObject ?? event.regarding ?? {};
    const first = event.firstTimestamp || event.deprecatedFirstTimestamp || event.eventTime;
    const last = event.series?.lastObservedTime || event.lastTimestamp || event.deprecatedLastTimestamp || first;
    const kind = (target.kind ?? '').toLowerCase();
    return [
      age(last, nowMs),
      event.type ?? '',
      event.reason ?? '',
      target.name ? `${kind}/${target.name}` : kind,
      target.fieldPath ?? '',
      sourceText(event),
      (event.message ?? event.note ?? '').trim(),
      age(first, nowMs),
      event.series?.count || event.count || event.deprecatedCount || 1,
      event.metadata.name ?? '',
    ];
  },
};

function sourceText(event: EitherEvent): string {
  const source = event.source ?? event.deprecatedSource ?? {};
  const component = source.component || event.reportingComponent || event.reportingController || '';
  const host = source.host || event.reportingInstance;
  return host ? `${component}, ${host}` : component;
}
