/** Certificates and kubeconfigs of a control plane: who may talk to it, and as whom. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CertificateAndKey, CertificateAuthority } from '../../kube/pki/certificates.js';

/** Only the owner reads what holds a key. */
const secret = { mode: 0o600 } as const;

/** Writes every key and certificate that the programs' flags name into `folder`/pki. Answers the administrator's. */
export async function writePki(
  folder: string,
  authority: CertificateAuthority,
  nowMs: number,
): Promise<CertificateAndKey> {
  const pki = join(folder, 'pki');
  await mkdir(pki, { recursive: true, mode: 0o700 });
  const hosts = ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc', '127.0.0.1', '10.96.0.1'];
  const apiserver = authority.issue({ commonName: 'kube-apiserver' }, { hosts, usages: ['serverAuth'], nowMs });
  const client = (commonName: string): CertificateAndKey =>
    authority.issue({ commonName, organizations: ['system:masters'] }, { usages: ['clientAuth'], nowMs });
  const kubelet = client('kube-apiserver-kubelet-client');
  const tokens = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const files: Record<string, string> = {
    'ca.crt': authority.certificate,
    'ca.key': authority.key,
    'apiserver.crt': apiserver.certificate,
    'apiserver.key': apiserver.key,
    'kubelet-client.crt': kubelet.certificate,
    'kubelet-client.key': kubelet.key,
    'service-account.key': tokens.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    'service-account.pub': tokens.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(pki, name), text, secret)));
  return client('admin');
}

/** Writes a kubeconfig that holds all it needs, so that it can be copied. JSON is YAML. */
export async function writeKubeconfig(
  path: string,
  url: string,
  caPem: string,
  user: CertificateAndKey,
): Promise<void> {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'control-plane', cluster: { server: url, 'certificate-authority-data': base64(caPem) } }],
    users: [
      {
        name: 'user',
        user: { 'client-certificate-data': base64(user.certificate), 'client-key-data': base64(user.key) },
      },
    ],
    contexts: [{ name: 'control-plane', context: { cluster: 'control-plane', user: 'user' } }],
    'current-context': 'control-plane',
  };
  await writeFile(path, JSON.stringify(config, undefined, 2), secret);
}
