/** What all pods of a provider share. */
import type { Clock, Logger } from 'vk-sdk';
import type { Backoff } from '../decide/restart.js';
import type { StateFolder } from '../disk/state-folder.js';
import type { Rotation } from '../supervisor/cri-log.js';
import type { NamespaceTools } from '../supervisor/namespace.js';

export interface PodContext {
  readonly state: StateFolder;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly backoff: Backoff;
  readonly rotation: Rotation;
  /** Address of this machine, which is also that of its pods. */
  readonly address: string;
  /** Where the ports of pods are reached from here. */
  readonly loopback: string;
  /** Search path of the containers. */
  readonly path: string;
  /** What mount namespaces are made with. Undefined: there are none, and volumes are below `POD_ROOT`. */
  readonly namespaces: () => NamespaceTools | undefined;
}
