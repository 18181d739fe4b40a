/**
 * The shape of Kubernetes' protobuf messages, from compact tables. A line is `group.Message: number jsonName type, …` with
 * types `s` string, `y` bytes, `b` bool, `i` integer, `d` double, another message, or one of the types that JSON has in
 * another form (`Time`, `Quantity`, …); `[]` repeated, `{}` a map from strings, `=` inlined in JSON; `!` kept though zero,
 * as of pointers and of fields without `omitempty`.
 */
import { coreMessages } from './core-messages.js';
import { otherMessages } from './other-messages.js';

export interface Field {
  readonly name: string;
  readonly type: string;
  readonly repeated: boolean;
  readonly map: boolean;
  readonly inline: boolean;
  readonly keepZero: boolean;
}

export type Message = ReadonlyMap<number, Field>;

/** All messages by name. Costs a few milliseconds, so ask once and only for a client that sends protobuf. */
export function readMessages(): ReadonlyMap<string, Message> {
  const messages = new Map<string, Message>();
  const joined = `${coreMessages}${otherMessages}`.replace(/\n +/g, ' ');
  for (const line of joined.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) messages.set(line.slice(0, colon), readFields(line.slice(colon + 1)));
  }
  return messages;
}

function readFields(text: string): Message {
  const fields = new Map<number, Field>();
  for (const field of text.split(',')) {
    const [number = '', name = '', marked = ''] = field.trim().split(' ');
    if (number === '') continue;
    fields.set(Number(number), {
      name,
      type: marked.replace(/^=|^\[\]|^\{\}|!$/g, ''),
      repeated: marked.startsWith('[]'),
      map: marked.startsWith('{}'),
      inline: marked.startsWith('='),
      keepZero: marked.endsWith('!'),
    });
  }
  return fields;
}
