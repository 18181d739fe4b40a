import { at } from '../exchange.js';
import { bound, type Case, jsonPatch, makePod, merge, pod, running, strategic } from './shared.js';

export const update: Record<string, Case> = {
  'labels change without a new generation, the spec with one': async (talk) => {
    const path = await makePod(talk);
    const see = ['metadata.generation', 'metadata.labels', 'spec.containers.0.image'];
    await talk.send('PATCH', path, { metadata: { labels: { a: 'b' } } }, { type: merge, see });
    const image = { spec: { containers: [{ name: 'main', image: 'example.com/app:2' }] } };
    await talk.send('PATCH', path, image, { type: strategic, see });
    await talk.send('PATCH', path, { metadata: { labels: { a: null } } }, { type: merge, see });
  },
  'most of a spec cannot change': async (talk) => {
    const path = await makePod(talk);
    await talk.send('PATCH', path, { spec: { nodeName: 'elsewhere' } }, { type: merge });
    await talk.send('PATCH', path, { spec: { restartPolicy: 'Never' } }, { type: merge });
    const more = { spec: { containers: [{ name: 'second', image: 'example.com/app:1' }] } };
    await talk.send('PATCH', path, more, { type: strategic });
    const see = ['spec.activeDeadlineSeconds'];
    await talk.send('PATCH', path, { spec: { activeDeadlineSeconds: 60 } }, { type: merge, see });
    await talk.send('PATCH', path, { spec: { activeDeadlineSeconds: 600 } }, { type: merge, see });
  },
  'identity cannot change': async (talk) => {
    const path = await makePod(talk);
    await talk.send('PATCH', path, { metadata: { uid: 'another' } }, { type: merge });
    await talk.send('PATCH', path, { metadata: { name: 'another' } }, { type: merge });
    await talk.send('PUT', path, pod('another', bound));
  },
  'a stale revision is a conflict': async (talk) => {
    const path = await makePod(talk);
    const stale = { metadata: { resourceVersion: '1', labels: { a: 'b' } } };
    await talk.send('PATCH', path, stale, { type: merge });
    await talk.send('PATCH', `${path}/status`, { ...stale, status: running }, { type: merge });
    const { body } = await talk.send('GET', path);
    await talk.send('PUT', path, { ...body, metadata: { ...(body['metadata'] as object), resourceVersion: '1' } });
    const unconditional = { ...(body['metadata'] as object), resourceVersion: undefined, labels: { c: 'd' } };
    await talk.send('PUT', path, { ...body, metadata: unconditional }, { see: ['metadata.labels'] });
  },
  'a write that changes nothing makes no new revision': async (talk) => {
    const path = await makePod(talk, bound, { labels: { a: 'b' } });
    const before = await talk.send('GET', path);
    const after = await talk.send('PATCH', path, { metadata: { labels: { a: 'b' } } }, { type: merge });
    const same = at(before.body, 'metadata.resourceVersion') === at(after.body, 'metadata.resourceVersion');
    talk.outcomes.push({ step: 'same revision', code: 0, fields: { same } });
  },
  'JSON patches are done whole or not at all': async (talk) => {
    const path = await makePod(talk, bound, { labels: { a: 'b' } });
    const see = ['metadata.labels'];
    const patch = (operations: unknown): Promise<unknown> =>
      talk.send('PATCH', path, operations, { type: jsonPatch, see });
    await patch([{ op: 'add', path: '/metadata/labels/c', value: 'd' }]);
    await patch([{ op: 'replace', path: '/metadata/labels/a', value: 'e' }]);
    await patch([{ op: 'remove', path: '/metadata/labels/c' }]);
    await patch([
      { op: 'add', path: '/metadata/labels/never', value: 'x' },
      { op: 'test', path: '/metadata/labels/a', value: 'wrong' },
    ]);
    await patch([{ op: 'remove', path: '/metadata/labels/missing' }]);
    await patch([{ op: 'nonsense', path: '/x' }]);
    await patch({ not: 'a list' });
    await talk.send('GET', path, undefined, { see });
  },
  'patches of an unknown kind are refused': async (talk) => {
    const path = await makePod(talk);
    await talk.send('PATCH', path, {}, { type: 'application/json' });
    await talk.send('PATCH', path, '{"metadata":', { type: merge });
    await talk.send('PATCH', path, '{"metadata":', { type: strategic });
  },
};
