/** The two faces of an event: core/v1, in which it is stored, and events.k8s.io/v1. */
import { omit, type JsonObject } from './json.js';

const renamed: readonly (readonly [core: string, events: string])[] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
];

function rename(object: JsonObject, from: 0 | 1, apiVersion: string): JsonObject {
  const result: Record<string, unknown> = { ...object, apiVersion };
  for (const pair of renamed) {
    const value = object[pair[from]];
    if (value === undefined) continue;
    delete result[pair[from]];
    result[pair[1 - from] as string] = value;
  }
  return result;
}

/** A stored event as events.k8s.io/v1 shows it. */
export function toEventsView(event: JsonObject): JsonObject {
  const view = rename(event, 0, 'events.k8s.io/v1');
  // The older fields are shown only where they say something.
  const empty = ['reportingController', 'reportingInstance'].filter((key) => view[key] === '');
  return omit(view, ...empty);
}

/** What was written as events.k8s.io/v1, as it is stored. */
export function fromEventsView(event: JsonObject): JsonObject {
  return rename(event, 1, 'v1');
}
