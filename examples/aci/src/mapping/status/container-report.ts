/** What the cloud says of one container, in the words of Kubernetes. */
import { createHash } from 'node:crypto';
import { running, terminated, waiting, type ContainerReport, type ContainerState, type ContainerStatus } from 'vk-sdk';
import { field, integer, reason, text, time } from './cloud-value.js';
import type { GroupPhase } from './group-state.js';

export interface ReportContext {
  readonly groupId: string | undefined;
  readonly phase: GroupPhase | undefined;
  /** What the container's status was before. */
  readonly previous: ContainerStatus | undefined;
  /** What a container that waits for no reason that the cloud tells waits for. */
  readonly notYet: string;
}

/** `container` is the cloud's, of any kind; undefined if it lists none of that name. */
export function containerReport(name: string, container: unknown, context: ReportContext): ContainerReport {
  const { groupId, phase, previous } = context;
  const view = field(container, 'instanceView');
  const current = stateOf(field(view, 'currentState'), context);
  const state = current ? withKnownStart(current, previous?.state) : stateWithout(context);
  const lastState = stateOf(field(view, 'previousState'), context);
  const restarts = integer(field(view, 'restartCount'));
  const image = text(field(container, 'image'));
  return {
    ...(state && { state }),
    ...(lastState?.terminated && { lastState }),
    // The cloud keeps to itself what its probes say, so a container is ready once it runs in a group that does.
    ready: state?.running !== undefined && phase === 'Running',
    // It counts what it still knows of, which may be less than before.
    ...(restarts !== undefined && { restartCount: Math.max(restarts, previous?.restartCount ?? 0, 0) }),
    ...(image !== undefined && { image }),
    ...(groupId !== undefined && { containerID: containerId(groupId, name) }),
  };
}

/** Undefined: the cloud does not tell. */
function stateOf(state: unknown, { phase, notYet }: ReportContext): ContainerState | undefined {
  const name = text(field(state, 'state'));
  if (name === undefined) return undefined;
  const detail = text(field(state, 'detailStatus'));
  const startedAt = time(field(state, 'startTime'));
  const finishedAt = time(field(state, 'finishTime'));
  const exitCode = integer(field(state, 'exitCode'));
  const times = { ...(startedAt !== undefined && { startedAt }), ...(finishedAt !== undefined && { finishedAt }) };
  switch (name) {
    case 'Running':
      return running(startedAt === undefined ? {} : { startedAt });
    case 'Succeeded':
      return terminated({ exitCode: exitCode ?? 0, reason: 'Completed', ...times });
    case 'Terminated':
      return terminated({ ...endOf(exitCode, detail, phase), ...times });
    case 'Failed':
    case 'Canceled':
      return terminated({ exitCode: exitCode ?? unknownExitCode, reason: name, ...message(detail), ...times });
    default:
      return waitingFor(name, detail, notYet);
  }
}

/** What Kubernetes writes where nobody knows how a container ended. */
const unknownExitCode = 137;

/**
 * The cloud says `Terminated` of every container that has ended, whatever the exit code was. Without a code it has
 * completed, unless the group has failed: then nobody knows.
 */
function endOf(exitCode: number | undefined, detail: string | undefined, phase: GroupPhase | undefined) {
  if (exitCode === undefined && phase === 'Failed') {
    return { exitCode: unknownExitCode, reason: 'ContainerStatusUnknown', ...message(detail) };
  }
  if (exitCode === undefined || exitCode === 0) return { exitCode: 0, reason: 'Completed' };
  const word = reason(detail);
  return { exitCode, reason: word ?? 'Error', ...(word === undefined && message(detail)) };
}

/** The detail is often a reason that Kubernetes knows, alone or before a colon: `CrashLoopBackOff: Back-off …`. */
function waitingFor(state: string, detail: string | undefined, notYet: string): ContainerState {
  const [first, ...rest] = (detail ?? '').split(': ');
  const word = reason(first);
  if (word !== undefined) return waiting(word, rest.length > 0 ? rest.join(': ') : undefined);
  const isPlain = state === 'Waiting' || state === 'Pending' || state === 'Creating';
  return waiting((isPlain ? undefined : reason(state)) ?? notYet, detail);
}

/** A container of which an answer says nothing is as it was, or as its whole group is. */
function stateWithout({ phase, previous }: ReportContext): ContainerState | undefined {
  if (phase === 'Succeeded' && !previous?.state?.terminated) {
    const startedAt = previous?.state?.running?.startedAt;
    return terminated({ exitCode: 0, ...(startedAt !== undefined && { startedAt }) });
  }
  return previous?.state;
}

/** An answer without the time of the start does not make another run of it. */
function withKnownStart(state: ContainerState, before: ContainerState | undefined): ContainerState {
  const startedAt = before?.running?.startedAt;
  if (startedAt === undefined) return state;
  if (state.running && state.running.startedAt === undefined) return { running: { ...state.running, startedAt } };
  if (state.terminated && state.terminated.startedAt === undefined) {
    return { terminated: { ...state.terminated, startedAt } };
  }
  return state;
}

function message(detail: string | undefined): { message?: string } {
  return detail === undefined ? {} : { message: detail };
}

/** As azure-aci makes them, so that what knows its containers goes on knowing them. */
function containerId(groupId: string, name: string): string {
  return `aci://${createHash('sha256').update(`${groupId}/containers/${name}`.toUpperCase()).digest('hex')}`;
}
