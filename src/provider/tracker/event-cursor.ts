/**
 * Which events of a pod have yet to be told. Pure: an answer of the backend goes in, the news come out.
 *
 * An event is known by its time and, among those of one time, by what it says; so a cursor is one time and the events of
 * that time, however long the pod lives. An event that comes to light after a later one is not told, nor is one of a time of
 * which so many were told that to remember more would have no bound.
 */
import type { BackendEvent } from './pods-tracker-handler.js';

export interface EventCursor {
  /** Of the newest event told, or from when on there is something to tell; in ms since the epoch. */
  readonly at: number;
  /** What was told of that time. */
  readonly told: ReadonlySet<string>;
}

export interface News {
  readonly cursor: EventCursor;
  /** From old to new. */
  readonly events: readonly BackendEvent[];
}

/** So many of an answer are told, the newest: an Event is a hint for people. */
const longestAnswer = 50;
/** Longest part of a message that is told. */
export const longestMessage = 1024;
/** A backend's clock may be ahead of ours. What is further off is no time: it would silence what comes after it. */
const longestAheadMs = 300_000;

/** Nothing has been told yet, of what happened from `at` on. */
export function cursorFrom(at: number): EventCursor {
  return { at, told: new Set() };
}

export function readEvents(cursor: EventCursor, answer: readonly BackendEvent[], now: number): News {
  const news = answer
    .filter((event) => isReadable(event) && event.at <= now + longestAheadMs)
    .filter((event) => event.at > cursor.at || (event.at === cursor.at && isNewOfItsTime(cursor, event)))
    .sort((one, other) => one.at - other.at)
    .slice(-longestAnswer);
  const newest = news.at(-1)?.at;
  if (newest === undefined) return { cursor, events: [] };
  const events = news.filter((event, index) => news.findIndex((other) => isSame(other, event)) === index);
  const told = new Set(newest === cursor.at ? cursor.told : []);
  for (const event of events) if (event.at === newest) told.add(identity(event));
  return { cursor: { at: newest, told }, events };
}

function isNewOfItsTime({ told }: EventCursor, event: BackendEvent): boolean {
  return told.size < longestAnswer && !told.has(identity(event));
}

function isSame(one: BackendEvent, other: BackendEvent): boolean {
  return one.at === other.at && identity(one) === identity(other);
}

/** Of long texts their beginning, which is what is told of them: what is remembered of a pod has a bound. */
function identity({ type, reason, message }: BackendEvent): string {
  return `${type}\0${reason.slice(0, longestMessage)}\0${message.slice(0, longestMessage)}`;
}

/** A backend may hand over anything. */
function isReadable(event: BackendEvent): boolean {
  const { at, type, reason, message } = { ...event } as Partial<Record<keyof BackendEvent, unknown>>;
  const isText = typeof reason === 'string' && reason !== '' && typeof message === 'string';
  return Number.isFinite(at) && (type === 'Normal' || type === 'Warning') && isText;
}
