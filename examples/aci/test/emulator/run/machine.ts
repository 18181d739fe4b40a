import type { WireContainer, WireGroup } from '../cloud/wire.js';
import type { LogRing } from './log-ring.js';

/** A container that has been started. */
export interface RunningContainer {
  /** Ends it: politely, and by force after `graceMs`. Resolves when it has ended. May be called twice. */
  end(graceMs: number): Promise<void>;
}

/** A command that runs in a container, or the container's own output. */
export interface CommandSession {
  /** What the client typed. */
  write(input: Buffer): void;
  /** The client has gone: ends the command. */
  close(): void;
}

export interface SessionEnds {
  readonly output: (data: Buffer) => void;
  /** The command has ended; its exit code is nobody's to know, as in the cloud. */
  readonly ended: () => void;
}

export interface CommandRequest {
  readonly container: WireContainer;
  readonly command: string;
  readonly terminal: { readonly rows: number; readonly cols: number } | undefined;
}

/** Where the containers of one group run. */
export interface Machine extends AsyncDisposable {
  /** `ended` is called once, never before `start` has returned. */
  start(container: WireContainer, log: LogRing, ended: (exitCode: number) => void): RunningContainer;
  exec(request: CommandRequest, ends: SessionEnds): CommandSession;
}

export type NewMachine = (name: string, group: WireGroup) => Promise<Machine>;
