import { bound, type Case, jsonPatch, makePod, merge, patchStatus, running } from './shared.js';

const conditions = ['status.phase', 'status.conditions.0.type', 'status.conditions.1.type', 'status.conditions.2?'];

export const status: Record<string, Case> = {
  'a strategic patch merges conditions by type': async (talk) => {
    const path = await makePod(talk);
    await patchStatus(talk, path, running, conditions);
    await patchStatus(talk, path, { conditions: [{ type: 'example.com/gate', status: 'True' }] }, conditions);
    const see = ['status.conditions.0.status', ...conditions];
    await patchStatus(talk, path, { conditions: [{ type: 'Ready', status: 'False' }] }, see);
    const drop = { conditions: [{ $patch: 'delete', type: 'Ready' }] };
    await patchStatus(talk, path, drop, conditions);
  },
  'a merge patch replaces conditions': async (talk) => {
    const path = await makePod(talk);
    await patchStatus(talk, path, running);
    const patch = { status: { conditions: [{ type: 'Initialized', status: 'True' }] } };
    await talk.send('PATCH', `${path}/status`, patch, { type: merge, see: conditions });
  },
  'a JSON patch reaches into the status': async (talk) => {
    const path = await makePod(talk);
    const patch = [{ op: 'add', path: '/status/message', value: 'said' }];
    await talk.send('PATCH', `${path}/status`, patch, { type: jsonPatch, see: ['status.message'] });
    await talk.send('PATCH', path, patch, { type: jsonPatch, see: ['status.message'] });
  },
  'the status subresource changes nothing else, and nothing else changes the status': async (talk) => {
    const path = await makePod(talk);
    const see = ['status.phase', 'metadata.labels', 'spec.activeDeadlineSeconds', 'metadata.generation'];
    const both = { metadata: { labels: { a: 'b' } }, spec: { activeDeadlineSeconds: 5 }, status: running };
    await talk.send('PATCH', `${path}/status`, both, { type: merge, see });
    await talk.send('PATCH', path, { status: { phase: 'Failed' } }, { type: merge, see });
    const { body } = await talk.send('GET', path);
    await talk.send('PUT', `${path}/status`, { ...body, status: { phase: 'Succeeded' } }, { see });
  },
  'a status with an unknown phase, or of another type': async (talk) => {
    const path = await makePod(talk);
    await patchStatus(talk, path, { phase: 'Dancing' }, ['status.phase']);
    await patchStatus(talk, path, { phase: 7 });
    await patchStatus(talk, path, { podIP: 'not an address', podIPs: [{ ip: 'not an address' }] });
  },
  'a container that has ended for good does not run again': async (talk) => {
    const path = await makePod(talk, { ...bound, restartPolicy: 'Never' });
    const container = { name: 'main', image: 'x', imageID: '', ready: false, restartCount: 0 };
    const state = { terminated: { exitCode: 0 } };
    await patchStatus(talk, path, { phase: 'Succeeded', containerStatuses: [{ ...container, state }] });
    const again = { running: { startedAt: '2026-01-01T00:00:00Z' } };
    await patchStatus(talk, path, { containerStatuses: [{ ...container, state: { ...again, terminated: null } }] });
  },
};
