/** Every command that the fake is there for, run by the real binaries. Without any the tests are skipped. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configMaps, nodes, pods } from '../../src/kube/resources.js';
import type { Pod } from '../../src/kube/types.js';
import { FakeApiServer } from '../../src/testing/fake-api-server.js';
import { eventually, readyNode, simplePod } from './support/objects.js';
import { Kubectl, kubectlBinaries } from './support/run-kubectl.js';

const binaries = kubectlBinaries();

/** Keeps the pods of other tests away. */
const reserved = { key: 'reserved', effect: 'NoSchedule' };

it.skipIf(binaries.length > 0)(
  'finds no kubectl on the path nor in KUBEBUILDER_ASSETS, and tests none',
  () => undefined,
);

async function userOf(server: FakeApiServer, token: string): Promise<string | undefined> {
  interface Review {
    readonly status: { readonly user: { readonly username?: string } };
  }
  const review = await server.client.request<Review>({
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/tokenreviews',
    body: { kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1', spec: { token } },
  });
  return review.status.user.username;
}

function manifest(pod: Pod): string {
  return JSON.stringify(pod);
}

describe.concurrent.each(binaries)('kubectl $version', ({ binary }) => {
  const server = new FakeApiServer({ scheduler: true });
  let kubectl: Kubectl;
  beforeAll(async () => {
    await server.start();
    kubectl = new Kubectl(binary, server.kubeconfig);
    await server.client.create(nodes, readyNode('n1'));
    // Fills the discovery cache, so that commands that run at the same time need not.
    await kubectl.ok('api-resources');
  });
  afterAll(async () => {
    kubectl[Symbol.dispose]();
    await server.stop();
  });

  function podNamed(name: string): Pod | undefined {
    return server.objects(pods).find(({ metadata }) => metadata.name === name);
  }

  async function run(pod: string, ...options: string[]): Promise<void> {
    await kubectl.ok(['run', pod, '--image=nginx', ...options].join(' '));
    await eventually(() => podNamed(pod)?.spec.nodeName === 'n1');
  }

  async function report(name: string, status: object): Promise<void> {
    const at = { namespace: 'default', name };
    await server.client.patch(pods, at, 'merge', { status }, { subresource: 'status' });
  }

  it('lists what there is, and says of what there is not that it is missing', async () => {
    const [resources, deployment, deployments] = await Promise.all([
      kubectl.ok('api-resources'),
      kubectl.run(['create', 'deployment', 'web', '--image=nginx']),
      kubectl.run(['get', 'deployments']),
    ]);
    expect(resources).toMatch(/^pods +po +v1 +true +Pod$/m);
    expect(resources).toMatch(/^leases +coordination.k8s.io\/v1 +true +Lease$/m);
    expect(deployment.code).toBe(1);
    expect(deployment.stderr).toContain('the fake apiserver has no deployments.apps');
    expect(deployments.stderr).toContain('the server doesn\'t have a resource type "deployments"');
  });

  it('shows pods and nodes as tables, wide tables, yaml, json, jsonpath and names, by selector', async () => {
    await run('shown', '--labels=app=shown,tier=x');
    await report('shown', { phase: 'Running', podIPs: [{ ip: '10.1.0.7' }], podIP: '10.1.0.7' });
    const commands = [
      'get pod shown',
      'get pod shown -o wide',
      'get pod shown -o yaml',
      'get pod shown -o json',
      'get pods -l app=shown -o jsonpath={.items[*].spec.nodeName}',
      'get pods -l app=shown -o name',
      'get pods -l app!=other,tier',
      'get pods -A --field-selector spec.nodeName=n1,metadata.name=shown',
      'get pods -l app=nothing',
      'get nodes -o wide',
      'get all',
    ];
    const outputs = await Promise.all(commands.map((command) => kubectl.ok(command)));
    const [table, wide, yaml, json, jsonPath, name, selected, byField, none, nodeTable, everything] = outputs;
    expect(table).toMatch(/NAME +READY +STATUS +RESTARTS +AGE\nshown +0\/1 +Running +0 +\d+s\n/);
    expect(wide).toMatch(/READINESS GATES\nshown .* 10\.1\.0\.7 +n1 +<none> +<none>\n/);
    expect(yaml).toContain('nodeName: n1');
    expect(JSON.parse(json ?? '')).toMatchObject({ kind: 'Pod', apiVersion: 'v1', status: { phase: 'Running' } });
    expect(jsonPath).toBe('n1');
    expect(name).toBe('pod/shown\n');
    expect(selected).toContain('shown');
    expect(byField).toMatch(/^NAMESPACE +NAME/);
    expect(none).toBe('');
    expect(nodeTable).toMatch(/n1 +Ready +<none> .* 10\.0\.0\.1/);
    expect(everything).toContain('service/kubernetes');
  });

  it('watches with -w', async () => {
    await run('watched');
    const child = kubectl.start(['get', 'pod', 'watched', '-w']);
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await eventually(() => output.includes('Pending') && server.watchCount > 0);
    await report('watched', { phase: 'Failed', reason: 'Evicted' });
    await eventually(() => output.includes('Evicted'));
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill();
    await ended;
    expect(output.match(/NAME/g)).toHaveLength(1);
  });

  it('describes pods and nodes with their events', async () => {
    await run('described');
    const [pod, node] = await Promise.all([kubectl.ok('describe pod described'), kubectl.ok('describe node n1')]);
    expect(pod).toMatch(/Node: +n1/);
    expect(pod).toMatch(/Normal +Scheduled .* Successfully assigned default\/described to n1/);
    expect(node).toMatch(/Ready +True/);
    expect(node).toMatch(/default +described/);
    expect(await kubectl.ok('events')).toContain('Successfully assigned default/described to n1');
  });

  it('creates pods, and what its typed commands make, which it sends as protobuf', async () => {
    await Promise.all([
      kubectl.ok('create -f -', manifest(simplePod('created'))),
      kubectl.ok('create configmap settings --from-literal=mode=fast'),
      kubectl.ok('create secret generic hidden --from-literal=key=value'),
      kubectl.ok('create namespace elsewhere'),
      kubectl.ok('create serviceaccount robot'),
    ]);
    expect(podNamed('created')).toBeDefined();
    const { data } = await server.client.get(configMaps, { namespace: 'default', name: 'settings' });
    expect(data).toEqual({ mode: 'fast' });
    const token = await kubectl.ok('create token robot');
    const accepted = await userOf(server, token.trim());
    expect(accepted).toBe('system:serviceaccount:default:robot');
    const refused = await kubectl.run(['create', '-f', '-'], manifest(simplePod('created')));
    expect(refused.stderr).toContain('AlreadyExists');
  });

  it('refuses what no pod has, by name', async () => {
    const wrong = { ...simplePod('wrong'), spec: { containers: [{ name: 'main', image: 'nginx', imge: 'typo' }] } };
    const { code, stderr } = await kubectl.run(['create', '-f', '-'], JSON.stringify(wrong));
    expect(code).toBe(1);
    expect(stderr).toContain('unknown field "spec.containers[0].imge"');
  });

  it('applies on the client side: creates, changes nothing, changes, and prunes what was left out', async () => {
    const pod = simplePod('applied');
    const labelled = { ...pod, metadata: { ...pod.metadata, labels: { a: '1', b: '2' } } };
    const fewer = { ...pod, metadata: { ...pod.metadata, labels: { a: '1' } } };
    expect(await kubectl.ok('apply -f -', manifest(labelled))).toBe('pod/applied created\n');
    expect(await kubectl.ok('apply -f -', manifest(labelled))).toBe('pod/applied unchanged\n');
    await kubectl.ok('label pod applied other=kept');
    expect(await kubectl.ok('apply -f -', manifest(fewer))).toBe('pod/applied configured\n');
    expect(podNamed('applied')?.metadata.labels).toEqual({ a: '1', other: 'kept' });
  });

  it('applies on the server side, and stops at what belongs to another manager unless told otherwise', async () => {
    const pod = simplePod('served');
    const labelled = { ...pod, metadata: { ...pod.metadata, labels: { a: '1', b: '2' } } };
    const changed = { ...pod, metadata: { ...pod.metadata, labels: { a: '2' } } };
    await kubectl.ok('apply --server-side -f -', manifest(labelled));
    await kubectl.ok('label pod served a=mine --overwrite');
    const conflict = await kubectl.run(['apply', '--server-side', '-f', '-'], manifest(changed));
    expect(conflict.code).toBe(1);
    expect(conflict.stderr).toContain('conflict with "kubectl-label"');
    await kubectl.ok('apply --server-side --force-conflicts -f -', manifest(changed));
    expect(podNamed('served')?.metadata.labels).toEqual({ a: '2' });
  });

  it('edits by all three kinds of patch, labels, annotates, taints, cordons and uncordons', async () => {
    await run('edited');
    await kubectl.ok('patch pod edited -p {"metadata":{"labels":{"strategic":"1"}}}');
    await kubectl.ok('patch pod edited --type=merge -p {"metadata":{"labels":{"merge":"1"}}}');
    await kubectl.ok('patch pod edited --type=json -p [{"op":"add","path":"/metadata/labels/json","value":"1"}]');
    await kubectl.ok('annotate pod edited note=kept');
    const { labels, annotations } = podNamed('edited')?.metadata ?? {};
    expect(labels).toMatchObject({ run: 'edited', strategic: '1', merge: '1', json: '1' });
    expect(annotations).toEqual({ note: 'kept' });

    await server.client.create(nodes, readyNode('n2', { spec: { taints: [reserved] } }));
    await kubectl.ok('taint node n2 dedicated=gpu:NoSchedule');
    const tainted = await server.client.get(nodes, { name: 'n2' });
    expect(tainted.spec?.taints).toContainEqual({ key: 'dedicated', value: 'gpu', effect: 'NoSchedule' });
    await kubectl.ok('taint node n2 dedicated-');
    await kubectl.ok('cordon n2');
    expect(await kubectl.ok('get node n2')).toContain('Ready,SchedulingDisabled');
    await kubectl.ok('uncordon n2');
    expect(await kubectl.ok('get node n2')).not.toContain('SchedulingDisabled');
    await server.client.delete(nodes, { name: 'n2' });
  });

  it('deletes with grace, at once, and waits for what takes its time', async () => {
    await Promise.all(['graceful', 'forced', 'awaited'].map((name) => run(name)));
    await kubectl.ok('delete pod graceful --grace-period=20 --wait=false');
    expect(podNamed('graceful')?.metadata.deletionGracePeriodSeconds).toBe(20);
    expect(await kubectl.ok('get pod graceful')).toContain('Terminating');
    await kubectl.ok('delete pod forced --force');
    expect(podNamed('forced')).toBeUndefined();

    const deleting = kubectl.ok('delete pod awaited --wait');
    await eventually(() => podNamed('awaited')?.metadata.deletionTimestamp !== undefined);
    await server.client.delete(pods, { namespace: 'default', name: 'awaited' }, { gracePeriodSeconds: 0 });
    expect(await deleting).toContain('pod "awaited" deleted');
  });

  it('drains a node: pods are evicted, and it waits for their end', async () => {
    const labelled = { metadata: { name: 'n3', labels: { drained: 'yes' } }, spec: { taints: [reserved] } };
    await server.client.create(nodes, readyNode('n3', labelled));
    const evicted = simplePod('evicted', { nodeSelector: { drained: 'yes' }, tolerations: [{ operator: 'Exists' }] });
    await server.client.create(pods, evicted);
    await eventually(() => podNamed('evicted')?.spec.nodeName === 'n3');
    const draining = kubectl.ok('drain n3 --force');
    await eventually(() => podNamed('evicted')?.metadata.deletionTimestamp !== undefined);
    await server.client.delete(pods, { namespace: 'default', name: 'evicted' }, { gracePeriodSeconds: 0 });
    expect(await draining).toContain('node/n3 drained');
    await server.client.delete(nodes, { name: 'n3' });
  });

  it('waits for a condition', async () => {
    await run('readied');
    const waiting = kubectl.ok('wait pod/readied --for=condition=Ready --timeout=10s');
    await eventually(() => server.requests.count({ verb: 'watch', resource: 'pods' }) > 0);
    await report('readied', { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] });
    expect(await waiting).toBe('pod/readied condition met\n');
  });

  it('asks who it is and what it may', async () => {
    const [create, whoAmI, list] = await Promise.all([
      kubectl.ok('auth can-i create pods'),
      kubectl.ok('auth whoami'),
      kubectl.ok('auth can-i --list'),
    ]);
    expect(create).toBe('yes\n');
    expect(whoAmI).toMatch(/Username +kubernetes-admin/);
    expect(list).toMatch(/\*\.\* +\[\] +\[\] +\[\*\]/);
  });

  it('is told plainly that the kubelet is out of reach', async () => {
    const nobody = {
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      daemonEndpoints: { kubeletEndpoint: { Port: 1 } },
    };
    await server.client.create(nodes, readyNode('unreachable', { status: nobody, spec: { unschedulable: true } }));
    await server.client.create(pods, simplePod('unreachable', { nodeName: 'unreachable' }));
    const { code, stderr } = await kubectl.run(['logs', 'unreachable']);
    expect(code).toBe(1);
    expect(stderr).toContain('dial tcp 127.0.0.1:1: connect: connection refused');
  });
});
