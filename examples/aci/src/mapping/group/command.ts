/** What a container runs. A group has one list, which takes the place of the image's entry point. */
import type { Container } from 'vk-sdk';
import type { Refusals } from './refusals.js';

/** Undefined: as the image says. */
export function commandOf(
  { command = [], args = [] }: Container,
  path: string,
  refusals: Refusals,
): string[] | undefined {
  if (command.length === 0 && args.length > 0) {
    refusals.add(
      `${path}.args`,
      'the cloud cannot keep the image’s entry point and change its arguments; set command too',
    );
  }
  return command.length > 0 ? [...command, ...args] : undefined;
}
