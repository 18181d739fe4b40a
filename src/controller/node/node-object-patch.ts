/** The part of a node that is not its status: labels, annotations, taints and provider id. */
import { jsonEqual } from '../../provider/json-equal.js';
import type { Node, Taint } from '../../kube/types.js';
import type { NodeIntent } from './node-intent.js';
import { nextRecord, readRecord, recordAnnotation } from './node-record.js';

type Changes = Record<string, string | null>;

/** A strategic merge patch that makes `live` what the intent says, or undefined if it is that already. */
export interface NodeObjectPatch {
  readonly metadata: {
    readonly labels?: Changes;
    readonly annotations?: Changes;
    /** Set where taints are written: their list is replaced as a whole, so nobody's change in between may be lost. */
    readonly resourceVersion?: string;
  };
  readonly spec?: { readonly taints?: readonly Taint[]; readonly providerID?: string };
}

/**
 * What the intent wants is set; what the record of `live` holds and the intent does not want is taken away; what is in
 * neither stays. With `keepTaints` taints are left as they are.
 */
export function nodeObjectPatch(
  live: Node,
  intent: NodeIntent,
  options: { readonly keepTaints: boolean },
): NodeObjectPatch | undefined {
  const record = readRecord(live);
  const liveTaints = live.spec?.taints ?? [];
  const taints = options.keepTaints ? liveTaints : mergedTaints(liveTaints, record.taints, intent.taints);
  const taintsChange = !jsonEqual(taints, liveTaints);
  const recorded = nextRecord(intent, options.keepTaints ? record.taints : intent.taints, live);
  const wantedAnnotations = { ...intent.annotations, [recordAnnotation]: recorded };
  const labels = changes(live.metadata.labels, intent.labels, record.labels);
  const annotations = changes(live.metadata.annotations, wantedAnnotations, record.annotations);
  const providerID = live.spec?.providerID ? undefined : intent.providerID;
  if (!labels && !annotations && !taintsChange && !providerID) return undefined;
  const { resourceVersion } = live.metadata;
  return {
    metadata: {
      ...(labels && { labels }),
      ...(annotations && { annotations }),
      ...(taintsChange && resourceVersion !== undefined && { resourceVersion }),
    },
    ...((taintsChange || providerID) && {
      spec: { ...(taintsChange && { taints }), ...(providerID && { providerID }) },
    }),
  };
}

function changes(
  live: Readonly<Record<string, string>> | undefined,
  wanted: Readonly<Record<string, string>>,
  applied: readonly string[],
): Changes | undefined {
  const result: Changes = {};
  for (const [key, value] of Object.entries(wanted)) if (live?.[key] !== value) result[key] = value;
  for (const key of applied) if (!(key in wanted) && live?.[key] !== undefined) result[key] = null;
  return Object.keys(result).length === 0 ? undefined : result;
}

/**
 * Three-way: others' taints stay; ours that are no longer wanted go; ours that somebody removed or gave another value
 * stay as they made them, until the intent itself changes.
 */
export function mergedTaints(
  live: readonly Taint[],
  applied: readonly Taint[],
  wanted: readonly Taint[],
): readonly Taint[] {
  const [atApplied, atWanted, atLive] = [byIdentity(applied), byIdentity(wanted), byIdentity(live)];
  const kept = live.flatMap((taint) => {
    const [was, want] = [atApplied.get(identity(taint)), atWanted.get(identity(taint))];
    if (want === undefined) return was === undefined ? [taint] : [];
    const unchanged = was !== undefined && (was.value ?? '') === (want.value ?? '');
    return [unchanged || (taint.value ?? '') === (want.value ?? '') ? taint : want];
  });
  const added = wanted.filter((want) => {
    const was = atApplied.get(identity(want));
    return !atLive.has(identity(want)) && (was === undefined || (was.value ?? '') !== (want.value ?? ''));
  });
  return [...kept, ...added];
}

/** Kubernetes tells taints apart by key and effect. */
function identity({ key, effect }: Taint): string {
  return `${key}:${effect}`;
}

function byIdentity(taints: readonly Taint[]): ReadonlyMap<string, Taint> {
  return new Map(taints.map((taint) => [identity(taint), taint]));
}
