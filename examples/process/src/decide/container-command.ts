/** What a container's process is started with: command, working directory, environment. Pure. */
import { join, resolve } from 'node:path';
import { expandReferences, VkError, objectKey, type Container, type Pod } from 'vk-sdk';
import { markVariable } from '../supervisor/marks.js';

/** The variables that a pod gives a container, by name. */
export type Variables = Readonly<Record<string, string>>;

export interface ContainerCommand {
  readonly argv: readonly string[];
  /** The first word as the pod has it: what was put into `argv` may be a secret. */
  readonly program: string;
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
  readonly variables: Variables;
  /** Volumes are below the container's own directory, as there is no mount namespace. */
  readonly volumesBelowRoot: boolean;
}

/** A debugging container that names no command gets a shell, as the images that are used for it have it. */
const debugCommand = ['/bin/sh'];

export function containerCommand(pod: Pod, container: Container, options: CommandOptions): ContainerCommand {
  const { root, variables } = options;
  const { name = '', uid = '' } = pod.metadata;
  const mark = `${uid}/${container.name}/${options.run}`;
  const words = commandOf(pod, container);
  return {
    // By the pod's own variables alone, as a kubelet knows no others.
    argv: words.map((word) => expandReferences(word, (variable) => valueOf(variables, variable))),
    program: words[0] ?? '',
    cwd: resolve(root, container.workingDir ?? ''),
    env: {
      PATH: options.path,
      HOME: root,
      HOSTNAME: pod.spec.hostname ?? name,
      ...(container.tty && { TERM: 'xterm' }),
      ...variables,
      VK_CONTAINER_ROOT: root,
      ...(options.volumesBelowRoot && { POD_ROOT: root }),
      [markVariable]: mark,
    },
    mark,
  };
}

/** Throws `InvalidInput` for a container without a command: there is no image that could have one. */
export function commandOf(pod: Pod, container: Container): readonly string[] {
  const { command = [], args = [] } = container;
  if (command.length > 0) return [...command, ...args];
  if (pod.spec.ephemeralContainers?.some(({ name }) => name === container.name)) return [...debugCommand, ...args];
  throw new VkError(
    'InvalidInput',
    `pod ${objectKey(pod)}: container ${container.name} has no command: the image is not used here, so say what to run in spec.containers[].command`,
  );
}

export function valueOf(variables: Variables, name: string): string | undefined {
  return Object.hasOwn(variables, name) ? variables[name] : undefined;
}

/** Where a path that a pod takes for absolute is: below the container's directory, as there is no other root. */
export function pathInContainer(root: string, path: string): string {
  return join(root, join('/', path));
}
