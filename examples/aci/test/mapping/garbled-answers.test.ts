/** What becomes of answers in which the cloud leaves out any of its fields, or says something else in them. */
import type { ContainerGroup } from '@azure/arm-containerinstance';
import fc from 'fast-check';
import type { PodStatus } from 'vk-sdk';
import { describe, expect, it } from 'vitest';
import { groupEvents } from '../../src/mapping/status/group-events.js';
import { groupToPod } from '../../src/mapping/status/group-to-pod.js';
import { groupToStatus } from '../../src/mapping/status/group-to-status.js';
import { answer, finished, podWith, started } from './answers.js';
import { faultsOf } from './legal-status.js';

const now = Date.parse('2026-03-01T11:00:00Z');
const pod = podWith({ restartPolicy: 'OnFailure', initContainers: [{ name: 'first', image: 'busybox' }] });

const states = [
  'Running',
  'Waiting',
  'Terminated',
  'Succeeded',
  'Failed',
  'Canceled',
  'Creating',
  'Repairing',
  'Pending',
];

const event = fc.record({
  name: fc.constantFrom('Pulled', 'Failed', 'Back-off'),
  type: fc.constantFrom('Normal', 'Warning'),
  message: fc.string(),
  firstTimestamp: fc.constant(new Date(started)),
  lastTimestamp: fc.constantFrom(new Date(finished), finished),
  count: fc.nat(),
});

const containerState = fc.record({
  state: fc.constantFrom(...states),
  startTime: fc.constantFrom(new Date(started), started),
  finishTime: fc.constantFrom(new Date(finished), finished),
  exitCode: fc.constantFrom(0, 1, 137),
  detailStatus: fc.constantFrom('', 'Completed', 'Error', 'CrashLoopBackOff: Back-off', 'it is so'),
});

const view = fc.record({
  restartCount: fc.nat(5),
  currentState: containerState,
  previousState: containerState,
  events: fc.array(event, { maxLength: 2 }),
});

/** As it would be if nothing were left out. */
const whole = fc
  .record({
    state: fc.constantFrom(...states, 'Stopped', 'Deleting'),
    provisioning: fc.constantFrom('Succeeded', ...states),
    app: view,
    first: view,
  })
  .map(({ state, provisioning, app, first }) =>
    answer(state, app, {
      provisioningState: provisioning,
      initContainers: [{ name: 'first', image: 'b', instanceView: first }],
    }),
  );

const garbage = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, '', 0, -1, 1.5, NaN, Infinity, true, [], {}, 'x'.repeat(100_000)),
  fc.constantFrom<unknown>(new Date(NaN), new Date(8.64e15), new Date(-62_135_596_800_000), '0001-01-01T00:00:00Z'),
  fc.constantFrom<unknown>([null], [{}], { state: [] }, 2 ** 40, '__proto__', 'constructor', Symbol('s'), () => 1, 1n),
  fc.anything(),
);

/** Walks down by the choices, and drops or replaces what it comes to. */
function garble(
  value: unknown,
  choices: readonly number[],
  replacement: { readonly by: unknown } | undefined,
): unknown {
  const [choice, ...rest] = choices;
  const isList = Array.isArray(value);
  if (typeof value !== 'object' || value === null || value instanceof Date || choice === undefined) {
    return replacement?.by;
  }
  const keys = Object.keys(value);
  const key = keys[choice % Math.max(keys.length, 1)];
  if (key === undefined) return replacement?.by;
  const copy: Record<string, unknown> = { ...(value as Record<string, unknown>) };
  if (rest.length === 0 && replacement === undefined) delete copy[key];
  else copy[key] = garble(copy[key], rest, replacement);
  return isList ? Object.values(copy) : copy;
}

const change = fc.record({
  choices: fc.array(fc.nat(11), { minLength: 1, maxLength: 6 }),
  replacement: fc.option(fc.record({ by: garbage }), { nil: undefined }),
});

const garbled = fc
  .tuple(whole, fc.array(change, { maxLength: 8 }))
  .map(([group, changes]) =>
    changes.reduce<unknown>((made, { choices, replacement }) => garble(made, choices, replacement), group),
  ) as fc.Arbitrary<ContainerGroup>;

describe('whatever the cloud answers', () => {
  it('never assumes that a field is there: the status is legal, step by step, and terminal phases stay', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 5, arbitrary: garbled }, fc.anything()), { minLength: 1, maxLength: 6 }),
        (answers) => {
          let previous: PodStatus | undefined;
          for (const [step, group] of answers.entries()) {
            const status = groupToStatus(group as ContainerGroup, pod, previous, now + step * 1_000);
            expect(faultsOf(pod, status)).toEqual([]);
            if (previous?.phase === 'Succeeded' || previous?.phase === 'Failed') expect(status).toEqual(previous);
            for (const [index, { restartCount }] of (status.containerStatuses ?? []).entries()) {
              expect(restartCount).toBeGreaterThanOrEqual(previous?.containerStatuses?.[index]?.restartCount ?? 0);
            }
            previous = status;
          }
        },
      ),
      { numRuns: 600 },
    );
  });

  it('makes a pod of its tags, or none, and a legal status of that', () => {
    fc.assert(
      fc.property(fc.oneof(garbled, fc.anything()), (group) => {
        const found = groupToPod(group as ContainerGroup);
        const status = groupToStatus(group as ContainerGroup, undefined, undefined, now);
        expect(faultsOf(found ?? { metadata: {}, spec: { containers: [] } }, status)).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  it('tells Events that Kubernetes takes, oldest first', () => {
    fc.assert(
      fc.property(fc.oneof(garbled, fc.anything()), (group) => {
        let last = 0;
        for (const { at, type, reason, message } of groupEvents(group as ContainerGroup)) {
          expect(at).toBeGreaterThanOrEqual(last);
          expect(type === 'Normal' || type === 'Warning').toBe(true);
          expect(reason).toMatch(/^[A-Z][A-Za-z0-9]{0,127}$/);
          expect(message.length > 0 && message.length <= 1_024).toBe(true);
          last = at;
        }
      }),
      { numRuns: 400 },
    );
  });

  it('survives each single field that is left out', () => {
    const full = answer(
      'Running',
      {
        restartCount: 1,
        currentState: { state: 'Running', startTime: new Date(started), detailStatus: '' },
        previousState: {
          state: 'Terminated',
          exitCode: 1,
          startTime: started,
          finishTime: finished,
          detailStatus: 'Error',
        },
        events: [{ name: 'Pulled', type: 'Normal', message: 'm', lastTimestamp: new Date(started) }],
      },
      {
        initContainers: [
          { name: 'first', image: 'b', instanceView: { currentState: { state: 'Terminated', exitCode: 0 } } },
        ],
      },
    );
    const before = groupToStatus(full, pod, undefined, now);
    let fields = 0;
    for (const path of pathsOf(full)) {
      const partial = without(full, path) as ContainerGroup;
      for (const previous of [undefined, before]) {
        const status = groupToStatus(partial, pod, previous, now);
        expect(faultsOf(pod, status), path.join('.')).toEqual([]);
        // What was known is not forgotten because an answer lacks it.
        if (previous && path.join('.') !== 'provisioningState') expect(status.phase, path.join('.')).toBe('Running');
      }
      groupToPod(partial);
      groupEvents(partial);
      fields += 1;
    }
    expect(fields).toBeGreaterThan(40);
  });
});

function* pathsOf(value: unknown, path: readonly string[] = []): Generator<readonly string[]> {
  if (typeof value !== 'object' || value === null || value instanceof Date) return;
  for (const [key, item] of Object.entries(value)) {
    yield [...path, key];
    yield* pathsOf(item, [...path, key]);
  }
}

function without(value: unknown, [key, ...rest]: readonly string[]): unknown {
  if (key === undefined || typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = { ...(value as Record<string, unknown>) };
  if (rest.length === 0) delete copy[key];
  else copy[key] = without(copy[key], rest);
  return Array.isArray(value) ? Object.values(copy) : copy;
}
