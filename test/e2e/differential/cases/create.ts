import { at } from '../exchange.js';
import { type Case, makePod, pod, podsPath, running } from './shared.js';

export const create: Record<string, Case> = {
  'a pod gets its defaults': async (talk) => {
    const see = [
      'kind',
      'metadata.namespace',
      'metadata.generation',
      'spec.restartPolicy',
      'spec.dnsPolicy',
      'spec.schedulerName',
      'spec.enableServiceLinks',
      'spec.terminationGracePeriodSeconds',
      'spec.containers.0.imagePullPolicy',
      'spec.containers.0.terminationMessagePath',
      'spec.containers.0.terminationMessagePolicy',
      'spec.containers.0.resources',
      'spec.securityContext',
      'spec.priority',
      'spec.preemptionPolicy',
      'spec.tolerations',
      'status.phase',
      'status.qosClass',
      'status.conditions',
    ];
    await talk.send('POST', podsPath, pod(talk.name), { see });
  },
  'quality of service follows requests and limits': async (talk) => {
    const resources = { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '1', memory: '1Gi' } };
    const containers = [{ name: 'main', image: 'example.com/app:1', resources }];
    await talk.send('POST', podsPath, pod(`${talk.name}-1`, { containers }), { see: ['status.qosClass'] });
    const burstable = [{ ...containers[0], resources: { requests: { cpu: '500m' } } }];
    await talk.send('POST', podsPath, pod(`${talk.name}-2`, { containers: burstable }), { see: ['status.qosClass'] });
  },
  'limits stand in for missing requests': async (talk) => {
    const containers = [{ name: 'main', image: 'example.com/app:1', resources: { limits: { cpu: '2' } } }];
    const see = ['spec.containers.0.resources', 'status.qosClass'];
    await talk.send('POST', podsPath, pod(talk.name, { containers }), { see });
  },
  'a name is needed, or the beginning of one': async (talk) => {
    await talk.send('POST', podsPath, { ...pod('x'), metadata: {} });
    const made = await talk.send('POST', podsPath, { ...pod('x'), metadata: { generateName: `${talk.name}-` } });
    const name = String(at(made.body, 'metadata.name'));
    talk.outcomes.push({ step: 'generated', code: 0, fields: { length: name.length - talk.name.length } });
  },
  'names are checked': async (talk) => {
    await talk.send('POST', podsPath, pod('Not_A_Name'));
    await talk.send('POST', podsPath, pod('x'.repeat(254)));
    await talk.send('POST', podsPath, pod(talk.name, {}, { labels: { 'bad key!': 'x' } }));
    await talk.send('POST', podsPath, pod(talk.name, {}, { labels: { key: 'bad value!' } }));
    await talk.send('POST', podsPath, pod(talk.name, {}, { annotations: { 'bad key!': 'x' } }));
  },
  'containers are checked': async (talk) => {
    const container = { name: 'main', image: 'example.com/app:1' };
    await talk.send('POST', podsPath, pod(talk.name, { containers: [] }));
    await talk.send('POST', podsPath, pod(talk.name, { containers: [container, container] }));
    await talk.send('POST', podsPath, pod(talk.name, { containers: [{ name: 'main' }] }));
    await talk.send('POST', podsPath, pod(talk.name, { containers: [{ image: 'example.com/app:1' }] }));
    await talk.send('POST', podsPath, pod(talk.name, { containers: [{ ...container, name: 'Bad Name' }] }));
    await talk.send('POST', podsPath, pod(talk.name, { restartPolicy: 'Sometimes' }));
    await talk.send('POST', podsPath, pod(talk.name, { terminationGracePeriodSeconds: -5 }));
  },
  'quantities are checked': async (talk) => {
    const container = { name: 'main', image: 'example.com/app:1' };
    const tooMuch = { requests: { cpu: '2' }, limits: { cpu: '1' } };
    await talk.send('POST', podsPath, pod(talk.name, { containers: [{ ...container, resources: tooMuch }] }));
    const odd = { requests: { cpu: 'much' } };
    await talk.send('POST', podsPath, pod(talk.name, { containers: [{ ...container, resources: odd }] }));
  },
  'a name is taken once': async (talk) => {
    await makePod(talk);
    await talk.send('POST', podsPath, pod(talk.name));
  },
  'path and body must agree': async (talk) => {
    await talk.send('POST', podsPath, pod(talk.name, {}, { namespace: 'kube-system' }));
    await talk.send('POST', podsPath, { ...pod(talk.name), kind: 'Node' });
    await talk.send('POST', podsPath, { ...pod(talk.name), apiVersion: 'v2' });
    await talk.send('POST', '/api/v1/namespaces/not-there/pods', pod(talk.name));
  },
  'a body must be JSON of an object': async (talk) => {
    await talk.send('POST', podsPath, '{"kind": "Pod", ');
    await talk.send('POST', podsPath, '[]');
    await talk.send('POST', podsPath, pod(talk.name), { type: 'text/plain' });
  },
  'unknown fields are dropped, or refused if asked': async (talk) => {
    const odd = pod(talk.name, { notAField: 1 });
    await talk.send('POST', podsPath, odd, { query: { fieldValidation: 'Strict' } });
    await talk.send('POST', podsPath, odd, { query: { fieldValidation: 'Ignore' }, see: ['spec.notAField?'] });
  },
  'a dry run makes nothing': async (talk) => {
    await talk.send('POST', podsPath, pod(talk.name), { query: { dryRun: 'All' }, see: ['metadata.uid?'] });
    await talk.send('GET', `${podsPath}/${talk.name}`);
    await talk.send('POST', podsPath, pod(talk.name), { query: { dryRun: 'Some' } });
  },
  'a pod without pull secrets gets those of its service account': async (talk) => {
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: talk.name } };
    await talk.send('POST', '/api/v1/namespaces/default/serviceaccounts', {
      ...account,
      imagePullSecrets: [{ name: 'one' }, { name: 'two' }],
    });
    const see = ['spec.imagePullSecrets?'];
    await talk.send('POST', podsPath, pod(talk.name, { serviceAccountName: talk.name }), { see });
    const own = { serviceAccountName: talk.name, imagePullSecrets: [{ name: 'own' }] };
    await talk.send('POST', podsPath, pod(`${talk.name}-own`, own), { see });
  },
  'a status that comes with a new pod is ignored': async (talk) => {
    await talk.send('POST', podsPath, { ...pod(talk.name), status: running }, { see: ['status.phase'] });
  },
};
