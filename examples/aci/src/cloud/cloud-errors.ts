/**
 * What the cloud's refusals mean to a node. Everything that is known of Azure's statuses and error codes is in this file.
 *
 * Invariants
 * 1. `NotFound` means that the cloud itself says so of the thing asked for, not of something that it is in.
 * 2. The SDK's errors are not passed on, not as a cause either: they hold the request, with its secrets and its token.
 */
import { codeOfHttpStatus, VkError, type ErrorCode } from 'vk-sdk';

/** The subscription's quota is used up, or the region has no room: nothing that calls in quick succession would change. */
const noRoom = new Set([
  'ContainerGroupQuotaReached',
  'QuotaExceeded',
  'ResourceQuotaExceeded',
  'ResourceSomeRequestsLimitExceeded',
  'ServiceUnavailable',
  'InsufficientCapacity',
  'RegionCapacityExceeded',
]);
const noRoomRetryMs = 60_000;

/** The group is in the middle of something, and free again in a moment. */
const inTransition = new Set([
  'ContainerGroupTransitioning',
  'ContainerGroupDeploymentInProgress',
  'AnotherOperationInProgress',
]);
const transitionRetryMs = 5_000;

/** Answers of 400 that the same request may not get tomorrow: an image is pushed late, a registry has an hour off. */
const mayPass = new Set(['InaccessibleImage', 'ImageNotFound', 'RegistryErrorResponse', 'SubnetNotReady']);

/** Nothing is put off for longer because the cloud says so. */
const longestRetryMs = 3_600_000;

/** Longest part of the cloud's own words. */
const longestDetail = 1_000;

interface CloudFailure {
  readonly name: string;
  readonly statusCode?: number;
  /** Of the cloud's error body, or of the SDK. */
  readonly code?: string;
  readonly detail: string;
  readonly retryAfterMs?: number;
}

/** `what` names the object and what was tried. `secrets` are crossed out wherever the cloud repeats them. */
export function cloudError(what: string, thrown: unknown, now: number, secrets: readonly string[] = []): VkError {
  if (thrown instanceof VkError) return thrown;
  const failure = readFailure(thrown, now);
  const detail = crossOut(failure.detail, secrets);
  const { code, retryAfterMs, explanation } = meaningOf(failure);
  const retry = retryAfterMs === undefined ? {} : { retry: { afterMs: retryAfterMs } };
  return new VkError(code, `${what}: ${explanation}${detail === '' ? '' : `: ${detail}`}`, retry);
}

interface Meaning {
  readonly code: ErrorCode;
  readonly retryAfterMs?: number;
  readonly explanation: string;
}

function meaningOf({ name, statusCode, code = '', retryAfterMs }: CloudFailure): Meaning {
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  if (code === 'PARSE_ERROR') return { code: 'Unavailable', explanation: 'the answer makes no sense' };
  if (statusCode === undefined) return unansweredMeaning(name);
  if (statusCode === 429) return { code: 'TooManyRequests', ...wait, explanation: 'the cloud is throttling' };
  if (noRoom.has(code) && statusCode < 500) {
    return { code: 'Conflict', retryAfterMs: retryAfterMs ?? noRoomRetryMs, explanation: `no room (${code})` };
  }
  if (inTransition.has(code)) {
    return { code: 'Conflict', retryAfterMs: transitionRetryMs, explanation: `not now (${code})` };
  }
  if (mayPass.has(code)) return { code: 'Unavailable', explanation: `refused for now (${code})` };
  const named = code === '' ? `status ${statusCode}` : `${code}, status ${statusCode}`;
  if (statusCode === 404) {
    if (code === 'ResourceNotFound' || code === 'NotFound') return { code: 'NotFound', explanation: 'there is none' };
    // Of the resource group or the subscription, or of something on the way: that says nothing of what is in them.
    return { code: 'Unavailable', explanation: `not where it was looked for (${named})` };
  }
  if (statusCode === 401) return { code: 'Unauthorized', explanation: `the cloud does not know who asks (${named})` };
  if (statusCode === 403) return { code: 'Forbidden', explanation: `the node's identity may not do that (${named})` };
  if (statusCode === 408 || statusCode === 504) return { code: 'Timeout', explanation: `no answer in time (${named})` };
  if (statusCode >= 500) return { code: 'Unavailable', ...wait, explanation: `the cloud has failed (${named})` };
  return { code: codeOfHttpStatus(statusCode), explanation: `refused (${named})` };
}

/** No answer has come of the cloud itself. */
function unansweredMeaning(name: string): Meaning {
  if (isOfIdentity(name)) {
    return { code: 'Unauthorized', explanation: 'no token; look at AZURE_… and VIRTUALNODE_USER_IDENTITY_CLIENTID' };
  }
  switch (name) {
    case 'AbortError':
      // Who called it off does not ask what came of it; so this is the SDK's time limit.
      return { code: 'Timeout', explanation: 'no answer in time' };
    case 'RestError':
      return { code: 'Unavailable', explanation: 'the cloud is out of reach' };
    default:
      return { code: 'Internal', explanation: 'failed' };
  }
}

/** Of `RestError` and of the errors of `@azure/identity`, neither of whose fields is sure to be there. */
function readFailure(thrown: unknown, now: number): CloudFailure {
  if (typeof thrown !== 'object' || thrown === null) return { name: '', detail: '' };
  const error = thrown as Readonly<Record<string, unknown>>;
  const body = recordIn(recordIn(error, 'details') ?? {}, 'error');
  const response = recordIn(error, 'response');
  const name = textOf(error['name']);
  const statusCode = typeof error['statusCode'] === 'number' ? error['statusCode'] : undefined;
  if (isOfIdentity(name)) {
    // Its message holds a trace of the request; the first line is the reason.
    return { name, detail: firstLine(textOf(error['message'])) };
  }
  const retryAfterMs = retryAfterOf(response, now);
  const code = textOf(body?.['code']) || textOf(error['code']);
  return {
    name,
    ...(statusCode !== undefined && { statusCode }),
    ...(code !== '' && { code }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    detail: statusCode === undefined ? firstLine(textOf(error['message'])) : textOf(body?.['message']),
  };
}

/** `AuthenticationError`, `AuthenticationRequiredError` and the like. */
function isOfIdentity(name: string): boolean {
  return /^(Aggregate)?Authentication|^CredentialUnavailable/.test(name);
}

/**
 * In seconds or as a date (RFC 9110, section 10.2.3). No time, or one that has passed, says nothing; one that is further off
 * than any cloud means counts as an hour.
 */
function retryAfterOf(response: Readonly<Record<string, unknown>> | undefined, now: number): number | undefined {
  const headers = response?.['headers'] as { get?: (name: string) => string | undefined } | undefined;
  const text = headers?.get?.('retry-after');
  if (!text) return undefined;
  const afterMs = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  return afterMs > 0 ? Math.min(afterMs, longestRetryMs) : undefined;
}

/** The longest first: one may be part of another. */
function crossOut(text: string, secrets: readonly string[]): string {
  const known = secrets.filter(({ length }) => length > 0).sort((one, other) => other.length - one.length);
  return known.reduce((rest, secret) => rest.replaceAll(secret, '***'), text).slice(0, longestDetail);
}

function recordIn(
  record: Readonly<Record<string, unknown>>,
  key: string,
): Readonly<Record<string, unknown>> | undefined {
  const value = record[key];
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').trim();
}
