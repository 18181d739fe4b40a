import { afterAll, beforeAll, describe } from 'vitest';
import { ControlPlane } from 'vk-sdk/testing';
import { crash } from './bodies/crash.js';
import { disasters } from './bodies/disasters.js';
import { outage } from './bodies/outage.js';

const skipped = 'skipped unless KUBEBUILDER_ASSETS names a folder with etcd and kube-apiserver';

describe.skipIf(!ControlPlane.available())(`on a real control plane (${skipped})`, () => {
  const cluster = new ControlPlane();
  beforeAll(() => cluster.start(), 60_000);
  afterAll(() => cluster.stop(), 30_000);

  disasters(() => cluster);
  crash(() => cluster, 'leaks');
  outage(() => cluster);
});
