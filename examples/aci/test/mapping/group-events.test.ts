import type { ContainerGroup } from '@azure/arm-containerinstance';
import { describe, expect, it } from 'vitest';
import { groupEvents } from '../../src/mapping/status/group-events.js';
import { answer, finished, started } from './answers.js';

const at = Date.parse(started);
const pulled = { name: 'Pulled', type: 'Normal', message: 'pulled it', lastTimestamp: new Date(started), count: 1 };

function eventsOf(...events: unknown[]) {
  return groupEvents(answer('Running', {}, { instanceView: { events } }));
}

describe('events', () => {
  it('upstream §5: are those of the group and of its containers, oldest first, with the container’s name', () => {
    const group = answer(
      'Running',
      { events: [pulled] },
      {
        instanceView: { events: [{ ...pulled, name: 'Started', message: 'started it', lastTimestamp: finished }] },
        initContainers: [
          {
            name: 'first',
            instanceView: { events: [{ ...pulled, type: 'Warning', lastTimestamp: '2026-03-01T10:04:00Z' }] },
          },
        ],
      },
    );
    expect(groupEvents(group)).toEqual([
      { at: at - 60_000, type: 'Warning', reason: 'Pulled', message: 'init container first: pulled it' },
      { at, type: 'Normal', reason: 'Pulled', message: 'container app: pulled it' },
      { at: at + 60_000, type: 'Normal', reason: 'Started', message: 'started it' },
    ]);
  });

  it.each([
    ['a message', { message: undefined }, { message: 'Pulled' }],
    ['a name', { name: undefined }, { reason: 'CloudEvent' }],
    ['both', { name: undefined, message: undefined }, { reason: 'CloudEvent', message: 'no message' }],
    ['a type', { type: undefined }, { type: 'Normal' }],
    ['the last time', { lastTimestamp: undefined, firstTimestamp: started }, { at }],
    ['a name in CamelCase', { name: 'back-off pulling' }, { reason: 'BackOffPulling' }],
    ['a name that can be one', { name: '1234' }, { reason: 'CloudEvent' }],
  ])('are told without %s', (_, event, expected) => {
    expect(eventsOf({ ...pulled, ...event })).toEqual([
      { at, type: 'Normal', reason: 'Pulled', message: 'pulled it', ...expected },
    ]);
  });

  it('are left out without a time, since they could not be told from those before', () => {
    expect(eventsOf({ ...pulled, lastTimestamp: undefined }, { ...pulled, lastTimestamp: 'never' }, null, 7)).toEqual(
      [],
    );
  });

  it('are bounded in number and length', () => {
    const events = Array.from({ length: 2_000 }, (_, index) => ({
      ...pulled,
      message: 'x'.repeat(5_000),
      lastTimestamp: new Date(at + index),
    }));
    const told = eventsOf(...events);
    expect(told).toHaveLength(500);
    expect(told.at(-1)?.at).toBe(at + 1_999);
    expect(Math.max(...told.map(({ message }) => message.length))).toBeLessThanOrEqual(1_024);
  });

  it.each([undefined, null, 7, 'text', {}, { containers: 'none', instanceView: [] }])('are none of %j', (group) => {
    expect(groupEvents(group as unknown as ContainerGroup)).toEqual([]);
  });
});
