/** The fake apiserver in a process of its own. */
import { FakeApiServer } from '../../src/testing/fake-api-server.js';
import { serve } from './serve.js';

const server = new FakeApiServer({ historyLimit: 200_000, watchBacklog: 1_000_000 });
await server.start();
serve({ connection: () => ({ server: server.url, ca: server.ca, token: server.adminToken }) });
