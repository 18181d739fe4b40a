import { at } from '../exchange.js';
import { bound, type Case, merge, pod, podsPath } from './shared.js';

export const read: Record<string, Case> = {
  'what is not there is not found': async (talk) => {
    await talk.send('GET', `${podsPath}/${talk.name}`);
    await talk.send('DELETE', `${podsPath}/${talk.name}`);
    await talk.send('PATCH', `${podsPath}/${talk.name}`, {}, { type: merge });
    await talk.send('PUT', `${podsPath}/${talk.name}`, pod(talk.name));
  },
  'methods that a resource does not have': async (talk) => {
    await talk.send('POST', `${podsPath}/${talk.name}`, pod(talk.name));
    await talk.send('PUT', podsPath, pod(talk.name));
  },
  'lists are selected by label and field': async (talk) => {
    for (const [index, tier] of ['front', 'back', 'back'].entries()) {
      const labels = { of: talk.name, tier };
      await talk.send('POST', podsPath, pod(`${talk.name}-${index}`, bound, { labels }));
    }
    const names = ['items.0.metadata.name', 'items.1.metadata.name', 'items.2.metadata.name'];
    const select = (labelSelector: string): Promise<unknown> =>
      talk.send('GET', podsPath, undefined, { query: { labelSelector }, see: names });
    await select(`of=${talk.name}`);
    await select(`of=${talk.name},tier=back`);
    await select(`of=${talk.name},tier!=back`);
    await select(`of=${talk.name},tier in (front,middle)`);
    await select(`of=${talk.name},!tier`);
    await select(`of in (`);
    const by = (fieldSelector: string): Promise<unknown> =>
      talk.send('GET', podsPath, undefined, { query: { fieldSelector }, see: names });
    await by(`metadata.name=${talk.name}-1`);
    await by(`metadata.name=${talk.name}-1,spec.nodeName=nowhere`);
    await by(`metadata.name=${talk.name}-1,spec.nodeName!=nowhere`);
    await by(`metadata.name=${talk.name}-1,status.phase=Pending`);
    await by('spec.hostname=x');
  },
  'lists come in pages': async (talk) => {
    const labels = { pages: talk.name };
    for (const index of [0, 1, 2]) {
      await talk.send('POST', podsPath, pod(`${talk.name}-${index}`, bound, { labels }));
    }
    const query = { labelSelector: `pages=${talk.name}`, limit: '2' };
    const see = ['items.0.metadata.name', 'items.1.metadata.name', 'items.2?', 'metadata.continue?'];
    const first = await talk.send('GET', podsPath, undefined, { query, see });
    const more = String(at(first.body, 'metadata.continue'));
    await talk.send('GET', podsPath, undefined, { query: { ...query, continue: more }, see });
    await talk.send('GET', podsPath, undefined, { query: { ...query, continue: 'nonsense' } });
    await talk.send('GET', podsPath, undefined, { query: { ...query, limit: '-1' } });
  },
  'revisions are checked': async (talk) => {
    const list = (query: Record<string, string>): Promise<unknown> =>
      talk.send('GET', podsPath, undefined, { query, see: ['kind'] });
    await list({ resourceVersion: 'x' });
    await list({ resourceVersion: '0', resourceVersionMatch: 'Exact' });
    await list({ resourceVersionMatch: 'Exact' });
    await list({ resourceVersion: '1', resourceVersionMatch: 'Sideways' });
    await list({ watch: 'true', sendInitialEvents: 'true' });
  },
};
