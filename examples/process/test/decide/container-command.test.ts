import { describe, expect, it } from 'vitest';
import type { Container, Pod } from 'vk-sdk';
import { containerCommand, pathInContainer } from '../../src/decide/container-command.js';

function podOf(container: Container, ephemeral = false): Pod {
  return {
    metadata: { namespace: 'default', name: 'web', uid: 'u1' },
    spec: { containers: ephemeral ? [] : [container], ...(ephemeral && { ephemeralContainers: [container] }) },
  };
}

const options = { root: '/state/app/root', run: 2, path: '/bin', variables: {}, volumesBelowRoot: false };

describe('the command of a container', () => {
  it('is command and arguments with variables put in', () => {
    const container = {
      name: 'app',
      command: ['serve', '$(MODE)', '$$(MODE)', '$(NOBODY)'],
      args: ['--home=$(HOME)'],
    };
    const variables = { MODE: 'fast', HOME: '/srv' };
    const command = containerCommand(podOf(container), container, { ...options, variables });
    expect(command.argv).toEqual(['serve', 'fast', '$(MODE)', '$(NOBODY)', '--home=/srv']);
    expect(command.env).toEqual({
      PATH: '/bin',
      HOME: '/srv',
      HOSTNAME: 'web',
      VK_CONTAINER_ROOT: '/state/app/root',
      MODE: 'fast',
      VK_PROCESS_RUN: 'u1/app/2',
    });
  });

  it.each([
    [undefined, '/state/app/root'],
    ['/srv', '/srv'],
    ['data', '/state/app/root/data'],
  ])('runs in workingDir %s: %s', (workingDir, cwd) => {
    const container = { name: 'app', command: ['x'], ...(workingDir !== undefined && { workingDir }) };
    expect(containerCommand(podOf(container), container, options).cwd).toBe(cwd);
  });

  it('has to be said, except for a debugging container, which gets a shell', () => {
    const container = { name: 'app', image: 'nginx', args: ['-x'] };
    expect(() => containerCommand(podOf(container), container, options)).toThrow(
      'pod default/web: container app has no command: the image is not used here, so say what to run in spec.containers[].command',
    );
    expect(containerCommand(podOf(container, true), container, options).argv).toEqual(['/bin/sh', '-x']);
  });

  it('cannot have the mark of another container', () => {
    const container = { name: 'app', command: ['x'] };
    const variables = { VK_PROCESS_RUN: 'other' };
    const { env } = containerCommand(podOf(container), container, { ...options, variables });
    expect(env['VK_PROCESS_RUN']).toBe('u1/app/2');
  });

  it('is called by what the pod has, not by what is put in', () => {
    const container = { name: 'app', command: ['$(SECRET)'] };
    const command = containerCommand(podOf(container), container, { ...options, variables: { SECRET: 'hush' } });
    expect(command).toMatchObject({ argv: ['hush'], program: '$(SECRET)' });
  });
});

describe('a path in a container', () => {
  it.each([
    ['/data', '/root/data'],
    ['data/x', '/root/data/x'],
    ['/../../etc/passwd', '/root/etc/passwd'],
  ])('is below its directory: %s', (path, expected) => {
    expect(pathInContainer('/root', path)).toBe(expected);
  });
});
