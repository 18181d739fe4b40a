import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { methodsOf, parseTarget, requireRoute } from '../../../src/stream/server/route.js';

const routeOf = (target: string): unknown => parseTarget(target).route;

describe('parseTarget', () => {
  it.each([
    ['/exec/ns/pod/c', { kind: 'exec', target: { namespace: 'ns', name: 'pod', uid: undefined, container: 'c' } }],
    ['/exec/ns/pod/uid/c', { kind: 'exec', target: { namespace: 'ns', name: 'pod', uid: 'uid', container: 'c' } }],
    ['/attach/ns/pod/c', { kind: 'attach', target: { namespace: 'ns', name: 'pod', uid: undefined, container: 'c' } }],
    ['/run/ns/pod/uid/c', { kind: 'run', target: { namespace: 'ns', name: 'pod', uid: 'uid', container: 'c' } }],
    ['/portForward/ns/pod', { kind: 'portForward', target: { namespace: 'ns', name: 'pod', uid: undefined } }],
    ['/portForward/ns/pod/uid', { kind: 'portForward', target: { namespace: 'ns', name: 'pod', uid: 'uid' } }],
    [
      '/containerLogs/ns/pod.a/c',
      { kind: 'containerLogs', target: { namespace: 'ns', name: 'pod.a', uid: undefined, container: 'c' } },
    ],
    [
      '/checkpoint/ns/pod/c',
      { kind: 'checkpoint', target: { namespace: 'ns', name: 'pod', uid: undefined, container: 'c' } },
    ],
    ['/logs/any/file.log', { kind: 'nodeLogs' }],
    ['/logs/', { kind: 'nodeLogs' }],
    ['/pods', { kind: 'pods' }],
    ['/pods/', { kind: 'pods' }],
    ['/runningpods/', { kind: 'runningPods' }],
    ['/healthz/syncloop', { kind: 'healthz' }],
    ['/metrics/cadvisor', { kind: 'cadvisorMetrics' }],
  ])('kubelet-protocol §1, §6: knows %s', (target, route) => {
    expect(routeOf(target)).toEqual(route);
  });

  it.each([
    '/',
    '/exec',
    '/exec/ns/pod',
    '/exec/a/b/c/d/e',
    '/portForward/ns',
    '/containerLogs/ns/pod/uid/c',
    '/podsy',
    '/healthz/else',
    '/toString',
    '/__proto__',
    '/metrics/toString',
  ])('knows nothing at %s', (target) => {
    expect(routeOf(target)).toBeUndefined();
    expect(() => requireRoute(parseTarget(target), 'GET')).toThrow(expect.objectContaining({ httpStatus: 404 }));
  });

  it('keeps the query, repeated parameters and all', () => {
    const { query, root } = parseTarget('/exec/ns/pod/c?command=sh&command=-c&command=a%20b%3F&output=1');
    expect(query.getAll('command')).toEqual(['sh', '-c', 'a b?']);
    expect(root).toBe('exec');
  });

  it('S3: refuses whatever is not plainly one path, and never throws anything else', () => {
    const odd = fc.constantFrom(
      '%',
      '.',
      '..',
      '/',
      '//',
      '\\',
      '?',
      '#',
      ';',
      ' ',
      '\0',
      '\r\n',
      '@',
      '%2e',
      '%2F',
      'é',
      'pods',
      'exec',
      'https://a',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(odd, fc.string()), { maxLength: 12 }), (parts) => {
        const target = parts.join('');
        try {
          const { root } = parseTarget(target);
          const path = target.split('?')[0] ?? '';
          expect(path).toMatch(/^\/[A-Za-z0-9._/-]*$/);
          expect(path).not.toMatch(/\/\/|\/\.{1,2}(\/|$)/);
          expect(root).toBe(path.split('/')[1]);
        } catch (error) {
          expect(error).toMatchObject({ httpStatus: 400, message: 'request target: not a plain absolute path' });
        }
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('requireRoute', () => {
  it('kubelet-protocol §5: other methods are 405 with Allow', () => {
    expect(() => requireRoute(parseTarget('/containerLogs/ns/pod/c'), 'POST')).toThrow(
      expect.objectContaining({ httpStatus: 405, headers: { Allow: 'GET' } }),
    );
    expect(() => requireRoute(parseTarget('/exec/ns/pod/c'), 'PUT')).toThrow(
      expect.objectContaining({ httpStatus: 405, headers: { Allow: 'GET, POST' } }),
    );
  });

  it('kubelet-protocol §1: exec, attach and port-forward are for GET and POST', () => {
    for (const kind of ['exec', 'attach', 'portForward'] as const) expect(methodsOf(kind)).toEqual(['GET', 'POST']);
    expect(methodsOf('run')).toEqual(['POST']);
  });
});
