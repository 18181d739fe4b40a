import { describe, expect, it } from 'vitest';
import type { Container, Pod } from 'vk-sdk';
import { containerCommand, pathInContainer } from '../../src/decide/container-command.js';

function podOf(container: Container, ephemeral = false): Pod {
  return {
    metadata: { namespace: 'default', name: 'web', uid: 'u1' },
    spec: { containers: ephemeral ? [] : [container], ...(ephemeral && { ephemeralContainers: [container] }) },
  };
}

const options = { root: '/state/app/root', run: 2, path: '/bin' };

describe('the command of a container', () => {
  it('is command and arguments with variables put in', () => {
    const container = {
      name: 'app',
      command: ['serve', '$(MODE)', '$$(MODE)', '$(NOBODY)'],
      args: ['--home=$(HOME)'],
      env: [
        { name: 'MODE', value: 'fast' },
        { name: 'BOTH', value: '$(MODE)-$(LATER)' },
        { name: 'LATER', value: 'x' },
      ],
    };
    const command = containerCommand(podOf(container), container, options);
    expect(command.argv).toEqual(['serve', 'fast', '$(MODE)', '$(NOBODY)', '--home=/state/app/root']);
    expect(command.env).toEqual({
      PATH: '/bin',
      HOME: '/state/app/root',
      HOSTNAME: 'web',
      VK_CONTAINER_ROOT: '/state/app/root',
      MODE: 'fast',
      BOTH: 'fast-$(LATER)',
      LATER: 'x',
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
    const container = { name: 'app', command: ['x'], env: [{ name: 'VK_PROCESS_RUN', value: 'other' }] };
    expect(containerCommand(podOf(container), container, options).env['VK_PROCESS_RUN']).toBe('u1/app/2');
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
