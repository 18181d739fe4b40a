import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { cloudError } from '../src/cloud/cloud-errors.js';

const now = Date.parse('2026-01-01T00:00:00Z');

/** As the SDK throws them: with the request, its token and its body, inside. */
function restError(statusCode: number, code?: string, message = 'the reason', headers: Record<string, string> = {}) {
  return Object.assign(new Error(`${message}\n{ request: { authorization: 'Bearer hush' } }`), {
    name: 'RestError',
    statusCode,
    code,
    request: { body: 'hush' },
    response: { headers: new Headers(headers) },
    details: code === undefined ? undefined : { error: { code, message } },
  });
}

const about = (thrown: unknown, secrets?: readonly string[]) =>
  cloudError('container group x: get', thrown, now, secrets);

describe('refusals of the cloud', () => {
  it.each([
    [404, 'ResourceNotFound', 'NotFound', undefined],
    [404, 'ResourceGroupNotFound', 'Unavailable', undefined],
    [404, 'SubscriptionNotFound', 'Unavailable', undefined],
    [404, undefined, 'Unavailable', undefined],
    [409, 'ContainerGroupQuotaReached', 'Conflict', { afterMs: 60_000 }],
    [409, 'ServiceUnavailable', 'Conflict', { afterMs: 60_000 }],
    [409, 'ContainerGroupTransitioning', 'Conflict', { afterMs: 5_000 }],
    [409, 'SomethingElse', 'Conflict', undefined],
    [400, 'InvalidRequestContent', 'InvalidInput', false],
    [400, 'InaccessibleImage', 'Unavailable', undefined],
    [401, 'InvalidAuthenticationToken', 'Unauthorized', undefined],
    [403, 'AuthorizationFailed', 'Forbidden', undefined],
    [408, undefined, 'Timeout', undefined],
    [429, 'TooManyRequests', 'TooManyRequests', undefined],
    [500, 'InternalServerError', 'Unavailable', undefined],
    [503, 'ServiceUnavailable', 'Unavailable', undefined],
    [504, 'GatewayTimeout', 'Timeout', undefined],
  ])('status %i with code %s is %s', (status, azureCode, code, retry) => {
    const error = about(restError(status, azureCode));
    expect(error).toMatchObject({ code, retry });
    expect(error.message).toMatch(/^container group x: get: /);
  });

  it('say when to come back, in seconds or by a date', () => {
    expect(about(restError(429, 'TooManyRequests', '', { 'retry-after': '17' })).retry).toEqual({ afterMs: 17_000 });
    const date = 'Thu, 01 Jan 2026 00:01:00 GMT';
    expect(about(restError(503, 'ServerBusy', '', { 'retry-after': date })).retry).toEqual({ afterMs: 60_000 });
    expect(about(restError(429, 'TooManyRequests', '', { 'retry-after': 'soon' })).retry).toBeUndefined();
  });

  it.each([
    ['0', 60_000],
    ['-5', 60_000],
    ['Wed, 31 Dec 2025 23:00:00 GMT', 60_000],
    ['31536000', 3_600_000],
    ['Fri, 31 Dec 9999 23:59:59 GMT', 3_600_000],
  ])('come back neither at once nor in a year for a cloud that says "%s"', (value, afterMs) => {
    const error = about(restError(409, 'ContainerGroupQuotaReached', '', { 'retry-after': value }));
    expect(error.retry).toEqual({ afterMs });
  });

  it('hold no secret: neither of the request, nor one that the cloud repeats', () => {
    const error = about(restError(400, 'InvalidPassword', 'password "pw-long" (pw) of contoso is too weak'), [
      'pw',
      'pw-long',
    ]);
    expect(error.message).toBe(
      'container group x: get: refused (InvalidPassword, status 400): password "***" (***) of contoso is too weak',
    );
    expect(error.cause).toBeUndefined();
    expect(inspect(error)).not.toContain('hush');
  });

  it('are cut to a bounded length', () => {
    expect(about(restError(400, 'TooLong', 'x'.repeat(1_000_000))).message.length).toBeLessThan(1_200);
  });

  it('tell connections from tokens from the rest', () => {
    const of = (name: string, code?: string) =>
      about(Object.assign(new Error('why\nand a trace'), { name, code })).code;
    expect(of('RestError', 'REQUEST_SEND_ERROR')).toBe('Unavailable');
    expect(of('RestError', 'ENOTFOUND')).toBe('Unavailable');
    expect(of('RestError', 'PARSE_ERROR')).toBe('Unavailable');
    expect(of('AbortError')).toBe('Timeout');
    expect(of('AuthenticationError')).toBe('Unauthorized');
    expect(of('TypeError')).toBe('Internal');
    expect(about(undefined).code).toBe('Internal');
    expect(about('text').code).toBe('Internal');
  });
});
