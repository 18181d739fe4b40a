/** A node's pods as its kubelet server looks them up: by a cache that may hold other nodes' pods too. */
import { nodeNameIndex } from '../controller/pods/pod-controller.js';
import type { ObjectSource } from '../kube/object-source.js';
import type { Pod } from '../kube/types.js';
import type { PodLookup } from '../stream/backend.js';

export function podsOfNode(source: ObjectSource<Pod>, nodeName: string): PodLookup {
  return {
    get(namespace, name) {
      const pod = source.store.get(`${namespace}/${name}`);
      return pod?.spec.nodeName === nodeName ? pod : undefined;
    },
    list: () => source.store.byIndex(nodeNameIndex, nodeName),
    onGone: (listener) => source.addHandler({ onDelete: listener }, { index: nodeNameIndex, value: nodeName }),
  };
}
