/**
 * Run by `trust.test.ts` with NODE_EXTRA_CA_CERTS, which makes an authority one of those that Node trusts by default.
 * Prints what a client of that authority is answered by a server that was given no authority at all.
 */
import { readFileSync } from 'node:fs';
import { ask, everybody, startServer } from './kubelet-scene.js';

const [certificateFile = '', keyFile = ''] = process.argv.slice(2);
const server = await startServer({
  clientAuthorities: { open: async () => undefined },
  authenticator: {
    authenticate: async ({ certificate }) => certificate && { username: certificate.commonName, groups: [] },
  },
  authorizer: everybody,
});
const as = { certificate: readFileSync(certificateFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
const { status } = await ask(server, '/healthz', { as });
process.stdout.write(`${status}`);
await server.close();
