/** Containers that are timers: they run as long as their image's script or their command says, else for ever. */
import type { Clock } from 'vk-sdk';
import type { WireContainer } from '../cloud/wire.js';
import { endOf, type ImageScript } from './image-script.js';
import type { LogRing } from './log-ring.js';
import type { CommandRequest, CommandSession, Machine, RunningContainer, SessionEnds } from './machine.js';

export class PretendMachine implements Machine {
  readonly #clock: Clock;
  readonly #images: Readonly<Record<string, ImageScript>>;
  readonly #running = new Set<RunningContainer>();

  constructor(clock: Clock, images: Readonly<Record<string, ImageScript>>) {
    this.#clock = clock;
    this.#images = images;
  }

  start(container: WireContainer, log: LogRing, ended: (exitCode: number) => void): RunningContainer {
    const { image, command = [] } = container.properties;
    const script = this.#images[image] ?? {};
    const lines = script.log ?? [`pretending to run ${[image, ...command].join(' ')}`];
    for (const line of lines) log.write(`${line}\n`);
    const said = endOf(command);
    const afterMs = script.runMs ?? said?.afterMs ?? (script.exitCode === undefined ? undefined : 0);
    const finish = (exitCode: number): void => {
      if (!this.#running.delete(running)) return;
      timer?.cancel();
      ended(exitCode);
    };
    const running: RunningContainer = {
      end: async () => {
        await Promise.resolve();
        finish(137);
      },
    };
    this.#running.add(running);
    const timer =
      afterMs === undefined
        ? undefined
        : this.#clock.setTimer(afterMs, () => finish(script.exitCode ?? said?.exitCode ?? 0));
    return running;
  }

  /** Echoes what it gets. `exit` ends it. */
  exec(request: CommandRequest, ends: SessionEnds): CommandSession {
    let open = true;
    const close = (): void => {
      open = false;
    };
    setImmediate(() => {
      if (open) ends.output(Buffer.from(`pretending to run ${request.command} in ${request.container.name}\r\n`));
    });
    return {
      close,
      write: (input) => {
        if (!open) return;
        ends.output(input);
        if (input.toString().trim() !== 'exit') return;
        close();
        ends.ended();
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running].map((running) => running.end(0)));
  }
}
