/** The folder of all groups that run as processes: made at the first, removed with everything in it by `close`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WireGroup } from '../../cloud/wire.js';
import type { Machine } from '../machine.js';
import { ProcessMachine } from './process-machine.js';

export class ProcessMachines {
  readonly #execCommand: 'words' | 'whole';
  #folder: Promise<string> | undefined;
  #made = 0;

  constructor(execCommand: 'words' | 'whole') {
    this.#execCommand = execCommand;
  }

  async create(name: string, group: WireGroup): Promise<Machine> {
    this.#folder ??= mkdtemp(join(tmpdir(), 'aci-emulator-'));
    const folder = await this.#folder;
    this.#made += 1;
    return ProcessMachine.create(group, {
      // A group of the same name may still be going.
      folder: join(folder, 'groups', `${name}.${this.#made}`),
      shares: join(folder, 'shares'),
      execCommand: this.#execCommand,
    });
  }

  async close(): Promise<void> {
    if (this.#folder) await rm(await this.#folder, { recursive: true, force: true });
  }
}
