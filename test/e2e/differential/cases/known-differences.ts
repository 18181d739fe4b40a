import type { Dialogue } from '../exchange.js';
import { type Case, inDefault, node, podsPath } from './shared.js';

/** Where the fake answers otherwise, and is to. */
export const knownDifferences: readonly (readonly [string, Case])[] = Object.entries({
  'what is nowhere is refused with a Status, where a real apiserver sends plain text': async (talk: Dialogue) => {
    await talk.send('GET', `${inDefault}/nothings`);
    await talk.send('GET', '/apis/example.com/v1/things');
  },
  'a watch from no revision at all is a bad request, where a real apiserver answers 500': async (talk: Dialogue) => {
    await talk.send('GET', podsPath, undefined, { query: { watch: 'true', resourceVersion: 'x' } });
  },
  'a new node has no taint that a lifecycle controller has to take away': async (talk: Dialogue) => {
    await talk.send('POST', '/api/v1/nodes', node(talk.name), { see: ['spec.taints'] });
  },
});
