import { describe, expect, it } from 'vitest';
import { ControlPlane } from 'vk-sdk/testing';
import { runLoad, scaledLimits, type LoadReport } from './load.js';

const skipped = 'skipped unless KUBEBUILDER_ASSETS names a folder with etcd and kube-apiserver';
const isFull = process.env['VK_SDK_FULL'] !== undefined;

/** Small: a tenth of the time that things take, and few enough creates and deletes for the limits to be met all the same. */
const load = isFull
  ? { pods: 500, limits: scaledLimits(1 / 30), withinMs: 300_000 }
  : {
      pods: 50,
      latencyScale: 0.1,
      // Even a machine that makes five pods a second meets them.
      limits: { creates: { requests: 20, windowMs: 4_000 }, removals: { requests: 20, windowMs: 4_000 } },
      tracker: { pace: { fastestMs: 500 } },
      withinMs: 60_000,
    };

describe.skipIf(!ControlPlane.available())(`pods in numbers, on a real control plane (${skipped})`, () => {
  it(
    'all run and all go, though the cloud throttles, each as one group and with few requests',
    { timeout: 2 * load.withinMs + 60_000 },
    async () => {
      await using cluster = new ControlPlane();
      await cluster.start();
      const { creation, deletion, ...report }: LoadReport = await runLoad(cluster, load);
      expect(report.groups).toEqual(report.expectedGroups);
      expect(report).toMatchObject({ groupsLeft: 0, podsLeft: 0 });
      expect(creation.refused.get('create')).toBeGreaterThan(0);
      expect(deletion.refused.get('delete')).toBeGreaterThan(0);
      // What was refused is asked for again, and nothing else is.
      expect(creation.requests.get('create')).toBe(load.pods);
      expect(deletion.requests.get('delete')).toBe(load.pods);
    },
  );
});
