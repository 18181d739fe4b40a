/** The configuration file of Go's mock provider: what each node has to give, by the node's name. */
import { readFile } from 'node:fs/promises';
import { Quantity, VkError, type Node } from 'vk-sdk';

export interface MockNodeConfig {
  readonly cpu: string;
  readonly memory: string;
  readonly pods: string;
  /** Further resources, such as `{ "nvidia.com/gpu": "4" }`. */
  readonly others: Readonly<Record<string, string>>;
  readonly providerID?: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What Go's mock provider has where the file says nothing. */
const defaults: MockNodeConfig = { cpu: '20', memory: '100Gi', pods: '20', others: {}, labels: {} };

/** Reads the section of one node. A file without such a section, and no file at all, mean the defaults. */
export async function loadMockConfig(file: string | undefined, nodeName: string): Promise<MockNodeConfig> {
  if (file === undefined) return defaults;
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new VkError('InvalidInput', `provider configuration ${file}: cannot be read`, { cause: error });
  }
  return parseMockConfig(text, nodeName, file);
}

export function parseMockConfig(text: string, nodeName: string, file: string): MockNodeConfig {
  const name = `provider configuration ${file}`;
  let decoded: unknown;
  try {
    decoded = JSON.parse(text);
  } catch (error) {
    throw new VkError('InvalidInput', `${name}: not JSON`, { cause: error });
  }
  if (!isRecord(decoded)) throw new VkError('InvalidInput', `${name}: not an object of nodes by name`);
  const section = Object.hasOwn(decoded, nodeName) ? decoded[nodeName] : {};
  if (!isRecord(section)) throw new VkError('InvalidInput', `${name}: ${nodeName} is not an object`);

  const where = `${name}: ${nodeName}`;
  const { providerID } = section;
  return {
    cpu: quantity(section['cpu'] || defaults.cpu, `${where}.cpu`),
    memory: quantity(section['memory'] || defaults.memory, `${where}.memory`),
    pods: quantity(section['pods'] || defaults.pods, `${where}.pods`),
    others: Object.fromEntries(
      Object.entries(strings(section['others'], `${where}.others`)).map(([resource, amount]) => [
        resource,
        quantity(amount, `${where}.others.${resource}`),
      ]),
    ),
    ...(typeof providerID === 'string' && providerID !== '' && { providerID }),
    labels: strings(section['labels'], `${where}.labels`),
  };
}

/** Makes `node` what the configuration says. */
export function applyMockConfig(node: Node, config: MockNodeConfig): void {
  const { cpu, memory, pods, others } = config;
  const capacity = { cpu, memory, pods, ...others };
  node.metadata.labels = { ...node.metadata.labels, ...config.labels };
  if (config.providerID !== undefined) node.spec = { ...node.spec, providerID: config.providerID };
  node.status = { ...node.status, capacity, allocatable: capacity };
}

function quantity(value: unknown, where: string): string {
  try {
    const parsed = Quantity.parse(typeof value === 'number' ? value : String(value));
    if (parsed.sign >= 0) return parsed.toString();
  } catch {
    // Said below, with the place.
  }
  throw new VkError('InvalidInput', `${where}: ${JSON.stringify(value)} is not an amount such as 2 or 32Gi`);
}

function strings(value: unknown, where: string): Record<string, string> {
  const object = value ?? {};
  if (!isRecord(object) || Object.values(object).some((item) => typeof item !== 'string')) {
    throw new VkError('InvalidInput', `${where}: not an object of strings`);
  }
  return object as Record<string, string>;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
