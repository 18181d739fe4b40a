/** The file of `--provider-config`: TOML with azure-aci's keys, or the same as JSON. */
import { parse } from 'smol-toml';
import { UsageError } from '@vk-sdk-examples/shared';
import { isRecord, readText, type ReadFile } from './files.js';

const texts = [
  'ResourceGroup',
  'Region',
  'OperatingSystem',
  'CPU',
  'Memory',
  'Pods',
  'GPU',
  'SubnetName',
  'SubnetCIDR',
  'VnetName',
  'VnetResourceGroup',
  'VnetSubscriptionID',
  'KubeDNSIP',
] as const;
const lists = ['GPUSKUs', 'UserAssignedIdentities'] as const;
const flags = ['SystemAssignedIdentity'] as const;

/** By key, those that the file has. */
export interface ProviderFile {
  readonly texts: Readonly<Partial<Record<(typeof texts)[number], string>>>;
  readonly lists: Readonly<Partial<Record<(typeof lists)[number], readonly string[]>>>;
  readonly flags: Readonly<Partial<Record<(typeof flags)[number], boolean>>>;
}

export const emptyProviderFile: ProviderFile = { texts: {}, lists: {}, flags: {} };

/** Keys in any case, as azure-aci takes them. One that nobody knows is refused: it would be a setting without effect. */
export function readProviderFile(path: string, readFile: ReadFile): ProviderFile {
  const found = {
    texts: {} as Partial<Record<string, string>>,
    lists: {} as Partial<Record<string, readonly string[]>>,
    flags: {} as Partial<Record<string, boolean>>,
  };
  for (const [written, value] of Object.entries(contentOf(path, readFile))) {
    const is = (key: string): boolean => key.toLowerCase() === written.toLowerCase();
    const text = texts.find(is);
    const list = lists.find(is);
    const flag = flags.find(is);
    if (text) found.texts[text] = asText(path, written, value);
    else if (list) found.lists[list] = asList(path, written, value);
    else if (flag) found.flags[flag] = asFlag(path, written, value);
    else
      throw new UsageError(`${path}: ${written} is no setting; there are ${[...texts, ...lists, ...flags].join(', ')}`);
  }
  return found;
}

function contentOf(path: string, readFile: ReadFile): Readonly<Record<string, unknown>> {
  const text = readText('--provider-config', path, readFile);
  const isJson = path.toLowerCase().endsWith('.json');
  try {
    const content: unknown = isJson ? JSON.parse(text) : parse(text);
    if (isRecord(content)) return content;
  } catch (error) {
    // A parser's error goes on with a picture of the place.
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new UsageError(`${path}: is not ${isJson ? 'JSON' : 'TOML'}: ${reason}`);
  }
  throw new UsageError(`${path}: does not hold settings by name`);
}

function asText(path: string, key: string, value: unknown): string {
  // `CPU = 100` is what everybody means.
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (typeof value !== 'string') throw new UsageError(`${path}: ${key} is not a text`);
  return value;
}

function asList(path: string, key: string, value: unknown): readonly string[] {
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'string')) {
    throw new UsageError(`${path}: ${key} is not a list of texts`);
  }
  return value;
}

function asFlag(path: string, key: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw new UsageError(`${path}: ${key} is neither true nor false`);
  return value;
}
