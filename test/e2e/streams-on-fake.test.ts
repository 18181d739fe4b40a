import { afterAll, beforeAll, describe } from 'vitest';
import { FakeApiServer } from '../../src/testing/fake-api-server.js';
import { streamBodies } from './streams/index.js';

describe('streams on the fake apiserver', () => {
  const cluster = new FakeApiServer();
  beforeAll(() => cluster.start());
  afterAll(() => cluster.stop());

  streamBodies(() => cluster);
});
