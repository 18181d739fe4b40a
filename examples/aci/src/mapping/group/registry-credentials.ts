/** The credentials that the images of a group are pulled with: of each registry one, and none that no image needs. */
import type { ImageRegistryCredential } from '@azure/arm-containerinstance';
import { type Container, parseImageReference, type Pod, type RegistryCredential } from 'vk-sdk';
import type { PodMaterial } from '../pod-material.js';
import type { Refusals } from './refusals.js';

interface Candidates {
  readonly server: string;
  /** Each would do for every image so far. */
  fitting: readonly RegistryCredential[];
}

export function registryCredentialsOf(
  { spec }: Pod,
  { credentials }: PodMaterial,
  refusals: Refusals,
): ImageRegistryCredential[] {
  const servers = new Map<string, Candidates>();
  for (const list of ['initContainers', 'containers'] as const) {
    for (const { name, image = '' } of (spec[list] ?? []) as readonly Container[]) {
      const server = serverOf(image);
      if (server === undefined) {
        refusals.add(`spec.${list}[${name}].image`, 'not a reference such as registry.example.com/team/app:1.2');
        continue;
      }
      const fitting = credentials.forImage(image);
      if (fitting.length > 0) servers.set(server, narrowed(servers.get(server), { server, fitting }));
    }
  }
  return [...servers.values()].flatMap(({ server, fitting: [first] }) => {
    if (first) return [{ server, username: first.username, password: first.password }];
    refusals.add('spec.imagePullSecrets', `a group has one credential for ${server}, and its images need several`);
    return [];
  });
}

function narrowed(before: Candidates | undefined, { server, fitting }: Candidates): Candidates {
  if (!before) return { server, fitting };
  const both = before.fitting.filter((one) =>
    fitting.some((other) => other.username === one.username && other.password === one.password),
  );
  return { server, fitting: both };
}

/** A host, with its port, and without a protocol. The cloud knows Docker Hub by the name of its index. */
function serverOf(image: string): string | undefined {
  try {
    const { registry } = parseImageReference(image);
    return registry === 'docker.io' ? 'index.docker.io' : registry;
  } catch {
    return undefined;
  }
}
