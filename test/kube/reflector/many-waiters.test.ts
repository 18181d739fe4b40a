import { expect, it } from 'vitest';
import { KubeClient } from '../../../src/kube/client.js';
import { staticConnection } from '../../../src/kube/connection.js';
import { Reflector } from '../../../src/kube/reflector/reflector.js';
import { pods } from '../../../src/kube/resources.js';

it('lets many wait for one reflector without a warning in the user’s terminal', async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on('warning', onWarning);
  const client = new KubeClient(staticConnection('http://127.0.0.1:1'));
  const reflector = new Reflector(client, pods);
  const waiting = Array.from({ length: 50 }, () => reflector.waitForSync());
  const ended = Promise.allSettled(waiting);
  await reflector.close();
  expect((await ended).every(({ status }) => status === 'rejected')).toBe(true);
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', onWarning);
  expect(warnings).toEqual([]);
  await client.close();
});
