/** Field selectors: `spec.nodeName=edge-1,status.phase!=Succeeded`. */
import type { KubeObject } from '../../../kube/types.js';
import type { ResourceDefinition } from './api.js';
import { badRequest } from './failures.js';
import { asObject } from './json.js';

export type ObjectPredicate = (object: KubeObject) => boolean;

const selectableFields: Readonly<Record<string, readonly string[]>> = {
  pods: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.nominatedNodeName',
  ],
  nodes: ['spec.unschedulable'],
  namespaces: ['status.phase'],
  secrets: ['type'],
  services: ['spec.clusterIP', 'spec.type'],
  certificatesigningrequests: ['spec.signerName'],
  events: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
};

/** Fields whose absence reads as something else than the empty string. */
const absentReadsAs: Readonly<Record<string, string>> = { 'spec.hostNetwork': 'false', 'spec.unschedulable': 'false' };

export interface FieldSelector {
  readonly matches: ObjectPredicate;
  /** The value that `metadata.name` must have, if the selector says so. */
  readonly name?: string;
}

/** Reads a selector for objects of one resource. Throws 400 for fields that this resource cannot be selected by. */
export function parseFieldSelector(definition: ResourceDefinition, text: string | undefined): FieldSelector {
  if (text === undefined || text.trim() === '') return { matches: () => true };
  const supported = ['metadata.name', 'metadata.namespace', ...(selectableFields[definition.plural] ?? [])];
  const terms: ObjectPredicate[] = [];
  let name: string | undefined;
  for (const term of splitTerms(text)) {
    if (term === '') continue;
    const parts = /^([^=!]+)(==|=|!=)(.*)$/s.exec(term);
    if (!parts) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
    const [, given = '', operator, raw = ''] = parts;
    const field = storedField(definition, given);
    if (!supported.includes(field)) {
      throw badRequest(`field label not supported: ${given}`);
    }
    if (/(?<!\\)=/.test(raw)) throw badRequest('invalid field selector: unescaped character in value: 61');
    const value = raw.replaceAll(/\\([\\,=])/g, '$1');
    if (field === 'metadata.name' && operator !== '!=') name = value;
    const read = reader(definition, field);
    terms.push(operator === '!=' ? (object) => read(object) !== value : (object) => read(object) === value);
  }
  return { matches: (object) => terms.every((term) => term(object)), ...(name === undefined ? {} : { name }) };
}

/** Splits at commas that are not escaped. */
function splitTerms(text: string): string[] {
  return text.split(/(?<!\\),/);
}

/** Events are matched as they are stored, by which name ever a field is asked for. */
function storedField(definition: ResourceDefinition, field: string): string {
  if (definition.group !== 'events.k8s.io') return field;
  return field.replace(/^regarding\./, 'involvedObject.').replace(/^reportingController$/, 'reportingComponent');
}

function reader(definition: ResourceDefinition, field: string): (object: KubeObject) => string {
  if (definition.plural === 'events' && field === 'source') {
    return (object) => {
      const { source, reportingComponent } = object as KubeObject & { source?: unknown; reportingComponent?: unknown };
      return text(asObject(source)['component'] || reportingComponent);
    };
  }
  const path = field.split('.');
  const absent = absentReadsAs[field] ?? '';
  return (object) => {
    let value: unknown = object;
    for (const part of path) value = asObject(value)[part];
    return text(value, absent);
  };
}

function text(value: unknown, absent = ''): string {
  if (typeof value === 'string') return value;
  return typeof value === 'boolean' || typeof value === 'number' ? String(value) : absent;
}
