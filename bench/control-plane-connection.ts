/** What a program needs to talk to a control plane as its administrator. */
import { readFile } from 'node:fs/promises';
import type { ControlPlane } from '../src/testing/control-plane.js';
import type { Connection } from './connection.js';

interface Kubeconfig {
  readonly clusters: readonly [{ cluster: { server: string; 'certificate-authority-data': string } }];
  readonly users: readonly [{ user: { 'client-certificate-data': string; 'client-key-data': string } }];
}

export async function connectionOf(plane: ControlPlane): Promise<Connection> {
  const config = JSON.parse(await readFile(plane.kubeconfig, 'utf8')) as Kubeconfig;
  const text = (base64: string): string => Buffer.from(base64, 'base64').toString();
  const [{ cluster }] = config.clusters;
  const [{ user }] = config.users;
  return {
    server: cluster.server,
    ca: text(cluster['certificate-authority-data']),
    cert: text(user['client-certificate-data']),
    key: text(user['client-key-data']),
  };
}
