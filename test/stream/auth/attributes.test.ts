import { describe, expect, it } from 'vitest';
import { attributesFor } from '../../../src/stream/auth/attributes.js';

const asked = (root: string, method: string, getMayExecute = false): string[] =>
  attributesFor(root, method, 'edge-1', { getMayExecute }).map(
    ({ verb, subresource, nodeName }) => `${verb} ${nodeName}/${subresource}`,
  );

describe('attributesFor', () => {
  it.each([
    ['stats', ['get edge-1/stats']],
    ['metrics', ['get edge-1/metrics']],
    ['logs', ['get edge-1/log']],
    ['pods', ['get edge-1/pods', 'get edge-1/proxy']],
    ['runningpods', ['get edge-1/pods', 'get edge-1/proxy']],
    ['healthz', ['get edge-1/healthz', 'get edge-1/proxy']],
    ['configz', ['get edge-1/configz', 'get edge-1/proxy']],
    ['checkpoint', ['get edge-1/checkpoint']],
    ['containerLogs', ['get edge-1/proxy']],
    ['anything', ['get edge-1/proxy']],
    ['', ['get edge-1/proxy']],
    // What every object has is no row of the table.
    ['constructor', ['get edge-1/proxy']],
    ['__proto__', ['get edge-1/proxy']],
  ])('kubelet-protocol §6: GET /%s asks for %j', (root, expected) => {
    expect(asked(root, 'GET')).toEqual(expected);
  });

  it.each([
    ['GET', 'get'],
    ['POST', 'create'],
    ['PUT', 'update'],
    ['PATCH', 'patch'],
    ['DELETE', 'delete'],
  ])('kubelet-protocol §6: a %s is a %s', (method, verb) => {
    expect(asked('stats', method)).toEqual([`${verb} edge-1/stats`]);
  });

  it.each(['exec', 'attach', 'run', 'portForward'])(
    'kubelet-protocol §6: /%s needs create whatever the method, unless the upstream rule is asked for',
    (root) => {
      expect(asked(root, 'GET')).toEqual(['create edge-1/proxy']);
      expect(asked(root, 'POST')).toEqual(['create edge-1/proxy']);
      expect(asked(root, 'GET', true)).toEqual(['get edge-1/proxy']);
    },
  );

  it.each(['HEAD', 'OPTIONS', 'TRACE', 'CONNECT', 'get', 'toString', ''])(
    'has no question for the method "%s"',
    (method) => {
      expect(() => asked('pods', method)).toThrow(expect.objectContaining({ httpStatus: 405 }));
    },
  );
});
