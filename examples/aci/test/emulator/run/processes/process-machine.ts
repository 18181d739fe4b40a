/**
 * One group on this machine: its containers are processes, each the leader of a process group of its own, its volumes are
 * folders. There is no isolation at all: a process sees the machine's files, network and users. What a container would
 * find mounted at `/etc/config`, its process finds at `$POD_ROOT/etc/config`.
 *
 * 1. Every process group that was started is killed before `dispose` resolves.
 * 2. Nothing is written outside of `folder`, and the share folders that are handed in.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from 'vk-sdk';
import type { WireContainer, WireGroup } from '../../cloud/wire.js';
import type { LogRing } from '../log-ring.js';
import type { CommandRequest, CommandSession, Machine, RunningContainer, SessionEnds } from '../machine.js';
import { ProcessGroup } from './process-group.js';
import { LineDiscipline } from './line-discipline.js';
import { makeVolumes, mountVolumes } from './volume-folders.js';

export interface ProcessMachineOptions {
  /** Of the group; removed at the end. */
  readonly folder: string;
  /** Where file shares are, which groups have in common. */
  readonly shares: string;
  /** `words`: a command of exec is split at spaces. `whole`: it is the name of a program, as the service documents. */
  readonly execCommand: 'words' | 'whole';
}

export class ProcessMachine implements Machine {
  readonly #options: ProcessMachineOptions;
  readonly #running = new Set<ProcessGroup>();

  private constructor(options: ProcessMachineOptions) {
    this.#options = options;
  }

  static async create(group: WireGroup, options: ProcessMachineOptions): Promise<ProcessMachine> {
    await mkdir(options.folder, { recursive: true });
    const volumes = await makeVolumes(group.properties.volumes ?? [], join(options.folder, 'volumes'), options.shares);
    const machine = new ProcessMachine(options);
    const { containers, initContainers = [] } = group.properties;
    for (const { name, properties } of [...initContainers, ...containers])
      await mountVolumes(machine.#rootOf(name), properties.volumeMounts ?? [], volumes);
    return machine;
  }

  start(container: WireContainer, log: LogRing, ended: (exitCode: number) => void): RunningContainer {
    const { image, command = [] } = container.properties;
    const said = `${image} is not run here: it has no command, and images are not pulled`;
    const words = command.length > 0 ? command : ['sh', '-c', 'echo "$0"; exec sleep 2147483', said];
    const running = this.#spawn(container, words, false);
    running.onText((text) => log.write(text));
    running.onEnd(({ exitCode, error }) => {
      if (error) log.write(`${error}\n`);
      this.#running.delete(running);
      ended(exitCode);
    });
    return { end: (graceMs) => running.end(graceMs) };
  }

  exec({ container, command, terminal }: CommandRequest, ends: SessionEnds): CommandSession {
    const words =
      this.#options.execCommand === 'words' ? command.split(/\s+/).filter((word) => word !== '') : [command];
    const shell = terminal && words.length === 1 && /(^|\/)(ba|da|a|z)?sh$/.test(words[0] ?? '');
    // A terminal has one output: on two pipes a prompt may come after what is printed later.
    const started = shell ? ['/bin/sh', '-c', 'exec "$@" 2>&1', 'sh', ...words, '-i'] : words;
    const running = this.#spawn(container, started, true, terminal && sizeOf(terminal));
    const lines = terminal
      ? new LineDiscipline({
          echo: ends.output,
          input: (data) => running.write(data),
          endOfInput: () => running.endInput(),
          interrupt: () => running.signal('SIGINT'),
        })
      : undefined;
    running.onOutput((data) => ends.output(lines ? lines.output(data) : data));
    running.onEnd(({ error }) => {
      if (error) ends.output(Buffer.from(`${error}\r\n`));
      this.#running.delete(running);
      ends.ended();
    });
    return {
      write: (input) => (lines ? lines.typed(input) : running.write(input)),
      close: () => void running.end(0),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running].map((running) => running.end(0)));
    await rm(this.#options.folder, { recursive: true, force: true });
  }

  #rootOf(container: string): string {
    return join(this.#options.folder, 'roots', container);
  }

  #spawn(
    container: WireContainer,
    command: readonly string[],
    withInput: boolean,
    more: Readonly<Record<string, string>> = {},
  ): ProcessGroup {
    const root = this.#rootOf(container.name);
    const variables = container.properties.environmentVariables ?? [];
    const env = {
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      HOME: root,
      POD_ROOT: root,
      ...more,
      ...Object.fromEntries(variables.map(({ name, value, secureValue }) => [name, secureValue ?? value ?? ''])),
    };
    const running = new ProcessGroup(command, { cwd: root, env, withInput, clock: systemClock });
    this.#running.add(running);
    return running;
  }
}

function sizeOf({ rows, cols }: { readonly rows: number; readonly cols: number }): Record<string, string> {
  return { LINES: String(rows), COLUMNS: String(cols), TERM: 'dumb' };
}
