/** Which write a node needs next. Pure: `node-writer.ts` does it and asks again. */
import { jsonEqual } from '../../provider/json-equal.js';
import type { Node } from '../../kube/types.js';
import type { NodeIntent } from './node-intent.js';
import { type NodeObjectPatch, nodeObjectPatch } from './node-object-patch.js';
import { nextRecord, recordAnnotation } from './node-record.js';
import { isNodeSettable } from './node-restriction.js';
import { newNodeStatus, nodeStatusPatch, ownedStatus } from './node-status-patch.js';

/** The last status write that the server took for the present node. */
export interface SentStatus {
  readonly uid: string | undefined;
  readonly intent: NodeIntent;
  /** What the server made of it, see `ownedStatus`. */
  readonly owned: string;
}

export interface NodeView {
  /** The newest known state of the API object. Undefined: none is known. */
  readonly live: Node | undefined;
  readonly intent: NodeIntent;
  readonly sent: SentStatus | undefined;
  /** The status is to be written even if nothing changed: a heartbeat, or a repair. */
  readonly statusDue: boolean;
  /** A patch of the object that the server took without becoming what it says; sending it again would not help. */
  readonly futile: string | undefined;
  /** The node was deleted a moment ago and is not to be made again yet. */
  readonly paused: boolean;
  /** The server took us for a node's own credential and refused something: write only what such a one may. */
  readonly restricted: boolean;
  /** Nothing is written about a node whose backend has been out of reach for long, once it was said. */
  readonly silent: boolean;
}

export type NodeAction =
  /** Find out whether there is a node, and make it if there is none. */
  | { readonly do: 'register' }
  | { readonly do: 'patch'; readonly body: NodeObjectPatch }
  | { readonly do: 'patchStatus'; readonly body: object }
  | { readonly do: 'rest' };

export function decideNode(view: NodeView, nowMs: number): NodeAction {
  const { live, sent } = view;
  if (live === undefined) return view.paused ? { do: 'rest' } : { do: 'register' };
  const intent = allowed(view.intent, view.restricted);
  const body = nodeObjectPatch(live, intent, { keepTaints: view.restricted });
  if (body !== undefined && patchKey(body) !== view.futile) return { do: 'patch', body };
  const told = sent !== undefined && sent.uid === live.metadata.uid && sameStatus(sent.intent, intent);
  if (told && (view.silent || !view.statusDue)) return { do: 'rest' };
  return { do: 'patchStatus', body: nodeStatusPatch(live, intent, nowMs) };
}

/** Whether somebody changed what we wrote into the status. A silent node does not object. */
export function isOverwritten({ live, sent, silent }: NodeView): boolean {
  if (live === undefined || sent === undefined || silent) return false;
  return sent.uid === live.metadata.uid && ownedStatus(live, sent.intent) !== sent.owned;
}

/** What a patch of the object changes, whatever version of the object it was made for. */
export function patchKey({ metadata, spec }: NodeObjectPatch): string {
  return JSON.stringify([metadata.labels, metadata.annotations, spec]);
}

/** What is remembered of a status write: `answer` is the node that the server answered. */
export function sentStatus(answer: Node, wanted: NodeIntent, restricted: boolean): SentStatus {
  const intent = allowed(wanted, restricted);
  return { uid: answer.metadata.uid, intent, owned: ownedStatus(answer, intent) };
}

/** The node as it is created. */
export function newNode(template: Node, wanted: NodeIntent, restricted: boolean, nowMs: number): Node {
  const intent = allowed(wanted, restricted);
  const annotations = { ...intent.annotations, [recordAnnotation]: nextRecord(intent, intent.taints, undefined) };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: intent.name, labels: { ...intent.labels }, annotations },
    spec: {
      ...template.spec,
      ...(intent.providerID !== undefined && { providerID: intent.providerID }),
      taints: [...intent.taints],
    },
    status: newNodeStatus(intent, nowMs),
  };
}

/** What of the intent a node's own credential is refused. */
export function restrictedLabels(intent: NodeIntent): string[] {
  return Object.keys(intent.labels).filter((label) => !isNodeSettable(label));
}

function allowed(intent: NodeIntent, restricted: boolean): NodeIntent {
  if (!restricted) return intent;
  const labels = Object.fromEntries(Object.entries(intent.labels).filter(([label]) => isNodeSettable(label)));
  return { ...intent, labels };
}

function sameStatus(one: NodeIntent, other: NodeIntent): boolean {
  return jsonEqual(one.conditions, other.conditions) && jsonEqual(one.status, other.status);
}
