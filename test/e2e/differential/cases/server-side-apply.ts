import { at } from '../exchange.js';
import { apply, bound, type Case, makePod, pod, podsPath } from './shared.js';

const managed = ['metadata.labels', 'metadata.managedFields.0.manager', 'metadata.managedFields.0.operation'];

export const serverSideApply: Record<string, Case> = {
  'makes an object, and then changes what it manages': async (talk) => {
    const path = `${podsPath}/${talk.name}`;
    const one = pod(talk.name, bound, { labels: { a: '1', b: '2' } });
    const query = { fieldManager: 'one' };
    const made = await talk.send('PATCH', path, one, { type: apply, query, see: managed });
    const again = await talk.send('PATCH', path, one, { type: apply, query, see: managed });
    const same = at(made.body, 'metadata.resourceVersion') === at(again.body, 'metadata.resourceVersion');
    talk.outcomes.push({ step: 'same revision', code: 0, fields: { same } });
    const less = pod(talk.name, bound, { labels: { a: '3' } });
    await talk.send('PATCH', path, less, { type: apply, query, see: ['metadata.labels'] });
  },
  'is refused where another manager has a field, unless forced': async (talk) => {
    const path = `${podsPath}/${talk.name}`;
    const labelled = (value: string): object => pod(talk.name, bound, { labels: { a: value } });
    const by = (fieldManager: string, value: string, force?: string): Promise<unknown> => {
      const query = { fieldManager, ...(force === undefined ? {} : { force }) };
      return talk.send('PATCH', path, labelled(value), { type: apply, query, see: ['metadata.labels'] });
    };
    await by('one', '1');
    await by('two', '2');
    await by('two', '1');
    await by('two', '2', 'true');
    await by('one', '1');
  },
  'needs a manager, and an object that fits': async (talk) => {
    const path = `${podsPath}/${talk.name}`;
    await talk.send('PATCH', path, pod(talk.name), { type: apply });
    const query = { fieldManager: 'one' };
    await talk.send('PATCH', path, { metadata: { name: talk.name } }, { type: apply, query });
    await talk.send('PATCH', path, pod('another'), { type: apply, query });
    await talk.send('PATCH', path, pod(talk.name, {}, { managedFields: [{ manager: 'x' }] }), { type: apply, query });
  },
  'of a status owns the status alone': async (talk) => {
    const path = await makePod(talk);
    const applied = { apiVersion: 'v1', kind: 'Pod', metadata: { name: talk.name }, status: { message: 'said' } };
    const query = { fieldManager: 'one' };
    const see = ['status.message', 'status.phase'];
    await talk.send('PATCH', `${path}/status`, applied, { type: apply, query, see });
  },
};
