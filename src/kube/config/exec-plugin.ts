/** Credentials from a command (client-go's exec plugins, `client.authentication.k8s.io`). */
import { spawn } from 'node:child_process';
import type { Clock } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';
import type { Credentials } from '../connection.js';
import type { Reading } from './cached-source.js';
import { requirePair } from './file-reading.js';
import type { ExecConfig, KubeconfigCluster } from './kubeconfig.js';

export interface ExecPlugin {
  /** What errors call it: `kubeconfig user "admin"`. */
  readonly owner: string;
  readonly exec: ExecConfig;
  readonly cluster: KubeconfigCluster;
  /** PEM of the authority, base64, for `provideClusterInfo`. */
  readonly caData: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
}

interface ExecCredential {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly status?: {
    readonly token?: string;
    readonly clientCertificateData?: string;
    readonly clientKeyData?: string;
    readonly expirationTimestamp?: string;
  };
}

const apiVersions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];
const clusterExtension = 'client.authentication.k8s.io/exec';
const runLimitMs = 60_000;
const maxOutputBytes = 1024 * 1024;

/**
 * Runs the command. Its credentials are used until their `expirationTimestamp`, or until they are refused where there is
 * none. Rejects with `Unauthorized` naming the command and the end of what it wrote to stderr; stdout, which holds the
 * secret, is shown to nobody.
 */
export async function readExecPlugin(plugin: ExecPlugin): Promise<Reading<Credentials>> {
  const { owner, exec, clock } = plugin;
  requireUsable(owner, exec);
  const credential = decode(plugin, await run(plugin));
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = credential.status ?? {};
  if (!token && !(cert && key)) throw failed(plugin, 'answered neither a token nor a certificate with its key');
  if (cert && key) requirePair(`${owner}: exec plugin ${exec.command ?? ''}`, cert, key);
  const expiresAtMs = expirationTimestamp === undefined ? Infinity : Date.parse(expirationTimestamp);
  if (Number.isNaN(expiresAtMs)) throw failed(plugin, 'answered an expirationTimestamp that is no time');
  const value = { authorization: token ? `Bearer ${token}` : undefined, cert, key };
  return { value, refreshAtMs: refreshTime(clock.now(), expiresAtMs), expiresAtMs };
}

/** A little before the end, so that a request under way does not outlive its credentials. */
export function refreshTime(nowMs: number, expiresAtMs: number): number {
  return expiresAtMs === Infinity ? Infinity : expiresAtMs - Math.min(30_000, Math.max(expiresAtMs - nowMs, 0) / 10);
}

function requireUsable(owner: string, exec: ExecConfig): void {
  if (!exec.command) throw new VkError('InvalidInput', `${owner}: exec needs a command`);
  if (!apiVersions.includes(exec.apiVersion ?? '')) {
    const message = `${owner}: exec apiVersion "${exec.apiVersion ?? ''}" is not supported (there are: ${apiVersions.join(', ')})`;
    throw new VkError('InvalidInput', message);
  }
  if (exec.interactiveMode === 'Always') {
    throw new VkError(
      'InvalidInput',
      `${owner}: exec plugin ${exec.command} asks for a terminal, which there is none of`,
    );
  }
}

function decode(plugin: ExecPlugin, output: string): ExecCredential {
  let credential: ExecCredential;
  try {
    credential = JSON.parse(output) as ExecCredential;
  } catch {
    // The parser's message would quote the output.
    throw failed(plugin, 'did not answer JSON');
  }
  if (credential.kind !== 'ExecCredential' || credential.apiVersion !== plugin.exec.apiVersion) {
    throw failed(plugin, `did not answer an ExecCredential of ${plugin.exec.apiVersion ?? ''}`);
  }
  return credential;
}

function run(plugin: ExecPlugin): Promise<string> {
  const { exec, clock } = plugin;
  return new Promise((resolve, reject) => {
    const child = spawn(exec.command ?? '', exec.args ?? [], {
      env: environment(plugin),
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    const timer = clock.setTimer(runLimitMs, () => {
      child.kill('SIGKILL');
      reject(failed(plugin, `did not end within ${runLimitMs / 1000} s`));
    });
    let output = '';
    let complaint = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.length > maxOutputBytes) child.kill('SIGKILL');
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(-500)));
    child.on('error', (cause: NodeJS.ErrnoException) => {
      timer.cancel();
      const hint = exec.installHint ? `: ${exec.installHint}` : ': is it installed and in PATH?';
      reject(failed(plugin, `could not be started (${cause.code ?? cause.message})${hint}`, cause));
    });
    child.on('close', (code, signal) => {
      timer.cancel();
      if (code === 0) resolve(output);
      else
        reject(failed(plugin, `failed (${signal ?? `exit code ${code}`}): ${complaint.replace(/\s+/g, ' ').trim()}`));
    });
  });
}

function environment({ env, exec, cluster, caData }: ExecPlugin): NodeJS.ProcessEnv {
  const info = {
    server: cluster.server,
    'tls-server-name': cluster['tls-server-name'],
    'insecure-skip-tls-verify': cluster['insecure-skip-tls-verify'],
    'certificate-authority-data': caData,
    'proxy-url': cluster['proxy-url'],
    config: cluster.extensions?.find(({ name }) => name === clusterExtension)?.extension,
  };
  const spec = { interactive: false, ...(exec.provideClusterInfo ? { cluster: info } : {}) };
  const request = { apiVersion: exec.apiVersion, kind: 'ExecCredential', spec };
  const own = Object.fromEntries((exec.env ?? []).map(({ name, value }) => [name, value]));
  return { ...env, ...own, KUBERNETES_EXEC_INFO: JSON.stringify(request) };
}

function failed({ owner, exec }: ExecPlugin, what: string, cause?: unknown): VkError {
  return new VkError('Unauthorized', `${owner}: exec plugin ${exec.command ?? ''} ${what}`, { cause });
}
