import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/runtime/clock.js';
import { renderExposition } from '../../../src/stream/stats/exposition.js';
import { resourceMetrics } from '../../../src/stream/stats/resource-metrics.js';
import { StatsBuilder, type ContainerUsage } from '../../../src/stream/stats/stats-builder.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { cores, scrape, type Scrape } from './metrics-server.js';

const ref = { namespace: 'default', name: 'web', uid: 'u1' };
const clock = (): ManualClock => new ManualClock({ turns: 0 });

describe('a stats builder', () => {
  it('computes the rate from two samples of a cumulative figure', async () => {
    const time = clock();
    const stats = new StatsBuilder('edge-1', { clock: time });
    const build = (cpuSeconds: number) =>
      stats.build([
        {
          ref,
          containers: [{ name: 'main', startedAtMs: 1, cpuSeconds, memoryBytes: 64e6 }],
        },
      ]);
    expect(build(10).pods[0]?.containers[0]).toEqual({
      name: 'main',
      startTime: '1970-01-01T00:00:00.001Z',
      cpu: { time: '2026-01-01T00:00:00.000Z', usageCoreNanoSeconds: 10_000_000_000 },
      memory: { time: '2026-01-01T00:00:00.000Z', usageBytes: 64e6, workingSetBytes: 64e6 },
    });
    await time.advance(10_000);
    expect(build(12.5).pods[0]?.containers[0]?.cpu).toEqual({
      time: '2026-01-01T00:00:10.000Z',
      usageCoreNanoSeconds: 12_500_000_000,
      usageNanoCores: 250_000_000,
    });
    // Asked twice in a moment.
    expect(build(12.5).pods[0]?.containers[0]?.cpu?.usageNanoCores).toBe(250_000_000);
  });

  it('adds a rate up to the cumulative figure, from the start of the container on', async () => {
    const time = clock();
    const stats = new StatsBuilder('edge-1', { clock: time });
    const startedAtMs = time.now() - 4_000;
    const build = (cpuCores: number) =>
      stats.build([{ ref, containers: [{ name: 'main', startedAtMs, cpuCores }] }]).pods[0]?.containers[0]?.cpu;
    expect(build(0.5)).toMatchObject({ usageNanoCores: 500_000_000, usageCoreNanoSeconds: 2_000_000_000 });
    await time.advance(10_000);
    expect(build(0.1)).toMatchObject({ usageNanoCores: 100_000_000, usageCoreNanoSeconds: 3_000_000_000 });
  });

  it('gives pods and the node the sums of their parts, which go on counting when a part starts anew or goes', async () => {
    const time = clock();
    const stats = new StatsBuilder('edge-1', { clock: time });
    const other = { ...ref, name: 'other', uid: 'u2' };
    const first = stats.build([
      {
        ref,
        startedAtMs: time.now(),
        containers: [
          { name: 'a', startedAtMs: 1, cpuSeconds: 5, memoryBytes: 10 },
          { name: 'b', cpuSeconds: 1, memoryBytes: 20 },
        ],
      },
      { ref: other, containers: [{ name: 'a', cpuSeconds: 4, memoryBytes: 30 }] },
    ]);
    expect(first.pods.map(({ cpu, memory }) => [cpu?.usageCoreNanoSeconds, memory?.workingSetBytes])).toEqual([
      [6e9, 30],
      [4e9, 30],
    ]);
    expect(first.pods[0]?.startTime).toBe('2026-01-01T00:00:00.000Z');
    expect([first.node.cpu?.usageCoreNanoSeconds, first.node.memory?.workingSetBytes]).toEqual([10e9, 60]);
    await time.advance(10_000);
    const second = stats.build([
      {
        ref,
        containers: [
          { name: 'a', startedAtMs: 2, cpuSeconds: 1, memoryBytes: 10 },
          { name: 'b', cpuSeconds: 2, memoryBytes: 20 },
        ],
      },
    ]);
    expect(second.pods[0]?.containers[0]?.cpu).toMatchObject({ usageCoreNanoSeconds: 1e9 });
    expect(second.pods[0]?.cpu).toMatchObject({ usageCoreNanoSeconds: 8e9, usageNanoCores: 200_000_000 });
    expect(second.node.cpu).toMatchObject({ usageCoreNanoSeconds: 12e9, usageNanoCores: 200_000_000 });
  });

  it('takes what is said of a pod and of the machine for it', () => {
    const stats = new StatsBuilder('edge-1', { clock: clock() });
    const { node, pods } = stats.build(
      [{ ref, cpuSeconds: 7, memoryBytes: 70, containers: [{ name: 'a', cpuSeconds: 5 }] }],
      {
        cpuSeconds: 100,
        memoryBytes: 1e9,
      },
    );
    expect([pods[0]?.cpu?.usageCoreNanoSeconds, pods[0]?.memory?.workingSetBytes]).toEqual([7e9, 70]);
    expect([node.cpu?.usageCoreNanoSeconds, node.memory?.workingSetBytes]).toEqual([100e9, 1e9]);
  });

  it('says nothing of what nobody knows', () => {
    const stats = new StatsBuilder('edge-1', { clock: clock() });
    expect(stats.build([{ ref, containers: [{ name: 'a' }] }])).toEqual({
      node: { nodeName: 'edge-1' },
      pods: [{ podRef: ref, containers: [{ name: 'a' }] }],
    });
  });

  it('kubelet-protocol §6: has kubectl top show what the provider says, through restarts of containers and pods that go', async () => {
    const time = clock();
    const stats = new StatsBuilder('edge-1', { clock: time });
    const look = (containers: ContainerUsage[]): Scrape => {
      const pods = [
        { ref, containers },
        { ref: { ...ref, name: 'idle', uid: 'u2' }, containers: [] },
      ];
      return scrape(renderExposition(resourceMetrics(stats.build(pods))), time.now());
    };
    const startedAtMs = time.now() - 1_000;
    const before = look([
      { name: 'main', startedAtMs, cpuCores: 0.5, memoryBytes: 64e6 },
      { name: 'side', cpuSeconds: 3, memoryBytes: 1 },
    ]);
    await time.advance(15_000);
    const after = look([{ name: 'main', startedAtMs, cpuCores: 0.5, memoryBytes: 65e6 }]);
    const point = (of: Scrape) => of.pods.get('default/web')!.get('main')!;
    expect(cores(point(before), point(after))).toBeCloseTo(0.5);
    expect(point(after).memoryBytes).toBe(65e6);
    expect(cores(before.node!, after.node!)).toBeCloseTo(0.5);
  });

  it('never has a cumulative figure fall, whatever it is told', () => {
    const usage = fc.record(
      {
        cpuSeconds: fc.double({ min: 0, max: 1e6, noNaN: true }),
        cpuCores: fc.double({ min: 0, max: 64, noNaN: true }),
      },
      { requiredKeys: [] },
    );
    const check = fc.property(
      fc.array(fc.tuple(usage, fc.integer({ min: -5_000, max: 60_000 })), { maxLength: 12 }),
      (steps) => {
        let nowMs = 1e12;
        const stats = new StatsBuilder('edge-1', { clock: { ...systemClock, now: () => nowMs } });
        let last = { container: 0, node: 0 };
        for (const [figures, passedMs] of steps) {
          nowMs += passedMs;
          const { node, pods } = stats.build([{ ref, containers: [{ name: 'main', startedAtMs: 9e11, ...figures }] }]);
          const now = {
            container: pods[0]?.containers[0]?.cpu?.usageCoreNanoSeconds ?? last.container,
            node: node.cpu?.usageCoreNanoSeconds ?? last.node,
          };
          expect(now.node).toBeGreaterThanOrEqual(last.node);
          const known = Object.keys(figures).length > 0;
          if (known) expect(Number.isInteger(now.container) && now.container >= 0).toBe(true);
          last = now;
        }
      },
    );
    fc.assert(check, { numRuns: 100 });
  });
});
