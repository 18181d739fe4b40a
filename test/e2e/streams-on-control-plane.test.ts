import { afterAll, beforeAll, describe } from 'vitest';
import { ControlPlane } from '../../src/testing/control-plane.js';
import { podStreams } from './streams/index.js';
import { kubeletProxy } from './streams/kubelet-proxy/index.js';

const skipped = 'skipped unless KUBEBUILDER_ASSETS names a folder with etcd and kube-apiserver';

describe.skipIf(!ControlPlane.available())(`streams on a real control plane (${skipped})`, () => {
  const cluster = new ControlPlane();
  beforeAll(() => cluster.start(), 90_000);
  afterAll(() => cluster.stop(), 30_000);

  kubeletProxy(() => cluster);
  podStreams(() => cluster);
});
