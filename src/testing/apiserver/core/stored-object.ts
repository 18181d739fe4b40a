import type { KubeObject } from '../../../kube/types.js';
import type { StoredObject } from './api.js';

/** An object at one revision, serialised on first use and never again. */
export class Stored implements StoredObject {
  readonly object: KubeObject;
  readonly revision: number;
  #json: Buffer | undefined;

  constructor(object: KubeObject, revision: number) {
    this.object = object;
    this.revision = revision;
  }

  get json(): Buffer {
    return (this.#json ??= Buffer.from(JSON.stringify(this.object)));
  }
}
