/**
 * Asks programs for registry credentials, by the exec protocol of kubelets (`credentialprovider.kubelet.k8s.io`,
 * tasks/administer-cluster/kubelet-credential-provider). Neighbours: `credential-plugin-config.ts`, `registry-credentials.ts`.
 *
 * 1. For one plugin and one image there is never more than one program running; callers share its answer.
 * 2. An answer is used for as long as it says, and for what it says: one image, one registry, or everything.
 * 3. What a program prints is never in a log or an error.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { systemClock, type Clock } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';
import { silentLogger, type Logger } from '../../runtime/logger.js';
import { parseGoDuration, type CredentialPlugin } from './credential-plugin-config.js';
import { imageTarget, matchesImage } from './image-pattern.js';
import { RegistryCredentials, type RegistryCredential } from './registry-credentials.js';

export interface CredentialPluginsOptions {
  /** Folder of the programs: a kubelet's `--image-credential-provider-bin-dir`. */
  readonly binDir: string;
  /** How long a program may take before it is killed. Default: 60 s, as a kubelet's. */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

interface Answer {
  readonly credentials: RegistryCredentials;
  readonly cacheKeyType: 'Image' | 'Registry' | 'Global';
  readonly expiresAtMs: number;
}

const maxOutputBytes = 1024 * 1024;
/** Answers that are kept. A node pulls few images from few registries. */
const maxCached = 1_000;

/**
 * ```ts
 * const config = { kind: 'CredentialProviderConfig', providers: [] };
 * const plugins = new CredentialPlugins(parseCredentialPluginConfig(config), { binDir: '/opt/plugins' });
 * const ofPod = await context.inputs?.registryCredentials();
 * const credentials = [...(ofPod?.forImage(image) ?? []), ...(await plugins.forImage(image))];
 * ```
 */
export class CredentialPlugins {
  readonly #plugins: readonly CredentialPlugin[];
  readonly #options: CredentialPluginsOptions;
  readonly #clock: Clock;
  readonly #cache = new Map<string, Answer>();
  readonly #running = new Map<string, Promise<Answer | undefined>>();

  constructor(plugins: readonly CredentialPlugin[], options: CredentialPluginsOptions) {
    this.#plugins = plugins;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /**
   * What the plugins whose patterns match have for the image, to be tried one after another. A plugin that fails is logged
   * and counts for nothing, as for a kubelet. Throws `InvalidInput` for an image that is no reference.
   */
  async forImage(image: string): Promise<readonly RegistryCredential[]> {
    const target = imageTarget(image);
    const matching = this.#plugins.filter(({ matchImages }) => matchImages.some((each) => matchesImage(each, target)));
    const answers = await Promise.all(matching.map((plugin) => this.#answer(plugin, image)));
    return answers.flatMap((answer) => answer?.credentials.forImage(image) ?? []);
  }

  async #answer(plugin: CredentialPlugin, image: string): Promise<Answer | undefined> {
    const cached = this.#cached(plugin, image);
    if (cached !== undefined) return cached;
    const key = `${plugin.name} ${image}`;
    const running = this.#running.get(key) ?? this.#ask(plugin, image).finally(() => this.#running.delete(key));
    this.#running.set(key, running);
    return running;
  }

  async #ask(plugin: CredentialPlugin, image: string): Promise<Answer | undefined> {
    try {
      const answer = readAnswer(plugin, await this.#run(plugin, image), this.#clock.now());
      if (answer.expiresAtMs > this.#clock.now()) this.#keep(cacheKey(plugin, answer.cacheKeyType, image), answer);
      return answer;
    } catch (err) {
      (this.#options.logger ?? silentLogger).warn({ plugin: plugin.name, image, err }, 'credential plugin failed');
      return undefined;
    }
  }

  #cached(plugin: CredentialPlugin, image: string): Answer | undefined {
    for (const type of ['Image', 'Registry', 'Global'] as const) {
      const key = cacheKey(plugin, type, image);
      const answer = this.#cache.get(key);
      if (answer === undefined) continue;
      if (answer.expiresAtMs > this.#clock.now()) return answer;
      this.#cache.delete(key);
    }
    return undefined;
  }

  #keep(key: string, answer: Answer): void {
    const [oldest] = this.#cache.keys();
    if (this.#cache.size >= maxCached && oldest !== undefined) this.#cache.delete(oldest);
    this.#cache.set(key, answer);
  }

  #run({ name, args, env, apiVersion }: CredentialPlugin, image: string): Promise<string> {
    const { binDir, timeoutMs = 60_000 } = this.#options;
    return new Promise((resolve, reject) => {
      const fail = (what: string, cause?: unknown): void => {
        reject(new VkError('Unavailable', `credential plugin ${name}: ${what}`, { cause }));
      };
      const child = spawn(join(binDir, name), args, {
        env: { ...process.env, ...env },
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      const timer = this.#clock.setTimer(timeoutMs, () => {
        child.kill('SIGKILL');
        fail(`did not answer within ${timeoutMs} ms`);
      });
      const output: Buffer[] = [];
      let bytes = 0;
      child.stdout.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= maxOutputBytes) output.push(chunk);
        else child.kill('SIGKILL');
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
      child.stdin.end(JSON.stringify({ kind: 'CredentialProviderRequest', apiVersion, image }));
    });
  }
}

function cacheKey({ name }: CredentialPlugin, type: Answer['cacheKeyType'], image: string): string {
  const { host, port } = imageTarget(image);
  const of = { Image: image, Registry: `${host.join('.')}:${port}`, Global: '' }[type];
  return JSON.stringify([name, type, of]);
}

function readAnswer(plugin: CredentialPlugin, output: string, now: number): Answer {
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
  return { credentials: new RegistryCredentials(entries), cacheKeyType, expiresAtMs: now + durationMs };
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
