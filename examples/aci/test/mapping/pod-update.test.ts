import { describe, expect, it } from 'vitest';
import type { PodSpec, PodStatus } from 'vk-sdk';
import { checkUpdate } from '../../src/mapping/index.js';
import { groupOf, podOf } from './scene.js';

const known: PodStatus = {
  containerStatuses: [{ name: 'app', image: 'nginx:1.27', imageID: '', ready: true, restartCount: 0 }],
};

describe('a change of a pod whose group runs', () => {
  it.each<[string, Partial<PodSpec>, string]>([
    ['an image', { containers: [{ name: 'app', image: 'nginx:1.28' }] }, 'spec.containers[app].image: the group runs'],
    [
      'a container to debug with',
      { ephemeralContainers: [{ name: 'debug', image: 'busybox' }] },
      'spec.ephemeralContainers: containers cannot be added to a group; use exec',
    ],
    ['a deadline', { activeDeadlineSeconds: 60 }, 'spec.activeDeadlineSeconds'],
  ])('is refused that is of %s', (_, spec, message) => {
    expect(() => checkUpdate(podOf({}, spec), known)).toThrow(message);
  });

  it('keeps no pod from being made anew: what was refused to be added is left out', () => {
    const pod = podOf({}, { ephemeralContainers: [{ name: 'debug', image: 'busybox' }] });
    expect(groupOf(pod).containers.map(({ name }) => name)).toEqual(['app']);
  });

  it('is let pass that is of tolerations and labels, and where nobody knows what runs', () => {
    const pod = podOf({}, { tolerations: [{ operator: 'Exists' }] }, { labels: { tier: 'front' } });
    checkUpdate(pod, known);
    checkUpdate(podOf({ image: 'nginx:1.28' }), undefined);
  });
});
