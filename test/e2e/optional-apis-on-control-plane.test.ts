import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { connect } from '../../src/kube/connect.js';
import type { KubeClient } from '../../src/kube/client.js';
import { type PodCertificateRequest, podCertificateRequests } from '../../src/kube/pod-certificate-request.js';
import { type PodCertificate, PodCertificates, type PodCertificateSpec } from '../../src/kube/pod-certificates.js';
import { clusterTrustBundles, events, nodes, pods, serviceAccounts } from '../../src/kube/resources.js';
import type { Sourced } from '../../src/kube/sourced.js';
import type { Pod } from '../../src/kube/types.js';
import { VirtualNode } from '../../src/node/virtual-node.js';
import { parseCredentialPluginConfig } from '../../src/provider/images/credential-plugin-config.js';
import { CredentialPlugins } from '../../src/provider/images/credential-plugins.js';
import type { PodContext } from '../../src/provider/inputs/pod-inputs.js';
import { ControlPlane } from '../../src/testing/control-plane.js';
import { ManualClock } from '../../src/testing/manual-clock.js';
import { eventually } from './support/eventually.js';
import { FileBackend } from './support/file-backend.js';
import { PodSigner } from './support/pod-signer.js';
import { podOn } from './support/pods.js';
import { Scene } from './support/scene.js';

const skipped = 'skipped unless KUBEBUILDER_ASSETS names a folder with etcd and kube-apiserver';

/** Keeps the volumes that it was given last. */
class VolumeBackend extends FileBackend {
  readonly files = new Map<string, string>();

  override async createPod(pod: Pod, context?: PodContext): Promise<void> {
    await this.updatePodInputs(pod, context);
    await super.createPod(pod);
  }

  async updatePodInputs(_: Pod, context: PodContext | undefined): Promise<void> {
    for (const [volume, content] of (await context?.inputs?.volumes()) ?? []) {
      if (content.kind !== 'files') continue;
      for (const [path, { data }] of content.files) this.files.set(`${volume}/${path}`, data.toString());
    }
  }
}

const ofSigner = (signerName: string) => (request: PodCertificateRequest) => request.spec.signerName === signerName;

function found(sourced: Sourced<PodCertificate> | undefined): PodCertificate {
  if (sourced?.state !== 'found') throw new Error(`no certificate: ${JSON.stringify(sourced)}`);
  return sourced.object;
}

describe.skipIf(!ControlPlane.available())(
  `what an apiserver serves only if it is told to, as a kubelet's credential sees it (${skipped})`,
  () => {
    const cluster = new ControlPlane({
      apiserverFlags: [
        '--runtime-config=certificates.k8s.io/v1beta1=true',
        '--feature-gates=ClusterTrustBundle=true,ClusterTrustBundleProjection=true,PodCertificateRequest=true',
      ],
    });
    let client: KubeClient;
    beforeAll(async () => {
      await cluster.start();
      client = await connect({ kubeconfig: await cluster.addUser('system:node:opt-1', ['system:nodes']) });
    }, 90_000);
    afterAll(async () => {
      await client.close();
      await cluster.stop();
    }, 30_000);

    /** A pod of the node, and what asks for its certificates by a clock that the test moves. */
    async function certifying(signerName: string) {
      const scene = await Scene.open(cluster, 'opt-1');
      await cluster.client.create(nodes, { metadata: { name: 'opt-1' } });
      const { metadata } = await scene.create('holder');
      const clock = new ManualClock({ nowMs: Date.now() });
      const logged: string[] = [];
      const note = (fields: object, message: string) => void logged.push(`${message} ${inspect(fields, { depth: 9 })}`);
      const logger = { debug: note, info: note, warn: note, error: note };
      const certificates = new PodCertificates(client, { clock, random: () => 0.5, logger });
      onTestFinished(() => certificates.close());
      const { namespace = '', name = '', uid = '' } = metadata;
      const of = { namespace, pod: { name, uid }, serviceAccountName: 'default', nodeName: 'opt-1', signerName };
      const spec = (keyType: string): PodCertificateSpec => ({ ...of, keyType });
      return {
        certificates,
        clock,
        logged,
        spec,
        signer: new PodSigner(cluster.client, cluster.authority, signerName, { clock }),
      };
    }

    it('clusterTrustBundle projections hold the bundle by its name, and all of a signer, and follow their changes', async () => {
      const scene = await Scene.open(cluster, 'opt-1');
      const backend = new VolumeBackend(scene.folder);
      const node = new VirtualNode('opt-1', backend, client);
      onTestFinished(() => node.close({ graceMs: 0 }));
      await node.start();
      await node.ready();
      const pem = cluster.authority.certificate;
      const other = await readFile(new URL('../fixtures/pki/other-ca.crt', import.meta.url), 'utf8');
      const create = (name: string, trustBundle: string, signerName?: string) =>
        cluster.client.create(clusterTrustBundles, {
          metadata: { name, labels: { live: 'yes' } },
          spec: { trustBundle, ...(signerName !== undefined && { signerName }) },
        });
      await create('company', pem);
      const signerName = 'example.com/mesh';
      const sources = [
        { clusterTrustBundle: { name: 'company', path: 'company.pem' } },
        { clusterTrustBundle: { signerName, labelSelector: { matchLabels: { live: 'yes' } }, path: 'mesh.pem' } },
        { clusterTrustBundle: { name: 'nobody', optional: true, path: 'optional.pem' } },
      ];
      const pod = podOn('opt-1', 'trusting');
      const spec = {
        ...pod.spec,
        automountServiceAccountToken: false,
        volumes: [{ name: 'ca', projected: { sources } }],
      };
      await cluster.client.create(pods, { ...pod, spec });
      await eventually(async () => {
        const { items } = await cluster.client.request<{ items: { reason: string; message: string }[] }>({
          method: 'GET',
          path: '/api/v1/namespaces/default/events',
        });
        const told = items.filter(({ reason }) => reason === 'FailedMount').map(({ message }) => message);
        expect(told.join()).toContain('clustertrustbundle of signer example.com/mesh not found');
      });
      await create('example.com:mesh:1', pem, signerName);
      await scene.reaches('trusting', 'Running');
      const bare = (text: string | undefined) => text?.replace(/\s/g, '');
      expect(bare(backend.files.get('ca/company.pem'))).toBe(bare(pem));
      expect(bare(backend.files.get('ca/mesh.pem'))).toBe(bare(pem));
      expect(backend.files.get('ca/optional.pem')).toBe('');
      await create('example.com:mesh:2', other, signerName);
      await eventually(() => {
        const both = bare(backend.files.get('ca/mesh.pem')) ?? '';
        expect(both).toContain(bare(other));
        expect(both).toContain(bare(pem));
      });
    });

    it('podCertificate projections hold a key and the certificate that a signer issues for it', async () => {
      const scene = await Scene.open(cluster, 'opt-1');
      const backend = new VolumeBackend(scene.folder);
      const node = new VirtualNode('opt-1', backend, client);
      onTestFinished(() => node.close({ graceMs: 0 }));
      await node.start();
      await node.ready();
      const signer = new PodSigner(cluster.client, cluster.authority, 'example.com/all');
      const podCertificate = { signerName: 'example.com/all', keyType: 'ECDSAP256' };
      const paths = { credentialBundlePath: 'bundle.pem', keyPath: 'key.pem', certificateChainPath: 'chain.pem' };
      const sources = [{ podCertificate: { ...podCertificate, ...paths } }];
      const wanted = podOn('opt-1', 'certified');
      const volumes = [{ name: 'tls', projected: { sources } }];
      const spec = { ...wanted.spec, automountServiceAccountToken: false, volumes };
      const pod = await cluster.client.create(pods, { ...wanted, spec });
      await eventually(async () => {
        const told = (await cluster.client.list(events, { namespace: 'default' })).items.filter(
          ({ reason, involvedObject }) => reason === 'FailedMount' && involvedObject.name === 'certified',
        );
        expect(told.map(({ message }) => message).join()).toContain('credential bundle is not issued yet');
      });
      const [request] = await signer.waiting();
      expect(request?.spec).toMatchObject({ podName: 'certified', podUID: pod.metadata.uid, nodeName: 'opt-1' });
      await signer.issue();
      await scene.reaches('certified', 'Running');
      const [key = '', chain = ''] = ['tls/key.pem', 'tls/chain.pem'].map((path) => backend.files.get(path));
      expect(backend.files.get('tls/bundle.pem')).toBe(key + chain);
      expect(new X509Certificate(chain).checkPrivateKey(createPrivateKey(key))).toBe(true);
      expect(cluster.authority.hasIssued(chain)).toBe(true);
    });

    it('a certificate of a pod is replaced when its signer says, and stays until there is another', async () => {
      const { certificates, clock, signer, spec } = await certifying('example.com/refresh');
      const states: string[] = [];
      const reference = certificates.acquire(spec('ED25519'), () => {
        const { state = '' } = reference.read() ?? {};
        // There may be more than one reason for which there is none yet.
        if (state !== 'unreadable' || states.at(-1) !== state) states.push(state);
      });
      await signer.issue(4 * 3_600_000);
      const first = await eventually(() => found(reference.read()));
      expect(states).toEqual(['unreadable', 'found']);
      await clock.advance(4 * 3_600_000 - (clock.now() - Date.now()) - 60_000);
      expect(
        (await cluster.client.list(podCertificateRequests, {})).items.filter(ofSigner('example.com/refresh')),
      ).toHaveLength(1);
      await clock.advance(10 * 60_000);
      await signer.waiting();
      expect(found(reference.read())).toEqual(first);
      await signer.issue(5 * 3_600_000);
      await eventually(async () => {
        // The watch has ended in these hours, and comes back by the same clock.
        await clock.advance(1_000);
        expect(found(reference.read()).key).not.toBe(first.key);
      });
      expect(states).toEqual(['unreadable', 'found', 'found']);
      reference.release();
      await certificates.close();
      expect(clock.pending).toBe(0);
    });

    it('a signer that denies has the last word, in the words of a kubelet', async () => {
      const { certificates, clock, signer, spec } = await certifying('example.com/denying');
      const reference = certificates.acquire(spec('ECDSAP256'), () => undefined);
      await signer.deny();
      const message = 'PodCertificateRequest was permanently denied: reason="Tested" message="by a \\"test\\""';
      await eventually(() => expect(reference.read()).toMatchObject({ state: 'unreadable', error: { message } }));
      await clock.advance(3_600_000);
      expect(
        (await cluster.client.list(podCertificateRequests, {})).items.filter(ofSigner('example.com/denying')),
      ).toHaveLength(1);
      await certificates.close();
    });

    it('a request that somebody deletes is made again', async () => {
      const { certificates, clock, logged, signer, spec } = await certifying('example.com/deleted');
      // A request that goes before the first list has it is missed only after minutes: let the watch run.
      const first = certificates.acquire(spec('ED25519'), () => undefined);
      await signer.issue();
      await eventually(() => found(first.read()));
      const reference = certificates.acquire(spec('ECDSAP256'), () => undefined);
      const [request] = await signer.waiting();
      const { namespace, name = '' } = request?.metadata ?? {};
      await eventually(() =>
        expect(reference.read()).toMatchObject({ error: { message: 'credential bundle is not issued yet' } }),
      );
      await cluster.client.delete(podCertificateRequests, { namespace, name });
      await eventually(() => expect(reference.read()).toMatchObject({ error: { code: 'NotFound' } }));
      await clock.advance(2_000);
      await signer.issue();
      const { key } = await eventually(() => found(reference.read()));
      await certificates.close();
      expect(logged.length).toBeGreaterThan(0);
      for (const line of [...key.split('\n').filter(Boolean), 'PRIVATE']) expect(logged.join()).not.toContain(line);
    });

    it.each(['RSA3072', 'RSA4096', 'ECDSAP256', 'ECDSAP384', 'ECDSAP521', 'ED25519'])(
      'the apiserver takes a request for a key of type %s',
      async (keyType) => {
        const { certificates, signer, spec } = await certifying(`example.com/${keyType.toLowerCase()}`);
        const reference = certificates.acquire(spec(keyType), () => undefined);
        await signer.issue();
        const { key, chain } = await eventually(() => found(reference.read()));
        expect(new X509Certificate(chain).checkPrivateKey(createPrivateKey(key))).toBe(true);
        await certificates.close();
      },
      120_000,
    );

    it('credential plugins get a token of the pod for their audience, which the node has to be allowed', async () => {
      await Scene.open(cluster, 'opt-1');
      await cluster.client.create(nodes, { metadata: { name: 'opt-1' } });
      const folder = await mkdtemp(join(tmpdir(), 'vk-sdk-plugins-'));
      onTestFinished(() => rm(folder, { recursive: true, force: true }));
      const program = `#!${process.execPath}
        const request = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
        const claims = JSON.parse(Buffer.from(request.serviceAccountToken.split('.')[1], 'base64url').toString());
        const of = claims['kubernetes.io'];
        const username = [claims.aud, of.serviceaccount.name, of.pod.name, request.serviceAccountAnnotations.role].join(' ');
        const auth = { '*.example.com': { username, password: 'p' } };
        console.log(JSON.stringify({ kind: 'CredentialProviderResponse', apiVersion: request.apiVersion, cacheKeyType: 'Image', auth }));`;
      await writeFile(join(folder, 'plugin'), program, { mode: 0o755 });
      const tokenAttributes = {
        serviceAccountTokenAudience: 'registry',
        requireServiceAccount: true,
        cacheType: 'ServiceAccount',
        requiredServiceAccountAnnotationKeys: ['role'],
      };
      const provider = {
        name: 'plugin',
        apiVersion: 'credentialprovider.kubelet.k8s.io/v1',
        matchImages: ['*.example.com'],
        defaultCacheDuration: '1h',
        tokenAttributes,
      };
      const config = parseCredentialPluginConfig({ kind: 'CredentialProviderConfig', providers: [provider] });
      const plugins = new CredentialPlugins(config, { binDir: folder, client });
      const metadata = { namespace: 'default', name: 'puller', annotations: { role: 'reader' } };
      await cluster.client.create(serviceAccounts, { metadata });
      const wanted = podOn('opt-1', 'pulls');
      const spec = { ...wanted.spec, serviceAccountName: 'puller', automountServiceAccountToken: false };
      const pod = await cluster.client.create(pods, { ...wanted, spec });
      expect(await plugins.forImage('eu.example.com/app', pod)).toEqual([]);

      const rbac = '/apis/rbac.authorization.k8s.io/v1/clusterrole';
      const rule = { apiGroups: [''], resources: ['registry'], verbs: ['request-serviceaccounts-token-audience'] };
      const body = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: 'registry-audience' } };
      await cluster.client.request({
        method: 'POST',
        path: `${rbac}s`,
        body: { ...body, kind: 'ClusterRole', rules: [rule] },
      });
      const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'registry-audience' };
      const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:nodes' }];
      const binding = { ...body, kind: 'ClusterRoleBinding', roleRef, subjects };
      await cluster.client.request({ method: 'POST', path: `${rbac}bindings`, body: binding });
      await eventually(async () => {
        const credentials = await plugins.forImage('eu.example.com/app', pod);
        expect(credentials).toEqual([{ username: 'registry puller pulls reader', password: 'p' }]);
      });
    });
  },
);
