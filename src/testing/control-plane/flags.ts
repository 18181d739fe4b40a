/** The command lines of a control plane's programs: pure, from where things are. */
import { join } from 'node:path';

/** Loopback ports, chosen before anything starts because the programs are told of each other. */
export interface Ports {
  readonly etcd: number;
  readonly etcdPeer: number;
  readonly apiserver: number;
  readonly scheduler: number;
  readonly controllers: number;
}

export interface Layout {
  readonly folder: string;
  readonly ports: Ports;
}

const serviceRange = '10.96.0.0/16';

export function etcdFlags({ folder, ports }: Layout): string[] {
  const client = `http://127.0.0.1:${ports.etcd}`;
  const peer = `http://127.0.0.1:${ports.etcdPeer}`;
  return [
    `--data-dir=${join(folder, 'etcd')}`,
    '--unsafe-no-fsync', // the data does not outlive the test
    '--log-level=warn',
    '--quota-backend-bytes=8589934592',
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
  ];
}

export function apiserverFlags({ folder, ports }: Layout, extra: readonly string[]): string[] {
  const file = (name: string): string => join(folder, 'pki', name);
  return [
    `--etcd-servers=http://127.0.0.1:${ports.etcd}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${ports.apiserver}`,
    `--cert-dir=${join(folder, 'pki')}`,
    `--tls-cert-file=${file('apiserver.crt')}`,
    `--tls-private-key-file=${file('apiserver.key')}`,
    `--client-ca-file=${file('ca.crt')}`,
    `--kubelet-client-certificate=${file('kubelet-client.crt')}`,
    `--kubelet-client-key=${file('kubelet-client.key')}`,
    '--kubelet-preferred-address-types=InternalIP,Hostname',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-signing-key-file=${file('service-account.key')}`,
    `--service-account-key-file=${file('service-account.pub')}`,
    `--service-cluster-ip-range=${serviceRange}`,
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    '--endpoint-reconciler-type=none',
    '--allow-privileged=true',
    // High enough that priority and fairness is not what a benchmark measures.
    '--max-requests-inflight=2000',
    '--max-mutating-requests-inflight=1000',
    // Watches end as soon as the apiserver is told to stop: a test does not wait for a drain.
    '--shutdown-delay-duration=0s',
    ...extra,
  ];
}

function controllerFlags(kubeconfig: string, port: number): string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    // The defaults (50 and 30 requests/s) would be what a test of many pods waits for.
    '--kube-api-qps=500',
    '--kube-api-burst=1000',
  ];
}

export function schedulerFlags({ ports }: Layout, kubeconfig: string): string[] {
  return controllerFlags(kubeconfig, ports.scheduler);
}

export function controllerManagerFlags({ folder, ports }: Layout, kubeconfig: string): string[] {
  const file = (name: string): string => join(folder, 'pki', name);
  return [
    ...controllerFlags(kubeconfig, ports.controllers),
    '--allocate-node-cidrs=true',
    '--cluster-cidr=10.244.0.0/12',
    '--node-cidr-mask-size=24',
    `--service-cluster-ip-range=${serviceRange}`,
    '--use-service-account-credentials=false',
    `--service-account-private-key-file=${file('service-account.key')}`,
    `--root-ca-file=${file('ca.crt')}`,
    `--cluster-signing-cert-file=${file('ca.crt')}`,
    `--cluster-signing-key-file=${file('ca.key')}`,
  ];
}
