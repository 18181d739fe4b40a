/** Query parameters of lists, watches, writes and deletes, checked as an apiserver checks them. Pure. */
import { ApiFailure, type DeleteRequest, type ListRequest, type WatchRequest, type WriteRequest } from '../core/api.js';
import { isRecord } from './body.js';
import { flag, text } from './call.js';

export function listRequest(
  query: URLSearchParams,
  at: { namespace?: string | undefined; name?: string | undefined },
): ListRequest {
  const match = text(query, 'resourceVersionMatch');
  if (match !== undefined && text(query, 'resourceVersion') === undefined) {
    throw invalidOptions(
      'resourceVersionMatch',
      'Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
    );
  }
  return {
    ...selection(query, at),
    limit: integer(query, 'limit'),
    continue: text(query, 'continue'),
    resourceVersion: text(query, 'resourceVersion'),
    resourceVersionMatch: match,
  };
}

export function watchRequest(
  query: URLSearchParams,
  at: { namespace?: string | undefined; name?: string | undefined },
): WatchRequest {
  const sendInitialEvents = query.has('sendInitialEvents') ? flag(query, 'sendInitialEvents') : undefined;
  const match = text(query, 'resourceVersionMatch');
  if (sendInitialEvents !== undefined && match !== 'NotOlderThan') {
    throw invalidOptions(
      'resourceVersionMatch',
      'Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    );
  }
  if (sendInitialEvents === undefined && match !== undefined) {
    throw invalidOptions(
      'resourceVersionMatch',
      'Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    );
  }
  return {
    ...selection(query, at),
    resourceVersion: text(query, 'resourceVersion'),
    allowWatchBookmarks: flag(query, 'allowWatchBookmarks'),
    sendInitialEvents,
  };
}

export function writeRequest(query: URLSearchParams): WriteRequest {
  const fieldValidation = text(query, 'fieldValidation');
  if (fieldValidation !== undefined && !['Ignore', 'Warn', 'Strict'].includes(fieldValidation)) {
    throw invalidOptions(
      'fieldValidation',
      `Unsupported value: "${fieldValidation}": supported values: "Ignore", "Strict", "Warn"`,
    );
  }
  return {
    dryRun: dryRun(query.getAll('dryRun')),
    fieldManager: text(query, 'fieldManager'),
    force: flag(query, 'force'),
    fieldValidation,
  };
}

/** DeleteOptions come in the body or, where there is none, in the query. */
export function deleteRequest(query: URLSearchParams, body: unknown): DeleteRequest {
  if (!isRecord(body)) {
    const orphan = query.has('orphanDependents') ? flag(query, 'orphanDependents') : undefined;
    return {
      gracePeriodSeconds: integer(query, 'gracePeriodSeconds'),
      propagationPolicy: policy(text(query, 'propagationPolicy'), orphan),
      dryRun: dryRun(query.getAll('dryRun')),
    };
  }
  const { gracePeriodSeconds, preconditions, propagationPolicy, orphanDependents, dryRun: dry } = body;
  const { uid, resourceVersion } = isRecord(preconditions) ? preconditions : {};
  return {
    gracePeriodSeconds: typeof gracePeriodSeconds === 'number' ? gracePeriodSeconds : undefined,
    preconditions: {
      ...(typeof uid === 'string' ? { uid } : {}),
      ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
    },
    propagationPolicy: policy(
      typeof propagationPolicy === 'string' ? propagationPolicy : undefined,
      typeof orphanDependents === 'boolean' ? orphanDependents : undefined,
    ),
    dryRun: dryRun(Array.isArray(dry) ? dry : query.getAll('dryRun')),
  };
}

/** Undefined where the parameter is left out or empty. */
export function integer(query: URLSearchParams, name: string): number | undefined {
  const value = text(query, name);
  if (value === undefined) return undefined;
  if (!/^-?\d+$/.test(value)) {
    throw new ApiFailure(400, 'BadRequest', `strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
  }
  return Number(value);
}

/** A watch of one object is a watch of those of its name. */
function selection(
  query: URLSearchParams,
  at: { namespace?: string | undefined; name?: string | undefined },
): Pick<ListRequest, 'namespace' | 'labelSelector' | 'fieldSelector'> {
  const fields = text(query, 'fieldSelector');
  const byName = at.name === undefined ? undefined : `metadata.name=${at.name}`;
  return {
    namespace: at.namespace,
    labelSelector: text(query, 'labelSelector'),
    fieldSelector: fields && byName ? `${fields},${byName}` : (fields ?? byName),
  };
}

function dryRun(values: readonly unknown[]): boolean {
  for (const value of values) {
    if (value !== 'All') {
      throw invalidOptions('dryRun', `Unsupported value: ${JSON.stringify(value)}: supported values: "All"`);
    }
  }
  return values.length > 0;
}

function policy(propagationPolicy: string | undefined, orphan: boolean | undefined): string | undefined {
  return propagationPolicy ?? (orphan === undefined ? undefined : orphan ? 'Orphan' : 'Background');
}

/** `why` begins as apimachinery's field errors do, and their kind follows from it. */
function invalidOptions(field: string, why: string): ApiFailure {
  const reason = why.startsWith('Forbidden') ? 'FieldValueForbidden' : 'FieldValueNotSupported';
  return new ApiFailure(422, 'Invalid', `options.meta.k8s.io "" is invalid: ${field}: ${why}`, {
    group: 'meta.k8s.io',
    kind: 'options',
    causes: [{ reason, message: why, field }],
  });
}
