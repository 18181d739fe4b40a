import { afterAll, beforeAll, describe } from 'vitest';
import { ControlPlane } from '../../src/testing/control-plane.js';
import { bodies } from './bodies/index.js';
import { outage } from './bodies/outage.js';
import { workloads } from './bodies/workloads.js';

const withControllers = { scheduler: true, controllers: true };
const skipped = 'skipped unless KUBEBUILDER_ASSETS names a folder with etcd and kube-apiserver';

describe.skipIf(!ControlPlane.available())(`on a real control plane (${skipped})`, () => {
  const cluster = new ControlPlane(ControlPlane.available(withControllers) ? withControllers : {});
  beforeAll(() => cluster.start(), 90_000);
  afterAll(() => cluster.stop(), 30_000);

  bodies(() => cluster);

  describe.skipIf(!ControlPlane.available(withControllers))(
    'with its controllers (skipped unless kube-scheduler and kube-controller-manager are there too)',
    () => workloads(() => cluster),
  );

  // Last, for the scheduler and the controllers take their time to come back to it.
  outage(() => cluster);
});
