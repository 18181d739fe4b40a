import { afterAll, beforeAll, describe } from 'vitest';
import { FakeApiServer } from '../../src/testing/fake-api-server.js';
import { inputs } from './bodies/inputs.js';

describe('what a pod brings with it, on the fake apiserver', () => {
  const cluster = new FakeApiServer();
  beforeAll(() => cluster.start());
  afterAll(() => cluster.stop());

  inputs(
    () => cluster,
    () => Promise.resolve(cluster.client),
  );
});
