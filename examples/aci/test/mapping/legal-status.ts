/** What Kubernetes takes for a status of a pod, as far as its validation and its users' expectations go. */
import type { ContainerState, ContainerStatus, Pod, PodStatus } from 'vk-sdk';

const phases = ['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'];
const timeForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const mostBytes = 64 * 1024;

/** What is wrong with it: nothing, if it is legal. */
export function faultsOf(pod: Pod, status: PodStatus): string[] {
  const faults: string[] = [];
  const check = (holds: boolean, fault: string): void => {
    if (!holds) faults.push(fault);
  };
  const json = JSON.stringify(status);
  check(json.length <= mostBytes, `${json.length} bytes`);
  check(sameJson(JSON.parse(json), status), 'it is not JSON');
  check(phases.includes(status.phase ?? ''), `phase ${status.phase}`);
  check(status.podIP === status.podIPs?.[0]?.ip, 'podIP is not the first of podIPs');
  check(timeForm.test(status.startTime ?? ''), `startTime ${status.startTime}`);
  for (const { type, status: value, lastTransitionTime } of status.conditions ?? []) {
    check(value === 'True' || value === 'False', `condition ${type} ${value}`);
    check(timeForm.test(lastTransitionTime ?? ''), `condition ${type} at ${lastTransitionTime}`);
  }
  const hasEnded = status.phase === 'Succeeded' || status.phase === 'Failed';
  const lists = [
    [pod.spec.containers, status.containerStatuses] as const,
    [pod.spec.initContainers ?? [], status.initContainerStatuses] as const,
  ];
  for (const [containers, statuses = []] of lists) {
    const names = statuses.map(({ name }) => name);
    check(
      sameJson(
        names,
        containers.map(({ name }) => name),
      ),
      `containers ${names.join()}`,
    );
    for (const container of statuses) {
      faults.push(...containerFaults(container));
      check(
        !hasEnded || container.state?.terminated !== undefined,
        `${container.name} goes on in a pod that has ended`,
      );
    }
  }
  return faults;
}

function containerFaults({ name, state, lastState, restartCount, ready, started, image }: ContainerStatus): string[] {
  const faults: string[] = [];
  if (!Number.isInteger(restartCount) || restartCount < 0) faults.push(`${name}: restartCount ${restartCount}`);
  if (typeof image !== 'string') faults.push(`${name}: image`);
  if (started && !state?.running) faults.push(`${name}: started and does not run`);
  if (ready && !state?.running && state?.terminated?.exitCode !== 0) faults.push(`${name}: ready and does not run`);
  faults.push(...stateFaults(state, 1), ...stateFaults(lastState, 0));
  return faults;
}

function stateFaults(state: ContainerState = {}, least: 0 | 1): string[] {
  const faults: string[] = [];
  const { running, terminated, waiting } = state;
  const count = Object.keys(state).length;
  if (count < least || count > 1) faults.push(`states ${Object.keys(state).join()}`);
  if (terminated && !Number.isInteger(terminated.exitCode)) faults.push(`exit code ${terminated.exitCode}`);
  for (const time of [running?.startedAt, terminated?.startedAt, terminated?.finishedAt]) {
    if (time !== undefined && !timeForm.test(time)) faults.push(`time ${time}`);
  }
  for (const reason of [waiting?.reason, terminated?.reason]) {
    if (reason !== undefined && !/^[A-Z][A-Za-z0-9]*$/.test(reason)) faults.push(`reason ${reason}`);
  }
  if (terminated && terminated.reason === undefined) faults.push('no reason');
  return faults;
}

function sameJson(one: unknown, other: unknown): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other)) && !hasForeign(other);
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => [k, sorted(v)]),
  );
}

/** Undefined, dates, numbers that are none: what JSON has not got, or changes. */
function hasForeign(value: unknown): boolean {
  if (value === undefined || value instanceof Date) return true;
  if (typeof value === 'number') return !Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return typeof value === 'function';
  return Object.values(value).some(hasForeign);
}
