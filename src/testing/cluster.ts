/** What a test needs of a cluster, be it the fake or a real control plane: one test body runs on both. */
import type { KubeApi } from '../kube/api.js';

export interface TestCluster extends AsyncDisposable {
  /** Address of the apiserver, such as `https://127.0.0.1:41235`. Known after `start()`. */
  readonly url: string;
  /** Path of a kubeconfig file with full rights. Removed by `stop()`. */
  readonly kubeconfig: string;
  /** A client with full rights, closed by `stop()`. */
  readonly client: KubeApi;
  start(): Promise<void>;
  /** Ends the cluster and every connection to it. Idempotent. */
  stop(): Promise<void>;
}
