/** What a container's process is started with: command, working directory, environment. Pure. */
import { join, resolve } from 'node:path';
import { VkError, objectKey, type Container, type Pod } from 'vk-sdk';
import { markVariable } from '../supervisor/marks.js';
import { expand } from './expand.js';

export interface ContainerCommand {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** In the environment of all processes of this run. */
  readonly mark: string;
}

export interface CommandOptions {
  /** The container's own directory. */
  readonly root: string;
  readonly run: number;
  /** The search path that programs get where the pod does not say one. */
  readonly path: string;
}

/** A debugging container that names no command gets a shell, as the images that are used for it have it. */
const debugCommand = ['/bin/sh'];

/** Throws `InvalidInput` for a container without a command: there is no image that could have one. */
export function containerCommand(pod: Pod, container: Container, options: CommandOptions): ContainerCommand {
  const { root } = options;
  const { name = '', uid = '' } = pod.metadata;
  const mark = `${uid}/${container.name}/${options.run}`;
  const tty = container.tty ? { TERM: 'xterm' } : {};
  const own: Record<string, string> = {
    PATH: options.path,
    HOME: root,
    HOSTNAME: pod.spec.hostname ?? name,
    VK_CONTAINER_ROOT: root,
    ...tty,
  };
  for (const { name: variable, value = '' } of container.env ?? []) own[variable] = expand(value, own);
  return {
    argv: commandOf(pod, container).map((word) => expand(word, own)),
    cwd: resolve(root, container.workingDir ?? ''),
    env: { ...own, [markVariable]: mark },
    mark,
  };
}

function commandOf(pod: Pod, container: Container): readonly string[] {
  const { command = [], args = [] } = container;
  if (command.length > 0) return [...command, ...args];
  if (pod.spec.ephemeralContainers?.some(({ name }) => name === container.name)) return [...debugCommand, ...args];
  throw new VkError(
    'InvalidInput',
    `pod ${objectKey(pod)}: container ${container.name} has no command: the image is not used here, so say what to run in spec.containers[].command`,
  );
}

/** Where a path that a pod takes for absolute is: below the container's directory, as there is no other root. */
export function pathInContainer(root: string, path: string): string {
  return join(root, join('/', path));
}
