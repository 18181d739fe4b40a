/** What users of virtual-kubelet rely on of a node, as far as no other file shows it: docs/behaviour.md lists it all. */
import { expect, it } from 'vitest';
import { NodeScene } from '../support/node-scene.js';

it('upstream §1: a provider that says nothing of its health has a node that is Ready and stays so', async () => {
  await using scene = await NodeScene.start();
  await scene.ready({ health: {} });
  await scene.clock.advance(3_600_000);
  expect(scene.condition()).toMatchObject({ status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' });
  expect(scene.lease()?.spec?.renewTime).toMatch(/^2026-01-01T00:59:5|^2026-01-01T01:00:00/);
});

it('upstream §3: asks the backend every 10 s whether it is there', async () => {
  await using scene = await NodeScene.start();
  const pings: number[] = [];
  const ping = async (): Promise<void> => void pings.push(scene.clock.now());
  await scene.ready({ health: { ping } });
  await scene.clock.advance(600_000);
  const pauses = pings.slice(1).map((time, index) => time - (pings[index] ?? 0));
  expect(pauses.length).toBeGreaterThan(50);
  expect(Math.min(...pauses)).toBeGreaterThanOrEqual(10_000);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(11_000);
});
