import { at } from '../exchange.js';
import { bound, type Case, makePod, merge, patchStatus, pod, podsPath, remove } from './shared.js';

const deletion = ['metadata.deletionTimestamp?', 'metadata.deletionGracePeriodSeconds', 'metadata.generation', 'kind'];

export const removal: Record<string, Case> = {
  'a pod without a node goes at once': async (talk) => {
    await talk.send('POST', podsPath, pod(talk.name, { nodeSelector: { nowhere: 'x' } }));
    await talk.send('DELETE', `${podsPath}/${talk.name}`, {}, { see: ['kind'] });
    await talk.send('GET', `${podsPath}/${talk.name}`);
  },
  'a pod on a node goes when its kubelet says so': async (talk) => {
    const path = await makePod(talk);
    await talk.send('DELETE', path, {}, { see: deletion });
    await talk.send('GET', path, undefined, { see: deletion });
    await talk.send('DELETE', path, { gracePeriodSeconds: 10 }, { see: deletion });
    await talk.send('DELETE', path, { gracePeriodSeconds: 20 }, { see: deletion });
    await talk.send('DELETE', path, remove, { see: ['kind'] });
    await talk.send('GET', path);
  },
  'the spec says how much grace there is, and the request may say otherwise': async (talk) => {
    const path = await makePod(talk, { ...bound, terminationGracePeriodSeconds: 7 });
    await talk.send('DELETE', path, {}, { see: deletion });
    await talk.send('DELETE', path, remove);
    const other = `${podsPath}/${talk.name}-2`;
    await talk.send('POST', podsPath, pod(`${talk.name}-2`, { ...bound, terminationGracePeriodSeconds: 7 }));
    await talk.send('DELETE', other, { gracePeriodSeconds: 90 }, { see: deletion });
    await talk.send('DELETE', other, remove);
    await talk.send('POST', podsPath, pod(`${talk.name}-3`, { ...bound, terminationGracePeriodSeconds: 0 }));
    await talk.send('DELETE', `${podsPath}/${talk.name}-3`, {}, { see: deletion });
    await talk.send('GET', `${podsPath}/${talk.name}-3`);
  },
  'a grace may come in the query': async (talk) => {
    const path = await makePod(talk);
    await talk.send('DELETE', path, undefined, { query: { gracePeriodSeconds: '4' }, see: deletion });
    await talk.send('DELETE', path, undefined, { query: { gracePeriodSeconds: '0' } });
    await talk.send('GET', path);
  },
  'a pod that has ended goes at once': async (talk) => {
    const path = await makePod(talk);
    await patchStatus(talk, path, { phase: 'Succeeded' });
    await talk.send('DELETE', path, {}, { see: ['kind'] });
    await talk.send('GET', path);
  },
  'preconditions are kept': async (talk) => {
    const path = await makePod(talk);
    await talk.send('DELETE', path, { ...remove, preconditions: { uid: '00000000-0000-0000-0000-000000000000' } });
    await talk.send('DELETE', path, { ...remove, preconditions: { resourceVersion: '1' } });
    const { body } = await talk.send('GET', path);
    await talk.send('DELETE', path, { ...remove, preconditions: { uid: at(body, 'metadata.uid') } });
  },
  'finalizers keep an object until they are gone': async (talk) => {
    const path = await makePod(talk, bound, { finalizers: ['example.com/keep'] });
    await talk.send('DELETE', path, remove, { see: deletion });
    await talk.send('GET', path, undefined, { see: deletion });
    const more = { metadata: { finalizers: ['example.com/keep', 'example.com/more'] } };
    await talk.send('PATCH', path, more, { type: merge });
    await talk.send('PATCH', path, { metadata: { finalizers: null } }, { type: merge, see: ['kind'] });
    await talk.send('GET', path);
  },
  'a dry run deletes nothing': async (talk) => {
    const path = await makePod(talk);
    await talk.send('DELETE', path, { ...remove, dryRun: ['All'] });
    await talk.send('GET', path, undefined, { see: ['metadata.deletionTimestamp?'] });
  },
  'a collection is deleted by selector': async (talk) => {
    for (const index of [1, 2]) {
      const labels = { gone: index === 1 ? talk.name : 'no' };
      await talk.send('POST', podsPath, pod(`${talk.name}-${index}`, bound, { labels }));
    }
    const query = { labelSelector: `gone=${talk.name}` };
    await talk.send('DELETE', podsPath, remove, { query, see: ['kind'] });
    await talk.send('GET', `${podsPath}/${talk.name}-1`);
    await talk.send('GET', `${podsPath}/${talk.name}-2`);
  },
  'an eviction is a deletion': async (talk) => {
    const path = await makePod(talk);
    const eviction = (name: string): object => ({ apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } });
    await talk.send('POST', `${path}/eviction`, eviction(talk.name), { see: ['kind', 'status'] });
    await talk.send('GET', path, undefined, { see: deletion });
    await talk.send('POST', `${podsPath}/not-there/eviction`, eviction('not-there'));
    await talk.send('DELETE', path, remove);
  },
};
