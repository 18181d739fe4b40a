/** Lists: which revision is meant, and continue tokens. */
import { ApiFailure, type ListRequest } from './api.js';
import { badRequest, expired } from './failures.js';

export interface ContinueToken {
  /** The revision that the whole list shows; -1: whatever is there now. */
  readonly revision: number;
  /** The last key of the page before. */
  readonly after: string;
}

export function encodeContinue(token: ContinueToken): string {
  return Buffer.from(
    JSON.stringify({ v: 'meta.k8s.io/v1', rv: token.revision, start: `${token.after}\u0000` }),
  ).toString('base64url');
}

export function decodeContinue(text: string): ContinueToken {
  try {
    const token = JSON.parse(Buffer.from(text, 'base64url').toString()) as {
      v?: unknown;
      rv?: unknown;
      start?: unknown;
    };
    if (token.v === 'meta.k8s.io/v1' && Number.isInteger(token.rv) && typeof token.start === 'string') {
      return { revision: token.rv as number, after: token.start.replace(/\u0000$/, '') };
    }
  } catch {
    // Told below, as any other token that is not ours.
  }
  throw badRequest('invalid continue token: continue key is not valid');
}

/** 410 for a page whose revision is gone, with a token that goes on with what is there now. */
export function expiredContinue(after: string): ApiFailure {
  const failure = expired(
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
      'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
      'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or ' +
      'deleted between the time the first chunk was returned and now may show up in the list.',
  );
  failure.status.metadata = { continue: encodeContinue({ revision: -1, after }) };
  return failure;
}

export function parseRevision(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^\d+$/.test(text))
    throw badRequest(
      `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(text)}: it must be a decimal number`,
    );
  return Number(text);
}

export function invalidListOptions(field: string, why: string): ApiFailure {
  return new ApiFailure(422, 'Invalid', `ListOptions.meta.k8s.io "" is invalid: ${field}: Forbidden: ${why}`, {
    group: 'meta.k8s.io',
    kind: 'ListOptions',
    causes: [{ reason: 'FieldValueForbidden', message: `Forbidden: ${why}`, field }],
  });
}

/**
 * The revision that a list without a continue token is of: undefined is the newest.
 * Throws for combinations that the API forbids and for revisions that are still to come.
 */
export function revisionOfList(request: ListRequest, current: number): number | undefined {
  const { resourceVersionMatch: match, limit = 0 } = request;
  const revision = parseRevision(request.resourceVersion);
  if (match !== undefined && match !== '') {
    if (revision === undefined) {
      throw invalidListOptions(
        'resourceVersionMatch',
        'resourceVersionMatch is forbidden unless resourceVersion is provided',
      );
    }
    if (match !== 'Exact' && match !== 'NotOlderThan') throw unsupportedMatch(match);
    if (match === 'Exact' && revision === 0) {
      throw invalidListOptions(
        'resourceVersionMatch',
        'resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
      );
    }
  }
  if (revision === undefined || revision === 0) return undefined;
  if (revision > current) throw tooLarge(revision, current);
  // A limit with a revision and no match means that exact revision, from the time before resourceVersionMatch was there.
  const exact = match === 'Exact' || ((match === undefined || match === '') && limit > 0);
  return exact ? revision : undefined;
}

function unsupportedMatch(match: string): ApiFailure {
  const why = `Unsupported value: ${JSON.stringify(match)}: supported values: "Exact", "NotOlderThan", ""`;
  return new ApiFailure(422, 'Invalid', `ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: ${why}`, {
    group: 'meta.k8s.io',
    kind: 'ListOptions',
    causes: [{ reason: 'FieldValueNotSupported', message: why, field: 'resourceVersionMatch' }],
  });
}

function tooLarge(revision: number, current: number): ApiFailure {
  return new ApiFailure(504, 'Timeout', `Timeout: Too large resource version: ${revision}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}
