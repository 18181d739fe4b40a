/** How programs are told where their apiserver is. */
import { KubeClient } from '../src/kube/client.js';
import { staticConnection } from '../src/kube/connection.js';

export interface Connection {
  readonly server: string;
  readonly ca?: string;
  readonly token?: string;
  readonly cert?: string;
  readonly key?: string;
}

export function clientOf({ server, ...identity }: Connection): KubeClient {
  return new KubeClient(staticConnection(server, identity));
}
