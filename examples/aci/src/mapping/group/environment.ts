/** A container's environment, already resolved, as the cloud takes it. */
import type { EnvironmentVariable as GroupVariable } from '@azure/arm-containerinstance';
import type { Container, EnvironmentVariable } from 'vk-sdk';
import type { Refusals } from './refusals.js';

/** What the service answers to any other name: `InvalidContainerEnvironmentVariable`. */
const namePattern = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * A value that a Secret's data is in becomes a `secureValue`, which the cloud never shows again. Variables without a
 * value are left out, as azure-aci does: the service takes one of `value` and `secureValue`, and an empty one for none
 * (`InvalidEnvironmentVariable`).
 */
export function environmentOf(
  container: Container,
  variables: readonly EnvironmentVariable[],
  path: string,
  refusals: Refusals,
): GroupVariable[] {
  return variables.flatMap((variable) => {
    const { name, value, secret, waitsFor, origin } = variable;
    const where = `${path}.${placeOf(container, variable)}`;
    if (!namePattern.test(name)) {
      // Nobody has asked for these: one Service with a digit in front would keep all pods of its namespace from running.
      if (origin.kind === 'service') return [];
      refusals.add(where, 'the cloud takes letters, digits and _ in a variable’s name, and no digit first');
      return [];
    }
    if (value === undefined) {
      const missing = waitsFor.join(', ') || 'a value';
      refusals.add(where, `needs ${missing}, which is not known before the group runs; let the container find it out`);
      return [];
    }
    if (value === '') return [];
    return [secret ? { name, secureValue: value } : { name, value }];
  });
}

function placeOf({ env = [] }: Container, { name }: EnvironmentVariable): string {
  return env.some((entry) => entry.name === name) ? `env[${name}]` : `envFrom[${name}]`;
}
