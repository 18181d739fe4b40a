/**
 * Asks programs for registry credentials, by the exec protocol of kubelets (`credentialprovider.kubelet.k8s.io`,
 * tasks/administer-cluster/kubelet-credential-provider). Neighbours: `credential-plugin-config.ts`, `credential-program.ts`
 * (one run), `pulling-account.ts` (whose token it is told), `registry-credentials.ts`.
 *
 * 1. For one plugin, image and account there is never more than one program running; callers share its answer.
 * 2. An answer is used for as long as it says, and for what it says: one image, one registry, or everything; what was
 *    answered to a service account is for that account, with the annotations that it had.
 * 3. What a program prints, and a token that it is told, is never in a log or an error.
 */
import type { KubeApi } from '../../kube/api.js';
import type { Pod } from '../../kube/types.js';
import { systemClock, type Clock } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';
import { silentLogger, type Logger } from '../../runtime/logger.js';
import type { CredentialPlugin } from './credential-plugin-config.js';
import { askProgram, type ProgramAnswer } from './credential-program.js';
import { imageTarget, matchesImage } from './image-pattern.js';
import { parseImageReference } from './image-reference.js';
import { PullingAccounts, type PullingAccount } from './pulling-account.js';
import { RegistryCredentials, type RegistryCredential } from './registry-credentials.js';

export interface CredentialPluginsOptions {
  /** Folder of the programs: a kubelet's `--image-credential-provider-bin-dir`. */
  readonly binDir: string;
  /** How long a program may take before it is killed. Default: 60 s, as a kubelet's. */
  readonly timeoutMs?: number;
  /**
   * Reads service accounts and asks for their tokens, for plugins with `tokenAttributes`. A node's credential needs the verb
   * `request-serviceaccounts-token-audience` for the audience, or a pod that has a volume with a token for it.
   */
  readonly client?: KubeApi;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

interface Answer {
  readonly credentials: RegistryCredentials;
  readonly askedAtMs: number;
  readonly expiresAtMs: number;
}

type CacheKeyType = ProgramAnswer['cacheKeyType'];

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
  readonly #logger: Logger;
  readonly #accounts: PullingAccounts | undefined;
  readonly #cache = new Map<string, Answer>();
  readonly #running = new Map<string, Promise<Answer>>();

  /** Throws `InvalidInput` where a plugin wants service account tokens and there is no `client`. */
  constructor(plugins: readonly CredentialPlugin[], options: CredentialPluginsOptions) {
    this.#plugins = plugins;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger ?? silentLogger;
    this.#accounts = options.client && new PullingAccounts(options.client, this.#clock);
    const wanting = plugins.find(({ tokenAttributes }) => tokenAttributes !== undefined);
    if (wanting === undefined || this.#accounts !== undefined) return;
    throw new VkError('InvalidInput', `credential plugin ${wanting.name}: its tokenAttributes need the option client`);
  }

  /**
   * What the plugins whose patterns match have for the image, to be tried one after another. As by a kubelet, they are asked
   * by its whole name without tag and digest, and one that fails is logged and counts for nothing. `pod` is the one that it is
   * pulled for: its service account is what plugins with `tokenAttributes` go by. Throws `InvalidInput` for an image that is no reference.
   */
  async forImage(image: string, pod?: Pod): Promise<readonly RegistryCredential[]> {
    const target = imageTarget(image);
    const { registry, repository } = parseImageReference(image);
    const name = `${registry}/${repository}`;
    const matching = this.#plugins.filter(({ matchImages }) => matchImages.some((each) => matchesImage(each, target)));
    const answers = await Promise.all(matching.map((plugin) => this.#answer(plugin, name, pod)));
    return answers.flatMap((answer) => answer?.credentials.forImage(name) ?? []);
  }

  async #answer(plugin: CredentialPlugin, image: string, pod: Pod | undefined): Promise<Answer | undefined> {
    try {
      const account = await this.#accountFor(plugin, pod);
      return account === 'none' ? undefined : await this.#shared(plugin, image, account);
    } catch (err) {
      this.#logger.warn({ plugin: plugin.name, image, err }, 'credential plugin failed');
      return undefined;
    }
  }

  /** `none`: the plugin is not to be asked. Undefined: it is, without an account. */
  async #accountFor(
    { tokenAttributes }: CredentialPlugin,
    pod: Pod | undefined,
  ): Promise<PullingAccount | 'none' | undefined> {
    if (tokenAttributes === undefined) return undefined;
    const name = pod?.spec.serviceAccountName;
    if (pod === undefined || !name) return tokenAttributes.requireServiceAccount ? 'none' : undefined;
    return (await this.#accounts?.of(tokenAttributes, pod, name)) ?? 'none';
  }

  async #shared(plugin: CredentialPlugin, image: string, account: PullingAccount | undefined): Promise<Answer> {
    const cached = this.#cached(plugin, image, account);
    if (cached !== undefined) return cached;
    const key = cacheKey(plugin, 'Image', image, account);
    const running =
      this.#running.get(key) ?? this.#ask(plugin, image, account).finally(() => this.#running.delete(key));
    this.#running.set(key, running);
    return running;
  }

  async #ask(plugin: CredentialPlugin, image: string, account: PullingAccount | undefined): Promise<Answer> {
    const { binDir, timeoutMs = 60_000 } = this.#options;
    const said = await askProgram(plugin, image, account, { binDir, timeoutMs, clock: this.#clock });
    const now = this.#clock.now();
    const credentials = new RegistryCredentials(said.entries);
    const answer = { credentials, askedAtMs: now, expiresAtMs: now + said.cacheDurationMs };
    if (answer.expiresAtMs > now) this.#keep(cacheKey(plugin, said.cacheKeyType, image, account), answer);
    return answer;
  }

  #cached(plugin: CredentialPlugin, image: string, account: PullingAccount | undefined): Answer | undefined {
    for (const type of ['Image', 'Registry', 'Global'] as const) {
      const key = cacheKey(plugin, type, image, account);
      const answer = this.#cache.get(key);
      if (answer === undefined) continue;
      if (holds(answer, this.#clock.now())) return answer;
      this.#cache.delete(key);
    }
    return undefined;
  }

  #keep(key: string, answer: Answer): void {
    for (const [each, kept] of this.#cache) if (!holds(kept, answer.askedAtMs)) this.#cache.delete(each);
    const [oldest] = this.#cache.keys();
    if (this.#cache.size >= maxCached && oldest !== undefined) this.#cache.delete(oldest);
    this.#cache.set(key, answer);
  }
}

/** Not where the clock was set back: nobody can tell how old it is. */
function holds({ askedAtMs, expiresAtMs }: Answer, nowMs: number): boolean {
  return nowMs >= askedAtMs && nowMs < expiresAtMs;
}

function cacheKey(
  { name }: CredentialPlugin,
  type: CacheKeyType,
  image: string,
  account: PullingAccount | undefined,
): string {
  const { host, port } = imageTarget(image);
  const of = { Image: image, Registry: `${host.join('.')}:${port}`, Global: '' }[type];
  return JSON.stringify([name, type, of, account?.cacheKey ?? '']);
}
