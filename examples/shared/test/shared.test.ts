import { describe, expect, it } from 'vitest';
import {
  Cleanup,
  nodeFlags,
  parseCommandLine,
  parseDuration,
  resolveNodeSettings,
  textLogger,
  UsageError,
  type NodeSettings,
} from '@vk-sdk-examples/shared';

const command = { usage: 'npm run x -- [flags]', flags: nodeFlags };

function settings(args: readonly string[], env: Readonly<Record<string, string>> = {}): NodeSettings {
  return resolveNodeSettings('x', parseCommandLine(command, args, env), env);
}

describe('the command line', () => {
  it('takes both ways to write a value, and Go’s ways to write a boolean', () => {
    const parse = (...args: string[]): unknown => parseCommandLine(command, args, {});
    expect(parse('--nodename', 'a')).toMatchObject({ nodename: 'a' });
    expect(parse('--nodename=a=b', '--disable-taint')).toMatchObject({ nodename: 'a=b', 'disable-taint': 'true' });
    expect(parse('--disable-taint=true')).toMatchObject({ 'disable-taint': 'true' });
    expect(parse('--disable-taint=false')).not.toHaveProperty('disable-taint');
  });

  it('puts a flag before its variable, and the variable before the default', () => {
    const parse = (args: string[], env: Record<string, string>): unknown => parseCommandLine(command, args, env);
    expect(parse(['--nodename', 'flag'], { DEFAULT_NODE_NAME: 'env' })).toMatchObject({ nodename: 'flag' });
    expect(parse([], { DEFAULT_NODE_NAME: 'env' })).toMatchObject({ nodename: 'env' });
    expect(parse([], { DEFAULT_NODE_NAME: '' })).toMatchObject({ nodename: 'virtual-kubelet' });
  });

  it.each([[['--nodenam', 'a']], [['stray']], [['--nodename']], [['--nodename', '--os']], [['--disable-taint=maybe']]])(
    'refuses %j, and shows its usage',
    (args) => {
      expect(() => parseCommandLine(command, args, {})).toThrow(UsageError);
      expect(() => parseCommandLine(command, args, {})).toThrow(/\n\nUsage: npm run x -- \[flags\]\n/);
    },
  );

  it('shows its usage at --help, which is no error', () => {
    expect(() => parseCommandLine(command, ['--help'], {})).toThrow(expect.objectContaining({ exitCode: 0 }));
  });
});

describe('the settings of a node', () => {
  const cluster = ['--kubeconfig', 'file'];

  it('are Go’s binary’s where nothing is said', () => {
    expect(settings(cluster)).toMatchObject({
      cluster: { kubeconfig: 'file' },
      nodeName: 'virtual-kubelet',
      operatingSystem: 'linux',
      clusterDomain: 'cluster.local',
      taints: [{ key: 'virtual-kubelet.io/provider', value: 'x', effect: 'NoSchedule' }],
      podSyncWorkers: 10,
      fullResyncPeriodMs: 60_000,
      startupTimeoutMs: 0,
      internalIP: undefined,
      kubelet: { port: 10_250, streaming: { idleTimeoutMs: 14_400_000, creationTimeoutMs: 30_000 } },
    });
  });

  it('name the cluster by flag, by variable, or by being in one, and in no other way', () => {
    expect(settings([], { KUBECONFIG: 'a:b' }).cluster).toEqual({ ambient: true });
    expect(settings(cluster, { KUBECONFIG: 'a:b' }).cluster).toEqual({ kubeconfig: 'file' });
    expect(settings([], { KUBERNETES_SERVICE_HOST: '10.0.0.1' }).cluster).toEqual({ inCluster: true });
    expect(() => settings([], { HOME: '/root' })).toThrow('no cluster');
  });

  it('have no taint where that is asked for', () => {
    expect(settings([...cluster, '--disable-taint']).taints).toEqual([]);
  });

  it('take the operating system as Go’s chart writes it', () => {
    expect(settings([...cluster, '--os', 'Windows']).operatingSystem).toBe('windows');
  });

  it('serve the kubelet as Go’s flags and variables say', () => {
    const env = {
      VKUBELET_POD_IP: '192.0.2.7',
      KUBELET_PORT: '0',
      APISERVER_CERT_LOCATION: 'tls.crt',
      APISERVER_KEY_LOCATION: 'tls.key',
    };
    const args = [...cluster, '--client-verify-ca', 'ca.crt', '--no-verify-clients', '--stream-idle-timeout', '5m'];
    expect(settings(args, env)).toMatchObject({
      internalIP: '192.0.2.7',
      kubelet: {
        port: 0,
        host: '0.0.0.0',
        certificate: expect.anything(),
        clientAuthorities: expect.anything(),
        unauthenticatedRequests: 'let-in-as-system-anonymous',
        streaming: { idleTimeoutMs: 300_000 },
      },
    });
    expect(settings(cluster, { VKUBELET_POD_IP: 'fd00::7' }).kubelet.host).toBe('::');
    expect(settings(cluster, { APISERVER_CA_CERT_LOCATION: 'ca.crt' }).kubelet.clientAuthorities).toBeDefined();
  });

  it.each([
    [['--os', 'plan9'], {}, '--os: "plan9"'],
    [['--log-level', 'loud'], {}, '--log-level: "loud"'],
    [['--pod-sync-workers', '0'], {}, '--pod-sync-workers: "0"'],
    [['--full-resync-period', '5'], {}, '--full-resync-period: "5"'],
    [[], { VKUBELET_TAINT_EFFECT: 'Never' }, 'VKUBELET_TAINT_EFFECT: "Never"'],
    [[], { KUBELET_PORT: 'http' }, 'KUBELET_PORT: "http"'],
    [[], { APISERVER_KEY_LOCATION: 'tls.key' }, 'APISERVER_CERT_LOCATION and APISERVER_KEY_LOCATION'],
  ])('are refused for %j %j', (args, env, message) => {
    expect(() => settings([...cluster, ...args], env)).toThrow(message);
  });
});

describe('a duration', () => {
  it.each([
    ['0', 0],
    ['500ms', 500],
    ['1.5s', 1_500],
    ['1m', 60_000],
    ['1h30m', 5_400_000],
  ])('%s', (text, ms) => {
    expect(parseDuration('--x', text)).toBe(ms);
  });

  it.each(['', '5', 's', '5 s', '-1s', '1d', '1.2.3s'])('refuses %j', (text) => {
    expect(() => parseDuration('--x', text)).toThrow(UsageError);
  });
});

describe('a clean-up', () => {
  it('undoes in reverse, whatever fails or hangs, and tells', async () => {
    const done: string[] = [];
    const cleanup = new Cleanup();
    cleanup.add('first', async () => done.push('first'));
    cleanup.add('second', () => Promise.reject(new Error('refused')));
    cleanup.add('third', () => new Promise(() => undefined));
    cleanup.add('fourth', async () => done.push('fourth'));
    expect(await cleanup.run(10)).toEqual(['third: not done within 10 ms', 'second: refused']);
    expect(done).toEqual(['fourth', 'first']);
  });
});

describe('the text logger', () => {
  it('writes what is at its level or above, fields after the message', () => {
    const lines: string[] = [];
    const logger = textLogger('info', (line) => lines.push(line));
    logger.debug({}, 'not written');
    logger.warn({ pod: 'default/web', err: new Error('no "way"'), attempt: 2 }, 'creation failed');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/Z warn {2}creation failed pod=default\/web err="no \\"way\\"" attempt=2\n$/);
  });
});
