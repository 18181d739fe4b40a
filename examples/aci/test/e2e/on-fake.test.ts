import { afterAll, beforeAll, describe } from 'vitest';
import { FakeApiServer } from 'vk-sdk/testing';
import { crash } from './bodies/crash.js';
import { disasters } from './bodies/disasters.js';

describe('on the fake apiserver', () => {
  const cluster = new FakeApiServer();
  beforeAll(() => cluster.start());
  afterAll(() => cluster.stop());

  disasters(() => cluster);
  crash(() => cluster, 'refuses');
});
