import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventCorrelator, type Occurrence } from '../../../src/controller/events/event-correlator.js';

const startMs = Date.UTC(2026, 0, 1);

function occurrence(name: string, message: string, atMs = startMs): Occurrence {
  const subject = {
    apiVersion: 'v1',
    kind: 'Pod',
    namespace: 'default',
    name,
    uid: `uid-${name}`,
    resourceVersion: '7',
  };
  return { subject, type: 'Warning', reason: 'ProviderCreateFailed', message, atMs };
}

describe('EventCorrelator', () => {
  it('counts the same thing again under the same name', () => {
    const correlator = new EventCorrelator(0);
    const first = correlator.observe(occurrence('web', 'no room', startMs));
    const second = correlator.observe(occurrence('web', 'no room', startMs + 5_000));
    expect(second).toEqual({ ...first, count: 2, lastMs: startMs + 5_000 });
    expect(first).toMatchObject({ count: 1, firstMs: startMs, message: 'no room' });
  });

  it('keeps apart what differs in object, uid, type, reason or message', () => {
    const correlator = new EventCorrelator(0);
    const base = occurrence('web', 'a');
    const all = [
      base,
      occurrence('web', 'b'),
      occurrence('db', 'a'),
      { ...base, type: 'Normal' as const },
      { ...base, reason: 'ProviderUpdateFailed' },
      { ...base, subject: { ...base.subject, uid: 'another' } },
    ].map((each) => correlator.observe(each));
    expect(all.map((event) => event?.count)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(new Set(all.map((event) => event?.name)).size).toBe(6);
  });

  it('combines similar messages from the tenth on', () => {
    const correlator = new EventCorrelator(0);
    const events = Array.from({ length: 14 }, (_, index) => correlator.observe(occurrence('web', `try ${index}`)));
    expect(events[8]?.message).toBe('try 8');
    expect(events[9]).toMatchObject({ message: '(combined from similar events): try 9', count: 1 });
    expect(events[13]).toMatchObject({
      message: '(combined from similar events): try 13',
      count: 5,
      name: events[9]?.name,
    });
  });

  it('no longer combines after ten minutes of quiet', () => {
    const correlator = new EventCorrelator(0);
    for (let index = 0; index < 12; index += 1) correlator.observe(occurrence('web', `try ${index}`));
    expect(correlator.observe(occurrence('web', 'later', startMs + 600_000))?.message).toMatch(/^\(combined/);
    expect(correlator.observe(occurrence('web', 'much later', startMs + 1_200_001))?.message).toBe('much later');
  });

  it('tells of 25 events of one object at once, then of one in five minutes; others are not affected', () => {
    const correlator = new EventCorrelator(0);
    const told = (atMs: number): boolean => correlator.observe(occurrence('web', 'again', atMs)) !== undefined;
    expect(Array.from({ length: 40 }, () => told(startMs)).filter(Boolean)).toHaveLength(25);
    expect(told(startMs + 299_999)).toBe(false);
    expect(told(startMs + 300_000)).toBe(true);
    expect(told(startMs + 300_001)).toBe(false);
    expect(correlator.observe(occurrence('db', 'again'))).toBeDefined();
    expect(correlator.observe(occurrence('web', 'again', startMs + 3_600_000))?.count).toBe(44);
  });

  it('does not lose its mind when the clock is set back', () => {
    const correlator = new EventCorrelator(0);
    for (let count = 0; count < 30; count += 1) correlator.observe(occurrence('web', 'x'));
    expect(correlator.observe(occurrence('web', 'x', startMs - 86_400_000))).toBeUndefined();
    expect(correlator.observe(occurrence('web', 'x', startMs - 86_400_000 + 300_000))).toBeDefined();
  });

  it('bounds messages to 1,024 characters', () => {
    const correlator = new EventCorrelator(0);
    for (let index = 0; index < 12; index += 1) {
      expect(correlator.observe(occurrence('web', `${index}${'x'.repeat(5_000)}`))?.message).toHaveLength(1_024);
    }
  });

  it('gives names that the API takes, whatever the length of the object name', () => {
    const name = fc.stringMatching(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/);
    fc.assert(
      fc.property(name, fc.integer({ min: 0, max: 999_999 }), (podName, seed) => {
        const made = new EventCorrelator(seed).observe(occurrence(podName, 'x'))?.name ?? '';
        expect(made.length).toBeLessThanOrEqual(253);
        expect(made).toMatch(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/);
      }),
    );
  });

  it('remembers a bounded number of objects, the recent ones', () => {
    const correlator = new EventCorrelator(0);
    for (let index = 0; index < 10_000; index += 1) correlator.observe(occurrence(`pod-${index}`, 'x'));
    expect(correlator.observe(occurrence('pod-9999', 'x'))?.count).toBe(2);
    expect(correlator.observe(occurrence('pod-0', 'x'))?.count).toBe(1);
  });
});
