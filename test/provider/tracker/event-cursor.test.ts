import { describe, expect, it } from 'vitest';
import { cursorFrom, readEvents } from '../../../src/provider/tracker/event-cursor.js';
import type { BackendEvent } from '../../../src/provider/tracker/pods-tracker-handler.js';

const start = Date.UTC(2026, 0, 1);

function event(at: number, reason: string, message = ''): BackendEvent {
  return { at: start + at, type: 'Normal', reason, message };
}

describe('the cursor of a pod’s events', () => {
  const now = start + 60_000;

  it('upstream §5 do better: tells each event once, from old to new, in whatever order they come', () => {
    const first = readEvents(cursorFrom(start), [event(2, 'Pulled'), event(1, 'Pulling')], now);
    expect(first.events.map(({ reason }) => reason)).toEqual(['Pulling', 'Pulled']);
    const again = [event(3, 'Started'), event(1, 'Pulling'), event(2, 'Pulled')];
    const second = readEvents(first.cursor, again, now);
    expect(second.events.map(({ reason }) => reason)).toEqual(['Started']);
    expect(readEvents(second.cursor, again, now).events).toEqual([]);
  });

  it('tells apart events of one time by what they say', () => {
    const first = readEvents(cursorFrom(start), [event(1, 'Pulled', 'a')], now);
    const both = [event(1, 'Pulled', 'a'), event(1, 'Pulled', 'b')];
    const second = readEvents(first.cursor, both, now);
    expect(second.events.map(({ message }) => message)).toEqual(['b']);
    expect(readEvents(second.cursor, both, now).events).toEqual([]);
  });

  it('tells an event that repeats again when its time is a later one', () => {
    const first = readEvents(cursorFrom(start), [event(1, 'BackOff')], now);
    expect(readEvents(first.cursor, [event(5, 'BackOff')], now).events).toHaveLength(1);
  });

  it('passes over what happened before it begins, and what says nothing', () => {
    const unreadable = [null, {}, { at: Number.NaN, type: 'Normal', reason: 'A', message: '' }, { at: 1 }];
    const answer = [event(-1, 'Old'), ...(unreadable as BackendEvent[])];
    expect(readEvents(cursorFrom(start), answer, now).events).toEqual([]);
  });

  it('is not led into the future by a clock that is years ahead', () => {
    const answer = [event(1, 'Pulled'), event(10 * 365 * 86_400_000, 'FromTheFuture')];
    const first = readEvents(cursorFrom(start), answer, now);
    expect(first.events.map(({ reason }) => reason)).toEqual(['Pulled']);
    expect(readEvents(first.cursor, [event(2, 'Started')], now).events).toHaveLength(1);
  });

  it('tells the newest fifty of very many, remembers no more, and repeats none of them', () => {
    const answer = Array.from({ length: 10_000 }, (_, index) => event(1, 'Storm', String(index)));
    let { cursor, events } = readEvents(cursorFrom(start), answer, now);
    expect(events).toEqual(answer.slice(-50));
    const told = new Set(events.map(({ message }) => message));
    for (let round = 0; round < 5; round += 1) {
      ({ cursor, events } = readEvents(cursor, answer, now));
      for (const { message } of events) {
        expect(told).not.toContain(message);
        told.add(message);
      }
    }
    expect(cursor.told.size).toBeLessThanOrEqual(100);
    expect(readEvents(cursor, [...answer, event(2, 'After')], now).events).toEqual([event(2, 'After')]);
  });
});
