import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VkError } from '../../../src/runtime/errors.js';
import { encodeOutcome } from '../../../src/stream/remote-command/error-stream.js';
import { attachStatus, exitStatus, failureStatus } from '../../../src/stream/remote-command/outcome.js';

describe('the status of a session', () => {
  it('kubelet-protocol §3: of exit code 0 is a success', () => {
    expect(exitStatus('executing command', 0)).toEqual({ metadata: {}, status: 'Success' });
  });

  it.each([1, 7, 137, 255])('kubelet-protocol §3: of exit code %i says NonZeroExitCode, and names it', (exitCode) => {
    const status = exitStatus('executing command', exitCode);
    expect(status).toMatchObject({ status: 'Failure', reason: 'NonZeroExitCode' });
    expect(status.message).toMatch(/^command terminated with non-zero exit code: /);
    expect(status.details?.causes).toEqual([{ reason: 'ExitCode', message: String(exitCode) }]);
  });

  it('invariant 9: is a success for 0 and for nothing else', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(exitStatus('executing command', value).status).toBe(value === 0 ? 'Success' : 'Failure');
      }),
      { seed: 9 },
    );
  });

  it.each([256, 512, -1, 1.5, Number.NaN, Infinity, null, undefined, '0', true, 0n])(
    'invariant 9: of %s, which no process ends with, is a failure: clients would take it modulo 256',
    (value) => {
      expect(exitStatus('executing command', value)).toMatchObject({ status: 'Failure', reason: 'InternalError' });
    },
  );

  it('invariant 9: of an exec whose backend does not tell the exit code is a failure that says so', () => {
    expect(exitStatus('executing command', undefined)).toMatchObject({
      status: 'Failure',
      reason: 'InternalError',
      message:
        'Internal error occurred: error executing command in container: ' +
        'command ended, exit code unknown: the backend does not tell it',
    });
  });

  it('is a success for an attach that ends without a code, and is not for one that ends with nonsense', () => {
    expect(attachStatus(undefined).status).toBe('Success');
    expect(attachStatus(3).details?.causes).toEqual([{ reason: 'ExitCode', message: '3' }]);
    expect(attachStatus(null).status).toBe('Failure');
  });

  it.each([
    ['executing command', 'Internal error occurred: error executing command in container: no shell'],
    ['attaching to container', 'Internal error occurred: error attaching to container: no shell'],
  ] as const)('kubelet-protocol §3: of a failure in %s is an internal error', (verb, message) => {
    expect(failureStatus(verb, new Error('no shell'))).toMatchObject({
      status: 'Failure',
      reason: 'InternalError',
      code: 500,
      message,
    });
  });

  it('shows the message of an error alone, and no more of it than a client wants to read', () => {
    const error = new VkError('Internal', 'x'.repeat(100_000), { cause: new Error('token abc') });
    const text = JSON.stringify(failureStatus('executing command', error));
    expect(text).not.toContain('token');
    expect(text.length).toBeLessThan(20_000);
    expect(failureStatus('executing command', Object.create(null)).status).toBe('Failure');
  });

  it.each([1, 2, 3] as const)(
    'kubelet-protocol §3: in version %i is plain text, and nothing for success',
    (version) => {
      expect(encodeOutcome(version, exitStatus('executing command', 0))).toHaveLength(0);
      expect(encodeOutcome(version, failureStatus('executing command', new Error('no shell'))).toString()).toBe(
        'Internal error occurred: error executing command in container: no shell',
      );
    },
  );

  it.each([4, 5] as const)('kubelet-protocol §3: in version %i is JSON, written on success too', (version) => {
    expect(encodeOutcome(version, exitStatus('executing command', 0)).toString()).toBe(
      '{"metadata":{},"status":"Success"}',
    );
  });
});
