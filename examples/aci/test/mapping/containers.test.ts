import { describe, expect, it } from 'vitest';
import { containerOf, groupOf, podOf, refusalOf } from './scene.js';

describe('a container', () => {
  it.each([
    ['command followed by args as one list', { command: ['sh', '-c'], args: ['date'] }, ['sh', '-c', 'date']],
    ['a command alone', { command: ['date'] }, ['date']],
    ['neither: as the image says', {}, undefined],
  ])('upstream §5: runs %s', (_, container, command) => {
    expect(containerOf(container).command).toEqual(command);
  });

  it('has the values of variables in its command, its arguments and its probes, as from a kubelet', () => {
    const container = containerOf(
      {
        command: ['serve', '--host=$(HOST)'],
        args: ['$(MODE)$(UNKNOWN)', '$$(HOST)', 'price: 5$$'],
        env: [{ name: 'HOST', value: 'db' }],
        envFrom: [{ configMapRef: { name: 'app' } }],
        livenessProbe: { exec: { command: ['ask', '$(HOST)'] } },
      },
      { configMaps: { app: { MODE: 'fast' } } },
    );
    expect(container.command).toEqual(['serve', '--host=db', 'fast$(UNKNOWN)', '$(HOST)', 'price: 5$']);
    expect(container.livenessProbe?.exec?.command).toEqual(['ask', 'db']);
  });

  it.each([
    ['command', { command: ['serve', '$(P)'] }, 'command'],
    ['arguments, through another variable', { command: ['serve'], args: ['--url=$(URL)'] }, 'args'],
    ['readiness probe', { readinessProbe: { exec: { command: ['ask', '$(P)'] } } }, 'readinessProbe.exec.command'],
  ])('shows no Secret to those who may read groups: not in its %s', (_, container, path) => {
    const env = [
      { name: 'P', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
      { name: 'URL', value: 'postgres://u:$(P)@db' },
    ];
    const refusal = refusalOf(podOf({ ...container, env }), { secrets: { db: { password: 'hunter2' } } });
    expect(refusal.message).toContain(`spec.containers[app].${path}: commands are no secret to the cloud`);
    expect(refusal.message).not.toContain('hunter2');
  });

  it('upstream §5: has its ports, TCP and UDP', () => {
    const ports = [
      { containerPort: 80 },
      { containerPort: 53, protocol: 'UDP' },
      { containerPort: 53, protocol: 'TCP', name: 'dns-tcp' },
    ];
    expect(containerOf({ ports }).ports).toEqual([
      { port: 80, protocol: 'TCP' },
      { port: 53, protocol: 'UDP' },
      { port: 53, protocol: 'TCP' },
    ]);
  });

  it('upstream §5: mounts volumes by name and path, read-only if asked', () => {
    const group = groupOf(
      podOf(
        {
          volumeMounts: [
            { name: 'work', mountPath: '/work' },
            { name: 'work', mountPath: '/ro', readOnly: true },
          ],
        },
        { volumes: [{ name: 'work', emptyDir: {} }] },
      ),
    );
    expect(group.containers[0]?.volumeMounts).toEqual([
      { name: 'work', mountPath: '/work' },
      { name: 'work', mountPath: '/ro', readOnly: true },
    ]);
  });

  it('upstream §5: init containers have name, image, command, mounts and environment', () => {
    const pod = podOf(
      {},
      {
        initContainers: [
          {
            name: 'fetch',
            image: 'busybox',
            command: ['wget'],
            args: ['http://x'],
            env: [{ name: 'A', value: '1' }],
            volumeMounts: [{ name: 'work', mountPath: '/work' }],
            resources: {},
          },
        ],
        volumes: [{ name: 'work', emptyDir: {} }],
      },
    );
    expect(groupOf(pod).initContainers).toEqual([
      {
        name: 'fetch',
        image: 'busybox',
        command: ['wget', 'http://x'],
        environmentVariables: [{ name: 'A', value: '1' }],
        volumeMounts: [{ name: 'work', mountPath: '/work' }],
      },
    ]);
  });

  it.each([
    [
      'liveness by a command',
      { livenessProbe: { exec: { command: ['true'] }, initialDelaySeconds: 7 } },
      'livenessProbe',
      { exec: { command: ['true'] }, initialDelaySeconds: 7 },
    ],
    [
      'readiness by HTTP, headers and scheme kept',
      {
        readinessProbe: {
          httpGet: { port: 8080, path: '/ok', scheme: 'HTTPS', httpHeaders: [{ name: 'Host', value: 'web' }] },
          periodSeconds: 3,
          timeoutSeconds: 2,
          failureThreshold: 5,
          successThreshold: 2,
        },
      },
      'readinessProbe',
      {
        httpGet: { port: 8080, path: '/ok', scheme: 'https', httpHeaders: [{ name: 'Host', value: 'web' }] },
        periodSeconds: 3,
        timeoutSeconds: 2,
        failureThreshold: 5,
        successThreshold: 2,
      },
    ],
    [
      'a port by its name',
      {
        ports: [{ containerPort: 81, name: 'http' }],
        livenessProbe: { httpGet: { port: 'http' } },
      },
      'livenessProbe',
      { httpGet: { port: 81, path: '/', scheme: 'http' } },
    ],
    [
      'what is left out is as the API’s defaults are',
      { livenessProbe: { exec: { command: ['true'] } } },
      'livenessProbe',
      { initialDelaySeconds: 0, periodSeconds: 10, timeoutSeconds: 1, successThreshold: 1, failureThreshold: 3 },
    ],
  ] as const)('upstream §5: is probed: %s', (_, container, kind, probe) => {
    expect(containerOf(structuredClone(container) as object)[kind]).toMatchObject(probe);
  });

  it('has the security context that it and its pod ask for, in the cloud’s names', () => {
    const pod = podOf(
      {
        securityContext: {
          allowPrivilegeEscalation: false,
          capabilities: { add: ['NET_ADMIN', 'CAP_CHOWN'], drop: ['ALL'] },
          runAsGroup: 1001,
          runAsNonRoot: true,
        },
      },
      { securityContext: { runAsUser: 1000, runAsGroup: 1000, seccompProfile: { type: 'RuntimeDefault' } } },
    );
    expect(groupOf(pod).containers[0]?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { add: ['CAP_NET_ADMIN', 'CAP_CHOWN'], drop: ['ALL'] },
      runAsGroup: 1001,
      runAsUser: 1000,
    });
  });

  it('is privileged if it asks to be', () => {
    expect(containerOf({ securityContext: { privileged: true } }).securityContext).toEqual({ privileged: true });
    expect(containerOf({ securityContext: { privileged: false } }).securityContext).toBeUndefined();
  });
});
