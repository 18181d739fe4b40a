import { describe, expect, it } from 'vitest';
import { planMounts, type MachineFiles, type Mount } from '../src/mounts/mount-plan.js';

const links: Readonly<Record<string, string>> = { '/var/run': '/run' };
const folders = ['/', '/etc', '/etc/apt', '/proc', '/run', '/state', '/state/app', '/var', '/var/run'];
const files = ['/etc/passwd'];

/** A machine of a few files. */
const machine: MachineFiles = {
  realPath: (path) => {
    const [link = '', target = ''] = Object.entries(links).find(([from]) => `${path}/`.startsWith(`${from}/`)) ?? [];
    const real = target + path.slice(link.length);
    return [...folders, ...files].includes(real) ? real : undefined;
  },
  kind: (path) => (files.includes(path) ? 'file' : 'directory'),
  entries: (path) =>
    [...folders, ...files]
      .filter((each) => each !== '/' && each.slice(0, each.lastIndexOf('/') || 1) === path)
      .map((each) => ({
        name: each.slice(each.lastIndexOf('/') + 1),
        kind: each in links ? 'link' : files.includes(each) ? 'file' : 'directory',
      })),
  linkTarget: (path) => links[path] ?? '',
  mode: () => 0o755,
};
const options = { stage: '/stage', inSight: '/state/app', machine };

function mountAt(mountPath: string, more: Partial<Mount> = {}): Mount {
  return { source: `/state/volumes${mountPath}`, isFile: false, mountPath, readOnly: false, ...more };
}

function planOf(...mounts: Mount[]) {
  const plan = planMounts(mounts, options);
  if (typeof plan === 'string') throw new Error(plan);
  return plan;
}

describe('the mounts of a container', () => {
  it('go onto directories that the machine has', () => {
    expect(planOf(mountAt('/etc/apt', { readOnly: true }))).toMatchObject({
      table: [
        ...['etc', 'proc', 'run', 'state', 'var'].map((name) => `/${name} /stage/root/${name} none rbind,nofail 0 0`),
        '/state/volumes/etc/apt /stage/root/etc/apt none rbind 0 0',
      ],
      readOnly: ['/etc/apt'],
    });
  });

  it('go into a directory that is shown entry by entry where the machine has no such path, by way of its links', () => {
    const { table, directories } = planOf(mountAt('/etc/my config'), mountAt('/var/run/secrets/token'));
    expect(table.slice(-4)).toEqual([
      '/stage/shown-1 /stage/root/etc none rbind 0 0',
      '/stage/shown-2 /stage/root/run none rbind 0 0',
      '/state/volumes/etc/my\\040config /stage/root/etc/my\\040config none rbind 0 0',
      '/state/volumes/var/run/secrets/token /stage/root/run/secrets/token none rbind 0 0',
    ]);
    expect([...directories.keys()]).toContain('/stage/shown-2/secrets/token');
    expect(table).toContain('/etc/passwd /stage/shown-1/passwd none rbind,nofail 0 0');
  });

  it('go into each other, whatever their order', () => {
    const { directories, table } = planOf(mountAt('/data/inner'), mountAt('/data'));
    expect([...directories.keys()]).toEqual(expect.arrayContaining(['/stage/root/data', '/state/volumes/data/inner']));
    expect(table.slice(-2).map((line) => line.split(' ')[1])).toEqual(['/stage/root/data', '/stage/root/data/inner']);
  });

  it('make nothing but on the stage and in volumes', () => {
    const plan = planOf(mountAt('/data'), mountAt('/etc/x.conf', { isFile: true }), mountAt('/run/a/b'));
    const made = [...plan.directories.keys(), ...plan.files, ...plan.links.keys()];
    expect(made.filter((path) => !path.startsWith('/stage/'))).toEqual([]);
  });

  it.each([
    ['/', 'the root cannot be mounted on'],
    ['/proc/x', '/proc/x is the system’s'],
    ['/state', '/state would hide the folder of the container'],
    ['/etc/passwd', '/etc/passwd is a file of the machine, and the volume is not'],
    ['/etc/passwd/x', '/etc/passwd is not a directory'],
  ])('cannot be at %s', (path, reason) => {
    expect(planMounts([mountAt(path)], options)).toBe(reason);
  });
});
