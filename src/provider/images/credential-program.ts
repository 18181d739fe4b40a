/** One run of a credential plugin: what it is asked, and what it says. Neighbour: `credential-plugins.ts`. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Clock } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';
import { parseGoDuration, type CredentialPlugin } from './credential-plugin-config.js';
import type { PullingAccount } from './pulling-account.js';
import type { RegistryEntry } from './registry-credentials.js';

export interface ProgramOptions {
  readonly binDir: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

export interface ProgramAnswer {
  readonly entries: readonly RegistryEntry[];
  readonly cacheKeyType: 'Image' | 'Registry' | 'Global';
  readonly cacheDurationMs: number;
}

const maxOutputBytes = 1024 * 1024;

/** Rejects with nothing of what was said to the program, or by it. */
export async function askProgram(
  plugin: CredentialPlugin,
  image: string,
  account: PullingAccount | undefined,
  options: ProgramOptions,
): Promise<ProgramAnswer> {
  const request = {
    kind: 'CredentialProviderRequest',
    apiVersion: plugin.apiVersion,
    image,
    ...(account && { serviceAccountToken: account.token, serviceAccountAnnotations: account.annotations }),
  };
  const answer = readAnswer(plugin, await run(plugin, JSON.stringify(request), options));
  const echoes = account !== undefined && answer.entries.some(({ password }) => password === account.token);
  // A pod's own token must not be given to others of its account.
  if (echoes && plugin.tokenAttributes?.cacheType !== 'Token') {
    throw invalid(plugin, 'its password is the service account token, which cacheType Token alone allows');
  }
  return answer;
}

function run(plugin: CredentialPlugin, request: string, { binDir, timeoutMs, clock }: ProgramOptions): Promise<string> {
  const { name, args, env } = plugin;
  return new Promise((resolve, reject) => {
    const fail = (what: string, cause?: unknown): void => {
      reject(new VkError('Unavailable', `credential plugin ${name}: ${what}`, { cause }));
    };
    const child = spawn(join(binDir, name), args, {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const kill = (): void => {
      child.kill('SIGKILL');
      // What it has started may live on with the other ends, and would keep ours open.
      child.stdin.destroy();
      child.stdout.destroy();
    };
    const timer = clock.setTimer(timeoutMs, () => {
      kill();
      fail(`did not answer within ${timeoutMs} ms`);
    });
    const output: Buffer[] = [];
    let bytes = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxOutputBytes) output.push(chunk);
      else kill();
    });
    child.on('error', (cause) => {
      timer.cancel();
      fail('could not be started: is it in the folder of plugins, and may it be executed?', cause);
    });
    child.on('close', (code) => {
      timer.cancel();
      if (bytes > maxOutputBytes) fail(`printed more than ${maxOutputBytes} bytes`);
      else if (code === 0) resolve(Buffer.concat(output).toString());
      else fail(`ended with exit code ${code ?? 'unknown'}`);
    });
    // A program that ends without reading says so by its exit code.
    child.stdin.on('error', () => undefined);
    child.stdin.end(request);
  });
}

function readAnswer(plugin: CredentialPlugin, output: string): ProgramAnswer {
  const { kind, apiVersion, cacheKeyType, cacheDuration, auth } = parsed(plugin, output);
  if (kind !== 'CredentialProviderResponse') throw invalid(plugin, 'kind is not CredentialProviderResponse');
  if (apiVersion !== plugin.apiVersion) throw invalid(plugin, `apiVersion is not ${plugin.apiVersion}`);
  if (cacheKeyType !== 'Image' && cacheKeyType !== 'Registry' && cacheKeyType !== 'Global') {
    throw invalid(plugin, 'cacheKeyType is none of Image, Registry and Global');
  }
  const durationMs = typeof cacheDuration === 'string' ? parseGoDuration(cacheDuration) : plugin.defaultCacheDurationMs;
  if (durationMs === undefined) throw invalid(plugin, 'cacheDuration is not a duration');
  const entries = Object.entries(auth ?? {}).map(([server, entry]) => {
    const { username, password } = (entry ?? {}) as Record<string, unknown>;
    if (typeof username === 'string' && typeof password === 'string') return { server, username, password };
    throw invalid(plugin, 'an entry of auth has no username and password');
  });
  return { entries, cacheKeyType, cacheDurationMs: durationMs };
}

function parsed(plugin: CredentialPlugin, output: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(output);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // The parser's message would quote what was printed.
  }
  throw invalid(plugin, 'it is not a JSON object');
}

function invalid({ name }: CredentialPlugin, what: string): VkError {
  return new VkError('InvalidInput', `credential plugin ${name}: its answer cannot be used: ${what}`);
}
