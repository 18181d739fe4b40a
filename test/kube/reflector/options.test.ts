import { describe, expect, it } from 'vitest';
import { resolveReflectorOptions } from '../../../src/kube/reflector/options.js';
import { VkError } from '../../../src/runtime/errors.js';

describe('the options of a reflector', () => {
  it.each([
    [{ pageSize: 0 }, 'option pageSize of reflector: 0 is not a number from 1 up'],
    [{ watchTimeoutMs: NaN }, 'option watchTimeoutMs of reflector: NaN is not a number above 0'],
    [{ maxEventBytes: -1 }, 'option maxEventBytes of reflector: -1 is not a number from 1 up'],
  ])('are refused where they make no sense: %j', (options, message) => {
    expect(() => resolveReflectorOptions(options)).toThrow(new VkError('InvalidInput', message));
  });
});
