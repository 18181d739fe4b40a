/** The three states of a container, made in one line each. */
import type { ContainerState } from '../kube/types.js';
import { timestamp } from './timestamp.js';

/** Milliseconds since the epoch, a Date, or an API timestamp as it is. */
export type Time = number | Date | string;

/** `{ running: { startedAt } }`. */
export function running(details: { readonly startedAt?: Time } = {}): ContainerState {
  return { running: details.startedAt === undefined ? {} : { startedAt: toTimestamp(details.startedAt) } };
}

/** `{ waiting: { reason, message } }`. Reasons that people know: ContainerCreating, ImagePullBackOff, CrashLoopBackOff. */
export function waiting(reason: string, message?: string): ContainerState {
  return { waiting: { reason, ...(message !== undefined && { message }) } };
}

export interface TerminatedDetails {
  readonly exitCode: number;
  /** Default: `Completed` for exit code 0, else `Error`. */
  readonly reason?: string;
  readonly message?: string;
  readonly startedAt?: Time;
  readonly finishedAt?: Time;
  readonly signal?: number;
  readonly containerID?: string;
}

/** `{ terminated: … }`. */
export function terminated(details: TerminatedDetails): ContainerState {
  const { startedAt, finishedAt, exitCode, ...rest } = details;
  return {
    terminated: {
      exitCode,
      reason: exitCode === 0 ? 'Completed' : 'Error',
      ...rest,
      ...(startedAt !== undefined && { startedAt: toTimestamp(startedAt) }),
      ...(finishedAt !== undefined && { finishedAt: toTimestamp(finishedAt) }),
    },
  };
}

function toTimestamp(time: Time): string {
  return typeof time === 'string' ? time : timestamp(time);
}
