import { describe, expect, it } from 'vitest';
import { podRef, pods, RegistryCredentials, type PodInputs } from 'vk-sdk';
import { openScene } from './open-scene.js';
import { context, isRunning, podOf } from './scene.js';

describe('a pod on the cloud', () => {
  it('is a container group that runs, and goes with it', async () => {
    const scene = await openScene({ cloud: { latencies: { answer: 20, pending: 1_000, pull: 3_000, delete: 2_000 } } });
    const pod = await scene.run(podOf('web'));
    expect(scene.groups).toEqual([scene.group(pod)]);
    expect(pod.status).toMatchObject({ phase: 'Running', hostIP: '10.9.8.7' });
    expect(scene.cloud.requests.count('create')).toBe(1);

    await scene.delete('web');
    expect(scene.groups).toEqual([]);
    expect(scene.eventsOf('web').map(({ reason }) => reason)).not.toContain('ProviderDeleteFailed');
  });

  it('is Pending while the cloud provisions, and tells its events', async () => {
    const scene = await openScene({ cloud: { latencies: { pending: 10_000, pull: 10_000 } } });
    await scene.run(podOf('web'), ({ phase, containerStatuses }) => phase === 'Pending' && containerStatuses?.length);
    await scene.status('web', isRunning);
    const reasons = scene.eventsOf('web').map(({ reason }) => reason);
    expect(reasons).toEqual(expect.arrayContaining(['ProviderCreateSuccess', 'Pulling', 'Pulled', 'Started']));
    expect(new Set(reasons).size).toBe(reasons.length);
  });

  it('knows the node’s address in its variables and its command', async () => {
    const scene = await openScene();
    const env = [{ name: 'HOST', valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } }];
    const pod = await scene.run(podOf('web', { command: ['sleep', '$(HOST)'], env }));
    expect(scene.cloud.groups.get(scene.group(pod))?.spec.properties.containers[0]).toMatchObject({
      properties: {
        command: ['sleep', '10.9.8.7'],
        environmentVariables: expect.arrayContaining([{ name: 'HOST', value: '10.9.8.7' }]) as unknown,
      },
    });
  });

  it('has ended when its containers have, with their exit code', async () => {
    const scene = await openScene();
    const pod = await scene.run(
      podOf('job', { command: ['sh', '-c', 'exit 3'] }, { restartPolicy: 'Never' }),
      ({ phase }) => ['Failed', 'Succeeded'].includes(phase ?? ''),
    );
    expect(pod.status?.phase).toBe('Failed');
    expect(pod.status?.containerStatuses?.[0]?.state?.terminated?.exitCode).toBe(3);
  });

  it('is refused with the path of what the cloud cannot give it, and fails if it is to run once', async () => {
    const scene = await openScene();
    const spec = { hostNetwork: true, restartPolicy: 'Never' };
    const pod = await scene.run(podOf('job', {}, spec), ({ phase }) => phase === 'Failed');
    expect(pod.status).toMatchObject({ reason: 'ProviderFailed' });
    expect(pod.status?.message).toContain('spec.hostNetwork');
    await scene.pass(60_000);
    expect(scene.cloud.requests.count('create')).toBe(0);
  });

  it('stays Pending where it is refused and would be replaced, by the mapping or by the cloud', async () => {
    const scene = await openScene();
    await scene.run(podOf('web', {}, { hostNetwork: true }), ({ reason }) => reason === 'ProviderFailed');
    scene.cloud.faults.next('create', { status: 400, code: 'InvalidRequestContent', message: 'no such image' });
    await scene.run(podOf('app'), ({ reason }) => reason === 'ProviderFailed');
    await scene.pass(60_000);
    for (const [name, why] of Object.entries({ web: 'spec.hostNetwork', app: 'no such image' })) {
      expect(scene.pod(name)?.status).toMatchObject({ phase: 'Pending', reason: 'ProviderFailed' });
      expect(scene.pod(name)?.status?.message).toMatch(new RegExp(`${why}.* \\(attempt 1, next in 3600 s\\)`));
      await scene.delete(name);
    }
    expect(scene.groups).toEqual([]);
  });

  it('says what of a change its group does not follow, and lets pass what is Kubernetes’ own', async () => {
    const scene = await openScene();
    await scene.run(podOf('web'));
    const { client } = scene.server;
    const ref = { namespace: 'default', name: 'web' };
    await client.patch(pods, ref, 'strategic', { metadata: { labels: { tier: 'front' } } });
    const told = (reason: string) => scene.eventsOf('web').filter((event) => event.reason === reason);
    await scene.until('the update', () => told('ProviderUpdateSuccess').length === 1);

    await client.patch(pods, ref, 'strategic', {
      spec: { containers: [{ name: 'app', image: 'docker.io/library/other' }] },
    });
    await scene.until('the refusal', () => told('ProviderUpdateFailed').length === 1);
    expect(told('ProviderUpdateFailed')[0]?.message).toContain(
      'spec.containers[app].image: the group runs docker.io/library/busybox and is not changed',
    );
    expect(scene.pod('web')?.status?.phase).toBe('Running');
    await scene.delete('web');
    expect(scene.groups).toEqual([]);
  });

  it('waits for room while the quota is used up, says so, and runs when there is some', async () => {
    const scene = await openScene({ cloud: { quota: { groups: 1 } } });
    await scene.run(podOf('first'));
    const pod = await scene.run(podOf('second'), ({ reason }) => reason === 'ProviderFailed');
    expect(pod.status?.phase).toBe('Pending');
    expect(pod.status?.message).toMatch(
      /^container group default-second-\w+: create: no room \(ContainerGroupQuotaReached\): /,
    );
    expect(scene.eventsOf('second').find(({ type }) => type === 'Warning')?.message).toContain('no room');
    await scene.delete('first');
    const { status } = await scene.status('second', isRunning);
    expect(status?.reason).toBeUndefined();
    expect(status?.message).toBeUndefined();
    expect(scene.groups).toHaveLength(1);
  });

  it('waits out that the cloud throttles, without a word of failure', async () => {
    const scene = await openScene();
    scene.cloud.faults.next('create', { status: 429, retryAfterSeconds: 20 });
    await scene.run(podOf('web'));
    expect(scene.groups).toHaveLength(1);
    expect(scene.node()).toMatchObject({ phase: 'running' });
  });

  it.each([
    ['create', { status: 500 }],
    ['create', { status: 500, when: 'after' }],
    ['create', { reset: 'before' }],
    ['create', { reset: 'after' }],
    ['create', { status: 504, when: 'after' }],
    ['create', { status: 409, code: 'ContainerGroupTransitioning' }],
    ['get', { status: 500 }],
    ['get', { reset: 'after' }],
    ['get', { text: '<html>proxy</html>', contentType: 'text/html' }],
    ['get', { status: 404, code: 'ResourceGroupNotFound' }],
  ] as const)('comes to one group though its %s meets %o', async (operation, fault) => {
    const scene = await openScene();
    scene.cloud.faults.next(operation, fault);
    const pod = await scene.run(podOf('web'));
    expect(scene.groups).toEqual([scene.group(pod)]);
  });

  it.each([
    ['delete', { status: 500 }],
    ['delete', { status: 500, when: 'after' }],
    ['delete', { reset: 'before' }],
    ['delete', { reset: 'after' }],
    ['delete', { status: 409, code: 'ContainerGroupTransitioning' }],
    ['delete', { status: 429, retryAfterSeconds: 5 }],
    ['poll', { status: 500 }],
    ['poll', { reset: 'after' }],
    ['poll', { status: 404, code: 'ResourceNotFound' }],
    ['get', { status: 500 }],
    ['get', { status: 404, code: 'ResourceGroupNotFound' }],
  ] as const)('leaves no group behind though its deletion meets %s: %o', async (operation, fault) => {
    const scene = await openScene({ cloud: { latencies: { delete: 2_000 } } });
    await scene.run(podOf('web'));
    scene.cloud.faults.next(operation, fault);
    await scene.delete('web');
    expect(scene.groups).toEqual([]);
  });

  it.each(['deletes', 'refuses', 'leaks'] as const)(
    'upstream §5: leaves no group behind when it is deleted during provisioning, by a cloud that %s',
    async (deleteWhileProvisioning) => {
      const scene = await openScene({
        cloud: { latencies: { pending: 5_000, pull: 60_000, delete: 1_000 }, deleteWhileProvisioning },
      });
      await scene.run(podOf('web'), ({ containerStatuses }) => containerStatuses?.length);
      expect(scene.groups).toHaveLength(1);
      await scene.delete('web');
      expect(scene.groups).toEqual([]);
      await scene.pass(120_000);
      expect(scene.groups).toEqual([]);
    },
  );

  it('upstream §5: is deleted again, at once, when the cloud says that its group is deleted and has it all the same', async () => {
    const scene = await openScene({
      cloud: { latencies: { pull: 12_000, delete: 1_000 }, deleteWhileProvisioning: 'leaks' },
    });
    await scene.run(podOf('web'), ({ containerStatuses }) => containerStatuses?.length);
    const begunAt = scene.clock.now();
    await scene.delete('web');
    expect(scene.groups).toEqual([]);
    expect(scene.cloud.requests.count('delete')).toBeGreaterThan(1);
    expect(scene.clock.now() - begunAt).toBeLessThan(25_000);
  });

  it('leaves no group behind when it is deleted before the cloud shows its new group', async () => {
    const scene = await openScene({ cloud: { visibleAfterMs: 30_000 } });
    await scene.create(podOf('web'));
    await scene.until('the group', () => scene.groups.length > 0);
    await scene.delete('web');
    expect(scene.groups).toEqual([]);
  });

  it('says that its deletion takes long, and goes when it is over', async () => {
    const scene = await openScene({ cloud: { latencies: { delete: 400_000 } } });
    await scene.run(podOf('web'));
    const begunAt = scene.clock.now();
    await scene.delete('web');
    expect(scene.clock.now() - begunAt).toBeGreaterThan(400_000);
    expect(scene.groups).toEqual([]);
    expect(scene.eventsOf('web').find(({ type }) => type === 'Warning')?.message).toMatch(
      /is not deleted after 120 s$/,
    );
  });

  it('leaves no group behind when it is deleted while the request for it is on its way', async () => {
    const scene = await openScene();
    const held = scene.cloud.faults.hold('create', { when: 'before' });
    await scene.create(podOf('web'));
    await scene.until('the request', () => scene.cloud.requests.count('create') > 0);
    await scene.startDelete('web');
    await scene.pass(2_000);
    held.release();
    await scene.until('pod web is gone', () => scene.pod('web') === undefined);
    await scene.pass(5_000);
    expect(scene.groups).toEqual([]);
  });

  it('is made once, however often it is asked for', async () => {
    const scene = await openScene();
    const pod = await scene.run(podOf('web'));
    const inputs: PodInputs = {
      environment: () => ({ containers: new Map(), problems: [] }),
      volumes: async () => new Map(),
      registryCredentials: async () => new RegistryCredentials([]),
      secret: async () => ({ state: 'missing' }),
      configMap: async () => ({ state: 'missing' }),
    };
    await scene.provider.createPod(pod, { ...context, inputs });
    expect(scene.cloud.requests.count('create')).toBe(1);
  });

  it('upstream §5: fails when its group has vanished, running or not, and its like can be made', async () => {
    const scene = await openScene();
    const running = await scene.run(podOf('running'));
    const slow = await scene.create(podOf('slow'));
    scene.cloud.faults.stick(scene.group(slow));
    await scene.status('slow', ({ containerStatuses }) => containerStatuses?.length);
    for (const pod of [running, slow]) await scene.cloud.faults.vanish(scene.group(pod));
    const lost = await scene.status('running', ({ phase }) => phase === 'Failed');
    expect(lost.status).toMatchObject({ reason: 'NotFound' });
    expect(lost.status?.containerStatuses?.[0]?.state?.terminated?.exitCode).toBe(-137);
    await scene.status('slow', ({ phase }) => phase === 'Failed');
    await scene.delete('running');
    await scene.run(podOf('running'));
  });

  it('stays Pending while provisioning is stuck, and can be deleted all the same', async () => {
    const scene = await openScene();
    const created = await scene.create(podOf('web'));
    scene.cloud.faults.stick(scene.group(created));
    await scene.status('web', ({ containerStatuses }) => containerStatuses?.length);
    await scene.pass(600_000);
    expect(scene.pod('web')?.status?.phase).toBe('Pending');
    await scene.delete('web');
    expect(scene.groups).toEqual([]);
  });

  it('stays as it is while the cloud leaves fields out of its answers', async () => {
    const scene = await openScene();
    const pod = await scene.run(podOf('web'));
    for (const field of ['properties', 'tags', 'name', 'id', 'properties.instanceView', 'properties.containers']) {
      const restore = scene.cloud.faults.strip([field]);
      await scene.pass(120_000);
      restore();
      expect(scene.pod('web')?.status, field).toMatchObject({ phase: 'Running' });
      expect(scene.pod('web')?.metadata.uid).toBe(pod.metadata.uid);
    }
    expect(scene.groups).toEqual([scene.group(pod)]);
  });

  it('is adopted by the next process of its node, as it is', async () => {
    const scene = await openScene();
    const pod = await scene.run(podOf('web'));
    await scene.stopNode();
    const creates = scene.cloud.requests.count('create');
    await scene.startNode();
    await scene.pass(10_000);
    expect(scene.cloud.requests.count('create')).toBe(creates);
    expect(scene.pod('web')).toMatchObject({ metadata: { uid: pod.metadata.uid }, status: { phase: 'Running' } });
    await scene.delete('web');
    expect(scene.groups).toEqual([]);
  });

  it('whose deletion its process did not live to see through is deleted by the next', async () => {
    const scene = await openScene({ cloud: { latencies: { delete: 30_000 } } });
    await scene.run(podOf('web'));
    await scene.startDelete('web');
    await scene.until('the deletion', () => scene.cloud.requests.count('delete') > 0);
    await scene.stopNode();
    await scene.startNode();
    await scene.until('pod web is gone', () => scene.pod('web') === undefined);
    expect(scene.groups).toEqual([]);
  });

  it('is told by its name where somebody has replaced the tags of its group, and its group goes with it', async () => {
    const scene = await openScene();
    const pod = await scene.run(podOf('web'));
    const group = scene.cloud.groups.get(scene.group(pod));
    if (group === undefined) throw new Error('no group');
    group.spec = { ...group.spec, tags: { costCenter: '4711' } };
    await scene.pass(120_000);
    expect(scene.pod('web')?.status?.phase).toBe('Running');
    await scene.delete('web');
    expect(scene.groups).toEqual([]);
  });

  it('is not touched by a node of another name', async () => {
    const scene = await openScene();
    const pod = await scene.run(podOf('web'));
    expect((await scene.provider.getPods(context)).map(podRef)).toEqual([podRef(pod)]);
    const group = scene.cloud.groups.get(scene.group(pod));
    if (group === undefined) throw new Error('no group');
    group.spec = { ...group.spec, tags: { ...group.spec.tags, NodeName: 'node-2' } };
    expect(await scene.provider.getPods(context)).toEqual([]);
    expect(await scene.provider.getPod(podRef(pod), context)).toBeUndefined();
    const deletion = scene.provider.deletePod(pod, { ...context, gracePeriodSeconds: 0 });
    await expect(deletion).rejects.toMatchObject({ code: 'NotFound' });
    expect(scene.groups).toEqual([scene.group(pod)]);
  });
});
