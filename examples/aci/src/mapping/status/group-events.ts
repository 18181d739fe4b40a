/** What the cloud tells of a container group, as Events of its pod. */
import type { ContainerGroup } from '@azure/arm-containerinstance';
import type { BackendEvent } from 'vk-sdk';
import { field, items, reason, text, time } from './cloud-value.js';
import { isWarning } from './failure.js';

/** A group keeps some dozens; more are nonsense, and the newest count. */
const mostEvents = 500;

/**
 * Of the group and of its containers, oldest first. One without a time cannot be told from those that were told before,
 * and is left out; whatever else is missing is made up for. Never throws.
 */
export function groupEvents(group: ContainerGroup): readonly BackendEvent[] {
  const told = [
    ...eventsOf(group, ''),
    ...items(field(group, 'initContainers')).flatMap((container) =>
      eventsOf(container, prefix('init container', container)),
    ),
    ...items(field(group, 'containers')).flatMap((container) => eventsOf(container, prefix('container', container))),
  ];
  return told.sort((one, other) => one.at - other.at).slice(-mostEvents);
}

function prefix(what: string, container: unknown): string {
  return `${what} ${text(field(container, 'name')) ?? 'without a name'}: `;
}

function eventsOf(owner: unknown, before: string): BackendEvent[] {
  return items(field(field(owner, 'instanceView'), 'events')).flatMap((event) => {
    const at = time(field(event, 'lastTimestamp')) ?? time(field(event, 'firstTimestamp'));
    if (at === undefined) return [];
    const name = text(field(event, 'name'));
    const message = text(before + (text(field(event, 'message')) ?? name ?? 'no message')) ?? '';
    return [{ at, type: isWarning(event) ? 'Warning' : 'Normal', reason: reasonOf(name), message }];
  });
}

/** Names are CamelCase mostly; of others the words are put together. */
function reasonOf(name = ''): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const joined = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return reason(joined) ?? 'CloudEvent';
}
