/** Pods on nodes whose kubelet is scripted, as an apiserver finds it, and a client of that apiserver. */
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { nodes, pods } from '../../../../src/kube/resources.js';
import type { Pod } from '../../../../src/kube/types.js';
import type { TestCluster } from '../../../../src/testing/cluster.js';
import { send, type RawAnswer } from '../../support/raw-client.js';
import { ScriptedKubelet, type Arrival } from '../../support/scripted-kubelet.js';
import { switchProtocols } from './upgrade.js';

export interface ProxyScene {
  readonly cluster: () => TestCluster;
  readonly kubelet: ScriptedKubelet;
  readonly podsPath: string;
  /** `path` is below that of the pods. */
  readonly ask: (path: string, headers?: Record<string, string | string[]>, method?: string) => Promise<RawAnswer>;
  /** The Status of an answer, without what all of them have. */
  readonly refusal: (answer: Promise<RawAnswer>) => Promise<Record<string, unknown>>;
  /** The one request that has come to the kubelet. */
  readonly arrival: () => Arrival;
}

/** For the tests of the block in which it is called. */
export function proxyScene(cluster: () => TestCluster): ProxyScene {
  const kubelet = new ScriptedKubelet();
  const podsPath = '/api/v1/namespaces/default/pods';

  async function addNode(name: string, port: number, status: object = {}): Promise<void> {
    const { client } = cluster();
    await client.create(nodes, { metadata: { name } });
    const addresses = [
      { type: 'Hostname', address: 'nowhere.invalid' },
      { type: 'InternalIP', address: '127.0.0.1' },
    ];
    const whole = { addresses, daemonEndpoints: { kubeletEndpoint: { Port: port } }, ...status };
    await client.patch(nodes, { name }, 'merge', { status: whole }, { subresource: 'status' });
  }

  async function addPod(name: string, nodeName: string | undefined, spec: Partial<Pod['spec']> = {}): Promise<void> {
    await cluster().client.create(pods, {
      metadata: { namespace: 'default', name },
      spec: { containers: [{ name: 'a', image: 'x' }], ...(nodeName === undefined ? {} : { nodeName }), ...spec },
    });
  }

  beforeAll(async () => {
    await kubelet.start();
    await addNode('proxied', kubelet.port);
    await addNode('proxied-websocket', kubelet.port, { declaredFeatures: ['ExtendWebSocketsToKubelet'] });
    await addNode('proxied-dead', 1);
    await addNode('proxied-nowhere', kubelet.port, { addresses: [] });
    await addPod('one', 'proxied');
    await addPod('several', 'proxied', {
      initContainers: [{ name: 'i', image: 'x' }],
      containers: [
        { name: 'a', image: 'x' },
        { name: 'b', image: 'x' },
      ],
    });
    await addPod('websocket', 'proxied-websocket');
    await addPod('dead', 'proxied-dead');
    await addPod('nowhere', 'proxied-nowhere');
    await addPod('ghost', 'no-such-node');
    await addPod('free', undefined, { schedulingGates: [{ name: 'example.com/never' }] });
  });
  afterAll(() => kubelet.stop());
  beforeEach(() => {
    kubelet.arrivals.length = 0;
    kubelet.answer = (_, response) => response.end('unexpected');
    kubelet.upgrade = switchProtocols;
  });

  function ask(path: string, headers: Record<string, string | string[]> = {}, method = 'GET'): Promise<RawAnswer> {
    return send(cluster(), method, `${podsPath}/${path}`, headers);
  }

  async function refusal(answer: Promise<RawAnswer>): Promise<Record<string, unknown>> {
    const { status, body } = await answer;
    const { kind, apiVersion, metadata, ...said } = JSON.parse(body.toString()) as Record<string, unknown>;
    expect({ kind, apiVersion, metadata }).toEqual({ kind: 'Status', apiVersion: 'v1', metadata: {} });
    expect(said).toMatchObject({ status: 'Failure', code: status });
    delete said['status'];
    return said;
  }

  function arrival(): Arrival {
    expect(kubelet.arrivals).toHaveLength(1);
    return kubelet.arrivals[0]!;
  }

  return { cluster, kubelet, podsPath, ask, refusal, arrival };
}
