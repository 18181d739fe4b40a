/** What a credential plugin is to be told of a pod's service account (`tokenAttributes`, kubelet.config.k8s.io/v1). Pure. */
import { VkError } from '../../runtime/errors.js';

export interface TokenAttributes {
  /** Whom the token is for. */
  readonly audience: string;
  /** Without a service account: the plugin is not asked, or asked without a token. */
  readonly requireServiceAccount: boolean;
  /** What answers are kept by: the service account, or the token itself where the plugin's answer depends on it. */
  readonly cacheType: 'ServiceAccount' | 'Token';
  /** The plugin is asked only for service accounts that have all of these annotations. */
  readonly requiredAnnotations: readonly string[];
  readonly optionalAnnotations: readonly string[];
}

/** Throws `InvalidInput` with the path of what is wrong, where a kubelet would not start. */
export function parseTokenAttributes(value: unknown, path: string): TokenAttributes {
  const {
    serviceAccountTokenAudience: audience,
    requireServiceAccount,
    cacheType,
    requiredServiceAccountAnnotationKeys,
    optionalServiceAccountAnnotationKeys,
  } = (value ?? {}) as Record<string, unknown>;
  if (typeof audience !== 'string' || audience === '') {
    throw invalid(`${path}.serviceAccountTokenAudience`, 'is missing');
  }
  if (typeof requireServiceAccount !== 'boolean')
    throw invalid(`${path}.requireServiceAccount`, 'is not true or false');
  if (cacheType !== 'ServiceAccount' && cacheType !== 'Token') {
    throw invalid(`${path}.cacheType`, 'is none of ServiceAccount and Token');
  }
  const required = keysOf(requiredServiceAccountAnnotationKeys, `${path}.requiredServiceAccountAnnotationKeys`);
  const optional = keysOf(optionalServiceAccountAnnotationKeys, `${path}.optionalServiceAccountAnnotationKeys`);
  if (required.length > 0 && !requireServiceAccount) {
    throw invalid(`${path}.requiredServiceAccountAnnotationKeys`, 'needs requireServiceAccount');
  }
  const twice = optional.find((key) => required.includes(key));
  if (twice !== undefined) throw invalid(path, `holds the annotation "${twice}" as required and as optional`);
  return { audience, requireServiceAccount, cacheType, requiredAnnotations: required, optionalAnnotations: optional };
}

function keysOf(value: unknown, path: string): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw invalid(path, 'is not a list of annotations');
  return value.map((key: unknown, index) => {
    // As the keys of annotations have to be, in either case.
    if (typeof key === 'string' && /^([a-z\d.-]+\/)?[a-z\d]([a-z\d._-]*[a-z\d])?$/i.test(key)) {
      if (value.indexOf(key) === index) return key;
      throw invalid(`${path}[${index}]`, 'is there twice');
    }
    throw invalid(`${path}[${index}]`, 'is not the key of an annotation');
  });
}

function invalid(path: string, what: string): VkError {
  return new VkError('InvalidInput', `credential plugins: ${path} ${what}`);
}
