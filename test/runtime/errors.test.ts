import { describe, expect, it } from 'vitest';
import { codeOfHttpStatus, hasCode, VkError, type ErrorCode } from '../../src/runtime/errors.js';

describe('VkError', () => {
  it('upstream §1: NotFound is 404 and InvalidInput 400, and an error of another kind 500', () => {
    expect(new VkError('NotFound', 'pod default/web: not there').httpStatus).toBe(404);
    expect(new VkError('InvalidInput', 'pod default/web: no GPUs here').httpStatus).toBe(400);
    expect(VkError.from(new Error('boom')).httpStatus).toBe(500);
    expect(VkError.from('boom').httpStatus).toBe(500);
  });

  it.each<ErrorCode>([
    'NotFound',
    'InvalidInput',
    'Conflict',
    'Expired',
    'Unauthorized',
    'Forbidden',
    'TooManyRequests',
    'Unavailable',
    'Timeout',
    'NotImplemented',
    'Internal',
  ])('%s is found again from its HTTP status', (code) => {
    expect(codeOfHttpStatus(new VkError(code, 'x').httpStatus)).toBe(code);
  });

  it('upstream §2: InvalidInput means that trying again is useless, unless the error says otherwise', () => {
    expect(new VkError('InvalidInput', 'x').retry).toBe(false);
    expect(new VkError('InvalidInput', 'x', { retry: { afterMs: 5 } }).retry).toEqual({ afterMs: 5 });
    expect(new VkError('Unavailable', 'x').retry).toBeUndefined();
  });

  it('wraps what it did not make, keeps what it made, and knows an abort', () => {
    const cause = new Error('boom');
    expect(VkError.from(cause)).toMatchObject({ code: 'Internal', message: 'boom', cause });
    const own = new VkError('Timeout', 'x');
    expect(VkError.from(own)).toBe(own);
    expect(VkError.from(new DOMException('stopped', 'AbortError')).code).toBe('Aborted');
  });

  it('has a code that errors of another copy of the package share', () => {
    expect(hasCode({ name: 'VkError', code: 'NotFound' }, 'NotFound')).toBe(true);
    expect(hasCode(undefined, 'NotFound')).toBe(false);
    expect(hasCode('NotFound', 'NotFound')).toBe(false);
  });
});
