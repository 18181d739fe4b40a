/** Why the cloud could not make a group run, as far as it tells. */
import { field, items, reason, text, time } from './cloud-value.js';

export interface Failure {
  readonly reason: string;
  readonly message?: string;
}

/**
 * For a group that the cloud gave up: one that runs and whose containers fail says so in their own states. The latest
 * warning among its events tells why, such as an image that cannot be pulled.
 */
export function provisioningFailure(group: unknown): Failure | undefined {
  const state = text(field(group, 'provisioningState'));
  if (state !== 'Failed' && state !== 'Canceled') return undefined;
  const warning = latestWarning(group);
  const message = text(field(warning, 'message'));
  const fallback = state === 'Failed' ? 'ProvisioningFailed' : 'ProvisioningCanceled';
  const name = reason(field(warning, 'name'));
  // `Failed` alone tells less than the state does.
  return {
    reason: name === undefined || name === 'Failed' ? fallback : name,
    ...(message !== undefined && { message }),
  };
}

function latestWarning(group: unknown): unknown {
  let latest: unknown;
  let latestAt = -1;
  for (const event of allEvents(group)) {
    const at = time(field(event, 'lastTimestamp')) ?? 0;
    if (!isWarning(event) || at < latestAt) continue;
    latest = event;
    latestAt = at;
  }
  return latest;
}

function allEvents(group: unknown): readonly unknown[] {
  const lists = [field(group, 'initContainers'), field(group, 'containers')].flatMap(items);
  return [...lists, group].flatMap((owner) => items(field(field(owner, 'instanceView'), 'events')));
}

export function isWarning(event: unknown): boolean {
  return text(field(event, 'type'))?.toLowerCase() === 'warning';
}
