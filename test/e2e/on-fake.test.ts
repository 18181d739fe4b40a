import { afterAll, beforeAll, describe } from 'vitest';
import { FakeApiServer } from '../../src/testing/fake-api-server.js';
import { bodies } from './bodies/index.js';

describe('on the fake apiserver', () => {
  const cluster = new FakeApiServer();
  beforeAll(() => cluster.start());
  afterAll(() => cluster.stop());

  bodies(() => cluster);
});
