/** Volumes of APIs that an apiserver serves only if it is told to, as processes see them. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, describe, it } from 'vitest';
import { eventually } from '@vk-sdk-examples/shared/testing';
import { clusterTrustBundles, podCertificateRequests, pods, timestamp, VirtualNode, type Pod } from 'vk-sdk';
import { ControlPlane, parseSigningRequest } from 'vk-sdk/testing';
import { ProcessProvider } from '../src/process-provider.js';
import { execIn, podOf, sh } from './scene.js';

const dayMs = 86_400_000;

describe.skipIf(!ControlPlane.available())(
  'a pod with volumes of optional APIs (skipped unless KUBEBUILDER_ASSETS names a folder with etcd and kube-apiserver)',
  () => {
    const cluster = new ControlPlane({
      apiserverFlags: [
        '--runtime-config=certificates.k8s.io/v1beta1=true',
        '--feature-gates=ClusterTrustBundle=true,ClusterTrustBundleProjection=true,PodCertificateRequest=true',
      ],
    });
    beforeAll(() => cluster.start(), 60_000);
    afterAll(() => cluster.stop(), 30_000);

    it('has the trust bundle, and the key and certificate that a signer issues for it', async () => {
      const { client } = cluster;
      const provider = new ProcessProvider({
        nodeName: 'node-1',
        stateFolder: mkdtempSync(join(tmpdir(), 'vk-process-')),
      });
      provider.start();
      const node = new VirtualNode('node-1', provider, client);
      try {
        await node.start();
        await node.ready();
        const authority = cluster.authority.certificate;
        await client.create(clusterTrustBundles, { metadata: { name: 'company' }, spec: { trustBundle: authority } });
        const wanted = podOf('identified', {
          ...sh('app', 'exec sleep 1000'),
          volumeMounts: [{ name: 'identity', mountPath: '/etc/vk-identity' }],
        });
        const certificate = { signerName: 'example.com/processes', keyType: 'ECDSAP256' };
        const sources = [
          { clusterTrustBundle: { name: 'company', path: 'ca.pem' } },
          { podCertificate: { ...certificate, keyPath: 'key.pem', certificateChainPath: 'chain.pem' } },
        ];
        const volumes = [{ name: 'identity', projected: { sources } }];
        await client.create(pods, { ...wanted, spec: { ...wanted.spec, nodeName: 'node-1', volumes } });
        await issue();
        const pod = await eventually('the pod', async () => {
          const found = await client.get(pods, { namespace: 'default', name: 'identified' });
          return found.status?.phase === 'Running' && found;
        });
        const [ca, key, chain] = [await read(pod, 'ca.pem'), await read(pod, 'key.pem'), await read(pod, 'chain.pem')];
        expect(new X509Certificate(ca).fingerprint256).toBe(new X509Certificate(authority).fingerprint256);
        const own = new X509Certificate(chain);
        expect(own.checkPrivateKey(createPrivateKey(key))).toBe(true);
        expect(own.verify(new X509Certificate(authority).publicKey)).toBe(true);
        await client.delete(pods, { namespace: 'default', name: 'identified' }, { gracePeriodSeconds: 0 });
      } finally {
        await node.close();
        await provider.remove();
      }

      async function read(pod: Pod, path: string): Promise<string> {
        const { output, errors } = await execIn(provider, pod, ['sh', '-c', `cat "$POD_ROOT/etc/vk-identity/${path}"`]);
        expect(errors).toBe('');
        return output;
      }
    });

    /** The cluster's signer: issues what is asked for first. */
    async function issue(): Promise<void> {
      const { client, authority } = cluster;
      const request = await eventually('a request', async () => (await client.list(podCertificateRequests)).items[0]);
      const { metadata, spec } = request;
      const { publicKey } = parseSigningRequest(
        `-----BEGIN CERTIFICATE REQUEST-----\n${spec.stubPKCS10Request}\n-----END CERTIFICATE REQUEST-----\n`,
      );
      const notBeforeMs = Math.floor(Date.now() / 1_000) * 1_000;
      const notAfterMs = notBeforeMs + dayMs;
      const certificateChain = authority.sign({
        subject: { commonName: spec.podName },
        ...{ publicKey, notBeforeMs, notAfterMs, subjectAltName: undefined, usages: ['clientAuth'] },
      });
      const times = { notBefore: notBeforeMs, notAfter: notAfterMs, beginRefreshAt: notBeforeMs + dayMs / 2 };
      const at = { namespace: metadata.namespace ?? '', name: metadata.name ?? '' };
      const lastTransitionTime = timestamp(Date.now());
      const issued = { type: 'Issued', status: 'True', reason: 'Tested', message: 'by a test', lastTransitionTime };
      const status = {
        certificateChain,
        conditions: [issued],
        ...Object.fromEntries(Object.entries(times).map(([name, ms]) => [name, timestamp(ms)])),
      };
      await client.patch(podCertificateRequests, at, 'merge', { status }, { subresource: 'status' });
    }
  },
);
