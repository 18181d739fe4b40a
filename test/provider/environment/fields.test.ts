import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { goQuote } from '../../../src/provider/environment/go-quote.js';
import { podField } from '../../../src/provider/environment/pod-field.js';
import { resourceField } from '../../../src/provider/environment/resource-field.js';
import { envFileValue } from '../../../src/provider/environment/env-file.js';
import type { Container, Pod } from '../../../src/kube/types.js';

const pod: Pod = {
  metadata: {
    name: 'web',
    namespace: 'shop',
    uid: 'u-1',
    labels: { app: 'web', tier: 'front' },
    annotations: { 'example.com/note': 'say "hi"\nand\tgo' },
  },
  spec: { nodeName: 'edge-1', serviceAccountName: 'robot', containers: [] },
  status: {
    hostIP: '10.0.0.1',
    hostIPs: [{ ip: '10.0.0.1' }],
    podIP: '10.1.0.5',
    podIPs: [{ ip: '10.1.0.5' }, { ip: 'fd00::5' }],
  },
};

describe('podField (concepts/workloads/pods/downward-api)', () => {
  it.each([
    ['metadata.name', 'web'],
    ['metadata.namespace', 'shop'],
    ['metadata.uid', 'u-1'],
    ["metadata.labels['app']", 'web'],
    ["metadata.labels['none']", ''],
    ["metadata.annotations['example.com/note']", 'say "hi"\nand\tgo'],
    ['metadata.labels', 'app="web"\ntier="front"'],
    ['metadata.annotations', 'example.com/note="say \\"hi\\"\\nand\\tgo"'],
    ['spec.nodeName', 'edge-1'],
    ['spec.host', 'edge-1'],
    ['spec.serviceAccountName', 'robot'],
    ['status.hostIP', '10.0.0.1'],
    ['status.hostIPs', '10.0.0.1'],
    ['status.podIP', '10.1.0.5'],
    ['status.podIPs', '10.1.0.5,fd00::5'],
  ])('%s is %j', (path, expected) => {
    expect(podField(pod, path)).toBe(expected);
  });

  it.each(['status.hostIP', 'status.hostIPs', 'status.podIP', 'status.podIPs'])(
    '%s is not an empty string before it is known',
    (path) => {
      expect(podField({ ...pod, status: {} }, path)).toBeUndefined();
    },
  );

  it('takes the one address for the list of a status that has no list', () => {
    expect(podField({ ...pod, status: { podIP: '10.1.0.5' } }, 'status.podIPs')).toBe('10.1.0.5');
  });

  it('names the pod and the path that Kubernetes does not offer', () => {
    expect(() => podField(pod, 'status.phase')).toThrow(
      'pod shop/web: fieldRef "status.phase" is not one that pods have',
    );
  });
});

describe('goQuote', () => {
  it.each([
    ['plain', '"plain"'],
    ['tab\tnewline\nquote"backslash\\', '"tab\\tnewline\\nquote\\"backslash\\\\"'],
    ['\x00\x7f', '"\\x00\\x7f"'],
    ['é 世 😀', '"é 世 😀"'],
    ['no-break\u00a0space', '"no-break\\u00a0space"'],
    ['\u{e0001}', '"\\U000e0001"'],
  ])('%j', (text, expected) => {
    expect(goQuote(text)).toBe(expected);
  });

  it('leaves no line break and no bare quote inside', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(goQuote(text)).toMatch(/^"([^"\\\n]|\\.)*"$/u);
      }),
    );
  });
});

describe('resourceField (concepts/workloads/pods/downward-api)', () => {
  const container = {
    name: 'app',
    resources: { limits: { cpu: '1500m', memory: '128Mi' }, requests: { cpu: '250m' } },
  } as Container;
  const allocatable = { cpu: '4', memory: '8Gi', 'ephemeral-storage': '100Gi' };

  it.each([
    ['limits.cpu', undefined, '2'],
    ['limits.cpu', '0', '2'],
    ['limits.cpu', '1m', '1500'],
    ['requests.cpu', '1m', '250'],
    ['requests.cpu', '1', '1'],
    ['limits.memory', undefined, '134217728'],
    ['limits.memory', '1Mi', '128'],
    ['limits.memory', '1G', '1'],
    ['limits.ephemeral-storage', '1Gi', '100'],
    ['requests.memory', '1', '0'],
    ['limits.hugepages-2Mi', '1', '0'],
  ])('%s in units of %s is %s', (resource, divisor, expected) => {
    expect(resourceField(container, { resource, divisor }, allocatable)).toBe(expected);
  });

  it('is what the node has to give where no limit is set', () => {
    expect(resourceField({ name: 'app' }, { resource: 'limits.memory', divisor: '1Gi' }, allocatable)).toBe('8');
    expect(resourceField({ name: 'app' }, { resource: 'limits.cpu' }, allocatable)).toBe('4');
  });

  it('is what the node has to give where the limit is 0, as for a kubelet', () => {
    const unlimited = { name: 'app', resources: { limits: { cpu: '0', memory: '0Mi', 'hugepages-2Mi': '0' } } };
    expect(resourceField(unlimited, { resource: 'limits.cpu' }, allocatable)).toBe('4');
    expect(resourceField(unlimited, { resource: 'limits.memory', divisor: '1Gi' }, allocatable)).toBe('8');
    expect(resourceField(unlimited, { resource: 'limits.hugepages-2Mi' }, { 'hugepages-2Mi': '1Gi' })).toBe('0');
  });

  it('refuses what containers do not have', () => {
    expect(() => resourceField(container, { resource: 'limits.gpu' }, allocatable)).toThrow(
      'container app: resourceFieldRef "limits.gpu"',
    );
  });

  it('counts up: the amount is covered by the answer and not by one less', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), fc.integer({ min: 1, max: 1e6 }), (amount, divisor) => {
        const limits = { memory: String(amount) };
        const answer = Number(
          resourceField({ name: 'a', resources: { limits } }, { resource: 'limits.memory', divisor }, {}),
        );
        expect(answer * divisor).toBeGreaterThanOrEqual(amount);
        expect((answer - 1) * divisor).toBeLessThan(amount);
      }),
    );
  });
});

describe('envFileValue (tasks/inject-data-application/define-environment-variable-via-file, KEP-3721)', () => {
  const text = [
    '# comment',
    '',
    ' \t',
    "QUOTED='a=b # c'",
    "LONG='first",
    '  # second ',
    "'",
    "  SPACED='x'  # why",
    "TWICE='1'",
    "TWICE='2'",
    "EMPTY=''",
    "LATE= 'x'",
    "with space='y'",
    "LAST='end'",
  ].join('\n');

  it.each([
    ['QUOTED', 'a=b # c'],
    ['LONG', 'first\n  # second \n'],
    ['SPACED', 'x'],
    ['TWICE', '1'],
    ['EMPTY', undefined],
    ['LATE', undefined],
    ['with space', 'y'],
    ['LAST', 'end'],
    ['second', undefined],
    ['NONE', undefined],
    ['', undefined],
  ])('%s', (key, expected) => {
    expect(envFileValue(text, key)).toBe(expected);
    expect(envFileValue(text.replaceAll('\n', '\r\n'), key)).toBe(expected);
  });

  it('takes ends of lines of other kinds for text', () => {
    const value = 'a\u2028b\u2029c\rd';
    expect(envFileValue(`ABOVE='${value}' # ${value}\nK='${value}' # ${value}\n`, 'K')).toBe(value);
  });

  it.each([
    ['PLAIN=secret', 'line 1: the value is not in single quotes'],
    ['EMPTY=', 'line 1: the value is not in single quotes'],
    ["\nA ='secret'", "line 2: a name has to end at the '='"],
    ["='secret'", "line 1: a name has to end at the '='"],
    ['secret', "line 1: there is no '='"],
    ["A='secret'x", 'line 1: something follows the closing quote'],
    ["A='secret\n\n", 'line 1: the quote is not closed'],
  ])('refuses %j, and tells nothing of what it holds', (lines, message) => {
    expect(() => envFileValue(lines, 'K')).toThrow(message);
    expect(() => envFileValue(lines, 'K')).not.toThrow('secret');
    expect(envFileValue(`K='v'\n${lines}`, 'K')).toBe('v');
  });
});
