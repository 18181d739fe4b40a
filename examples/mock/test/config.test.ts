import { describe, expect, it } from 'vitest';
import { Failures } from '../src/failures.js';
import { IpPool } from '../src/ip-pool.js';
import { loadMockConfig, parseMockConfig } from '../src/config.js';

describe('the configuration of the mock', () => {
  const parse = (text: string): unknown => parseMockConfig(text, 'node-1', 'mock.json');

  it('is Go’s mock’s own where the file, its section or a field is missing', async () => {
    const defaults = { cpu: '20', memory: '100Gi', pods: '20', others: {}, labels: {} };
    expect(await loadMockConfig(undefined, 'node-1')).toEqual(defaults);
    expect(parse('{"other":{"cpu":"1"}}')).toEqual(defaults);
    expect(parse('{"node-1":{"cpu":"","memory":"1Gi"}}')).toEqual({ ...defaults, memory: '1Gi' });
  });

  it.each([
    ['{', 'provider configuration mock.json: not JSON'],
    ['[]', 'provider configuration mock.json: not an object of nodes by name'],
    ['{"node-1":1}', 'provider configuration mock.json: node-1 is not an object'],
    [
      '{"node-1":{"cpu":"two"}}',
      'provider configuration mock.json: node-1.cpu: "two" is not an amount such as 2 or 32Gi',
    ],
    [
      '{"node-1":{"pods":"-1"}}',
      'provider configuration mock.json: node-1.pods: "-1" is not an amount such as 2 or 32Gi',
    ],
    ['{"node-1":{"labels":{"a":1}}}', 'provider configuration mock.json: node-1.labels: not an object of strings'],
  ])('%s is refused', (text, message) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'InvalidInput', message }));
  });
});

describe('Failures', () => {
  const strikes = (text: string, values: readonly number[]): boolean[] => {
    let at = 0;
    const failures = new Failures('--fail-create', text, () => values[at++] ?? 0);
    return values.map(() => failures.strikes());
  };

  it('strike the first calls, or a share of all', () => {
    expect(strikes('2', [0, 0, 0])).toEqual([true, true, false]);
    expect(strikes('0', [0, 0])).toEqual([false, false]);
    expect(strikes('20%', [0.1, 0.2, 0.9])).toEqual([true, false, false]);
    expect(strikes('0.5', [0.4, 0.6])).toEqual([true, false]);
    expect(strikes('100%', [0.999])).toEqual([true]);
  });

  it.each(['', 'x', '-1', '1.5', '101%', 'Infinity'])('do not understand %j', (text) => {
    expect(() => new Failures('--fail-create', text, Math.random)).toThrow('--fail-create');
  });
});

describe('IpPool', () => {
  it('gives no address twice, and gives one again that was given back when all others are taken', () => {
    const pool = new IpPool();
    const all = Array.from({ length: 65_533 }, () => pool.take());
    expect(new Set(all).size).toBe(all.length);
    expect([all[0], all.at(-1)]).toEqual(['10.88.0.2', '10.88.255.254']);
    expect(() => pool.take()).toThrow(expect.objectContaining({ code: 'TooManyRequests' }));
    pool.release('10.88.3.7');
    expect(pool.take()).toBe('10.88.3.7');
  });
});
