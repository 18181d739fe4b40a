/** What a container runs. A group has one list, which takes the place of the image's entry point. */
import { expandReferences, type Container, type EnvironmentVariable } from 'vk-sdk';
import type { Refusals } from './refusals.js';

/** Undefined: as the image says. `variables` are the container's. */
export function commandOf(
  { command = [], args = [] }: Container,
  variables: readonly EnvironmentVariable[],
  path: string,
  refusals: Refusals,
): string[] | undefined {
  if (command.length === 0 && args.length > 0) {
    refusals.add(
      `${path}.args`,
      'the cloud cannot keep the image’s entry point and change its arguments; set command too',
    );
  }
  if (command.length === 0) return undefined;
  return [
    ...wordsOf(command, variables, `${path}.command`, refusals),
    ...wordsOf(args, variables, `${path}.args`, refusals),
  ];
}

/**
 * With the values of variables for `$(NAME)`, as a kubelet has it (API: `Container.command`): the cloud takes words as they
 * are. Not those of Secrets, since whoever may read the group reads its commands.
 */
export function wordsOf(
  words: readonly string[],
  variables: readonly EnvironmentVariable[],
  path: string,
  refusals: Refusals,
): string[] {
  const byName = new Map(variables.map((variable) => [variable.name, variable]));
  return words.map((word) =>
    expandReferences(word, (name) => {
      const variable = byName.get(name);
      if (variable?.secret) {
        refusals.add(path, `commands are no secret to the cloud, and $(${name}) is; have a shell put $${name} in`);
      }
      return variable?.value;
    }),
  );
}
