/** The configuration of credential plugins, as a kubelet's `--image-credential-provider-config` has it. Pure. */
import { VkError } from '../../runtime/errors.js';
import { parseImagePattern, type ImagePattern } from './image-pattern.js';
import { parseTokenAttributes, type TokenAttributes } from './token-attributes.js';

export interface CredentialPlugin {
  /** The program's name in the folder of plugins. */
  readonly name: string;
  readonly matchImages: readonly ImagePattern[];
  /** How long an answer holds that does not say. */
  readonly defaultCacheDurationMs: number;
  readonly apiVersion: string;
  readonly args: readonly string[];
  /** On top of this process's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** The plugin goes by the service account of the pod that an image is pulled for. */
  readonly tokenAttributes?: TokenAttributes;
}

const apiVersions = ['v1', 'v1beta1', 'v1alpha1'].map((version) => `credentialprovider.kubelet.k8s.io/${version}`);
/** The older ones have no field for a token. */
const tokenApiVersion = 'credentialprovider.kubelet.k8s.io/v1';

/**
 * Reads a `CredentialProviderConfig` (`kubelet.config.k8s.io`), already parsed from YAML or JSON. Throws `InvalidInput`
 * with the path of what is wrong.
 */
export function parseCredentialPluginConfig(config: unknown): CredentialPlugin[] {
  if (!isRecord(config) || config['kind'] !== 'CredentialProviderConfig') {
    throw invalid('kind', 'is not CredentialProviderConfig');
  }
  const { providers } = config;
  if (!Array.isArray(providers)) throw invalid('providers', 'is not a list');
  const plugins = providers.map((provider: unknown, index) => pluginOf(provider, `providers[${index}]`));
  const names = plugins.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw invalid('providers', `holds "${twice}" twice`);
  return plugins;
}

function pluginOf(provider: unknown, path: string): CredentialPlugin {
  if (!isRecord(provider)) throw invalid(path, 'is not an object');
  const { name, matchImages, defaultCacheDuration, apiVersion, args = [], env = [], tokenAttributes } = provider;
  // It is joined to the folder of plugins, and must not lead out of it.
  if (typeof name !== 'string' || !/^[^/\\\s]+$/.test(name) || /^\.\.?$/.test(name)) {
    throw invalid(`${path}.name`, 'is not the name of a program');
  }
  if (typeof apiVersion !== 'string' || !apiVersions.includes(apiVersion)) {
    throw invalid(`${path}.apiVersion`, `is none of ${apiVersions.join(', ')}`);
  }
  if (tokenAttributes !== undefined && apiVersion !== tokenApiVersion) {
    throw invalid(`${path}.tokenAttributes`, `needs the apiVersion ${tokenApiVersion}`);
  }
  if (!isStrings(args)) throw invalid(`${path}.args`, 'is not a list of strings');
  return {
    name,
    apiVersion,
    args,
    matchImages: patternsOf(matchImages, `${path}.matchImages`),
    defaultCacheDurationMs: durationOf(defaultCacheDuration, `${path}.defaultCacheDuration`),
    env: variablesOf(env, `${path}.env`),
    ...(tokenAttributes !== undefined && {
      tokenAttributes: parseTokenAttributes(tokenAttributes, `${path}.tokenAttributes`),
    }),
  };
}

function patternsOf(matchImages: unknown, path: string): ImagePattern[] {
  if (!isStrings(matchImages) || matchImages.length === 0) throw invalid(path, 'is not a list of image patterns');
  return matchImages.map((text, index) => {
    const pattern = parseImagePattern(text);
    if (pattern === undefined) throw invalid(`${path}[${index}]`, 'names no host');
    return pattern;
  });
}

function variablesOf(env: unknown, path: string): Record<string, string> {
  if (!Array.isArray(env)) throw invalid(path, 'is not a list');
  const entries = env.map((variable: unknown, index): [string, string] => {
    const { name, value } = isRecord(variable) ? variable : {};
    if (typeof name === 'string' && typeof value === 'string') return [name, value];
    throw invalid(`${path}[${index}]`, 'has no name and value');
  });
  return Object.fromEntries(entries);
}

function durationOf(duration: unknown, path: string): number {
  const durationMs = typeof duration === 'string' ? parseGoDuration(duration) : undefined;
  if (durationMs === undefined) throw invalid(path, 'is not a duration such as 12h or 1m30s');
  return durationMs;
}

const unitMs: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  ns: 1e-6,
};

/** Milliseconds of a duration in Go's notation that is not negative; undefined for anything else. */
export function parseGoDuration(text: string): number | undefined {
  if (text === '0') return 0;
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:h|ms|m|s|us|µs|ns))+$/.test(text)) return undefined;
  let sumMs = 0;
  for (const [, amount, unit = ''] of text.matchAll(/([\d.]+)(h|ms|m|s|us|µs|ns)/g)) {
    sumMs += Number(amount) * (unitMs[unit] ?? 0);
  }
  return sumMs;
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(path: string, what: string): VkError {
  return new VkError('InvalidInput', `credential plugins: ${path} ${what}`);
}
