/** The controllers that a fake apiserver runs, as its options say. Each writes straight to the core, past HTTP and faults. */
import type { Controller, ControllerParts } from './controller.js';
import { NodeLifecycle, type NodeLifecycleOptions } from './node-lifecycle.js';
import { PodGc, type PodGcOptions } from './pod-gc.js';
import { Scheduler } from './scheduler/scheduler.js';
import { Signer } from './signer.js';

export interface ControllerOptions {
  /** Binds pods without a node to a ready node that fits them. Default: false. */
  readonly scheduler?: boolean;
  /** Removes pods whose node does not exist. Default: false. */
  readonly podGc?: boolean | PodGcOptions;
  /** Marks and taints nodes that do not report, and evicts pods from them. Default: false. */
  readonly nodeLifecycle?: boolean | NodeLifecycleOptions;
  /**
   * Signs approved certificate requests of kubelets with the server's authority, and approves those for client
   * certificates. Default: false. Needs `tls`.
   */
  readonly signer?: boolean;
}

export function controllersFor(parts: ControllerParts, options: ControllerOptions): Controller[] {
  const { scheduler, podGc, nodeLifecycle, signer } = options;
  return [
    ...(scheduler ? [new Scheduler(parts)] : []),
    ...(podGc ? [new PodGc(parts, podGc === true ? {} : podGc)] : []),
    ...(nodeLifecycle ? [new NodeLifecycle(parts, nodeLifecycle === true ? {} : nodeLifecycle)] : []),
    ...(signer ? [new Signer(parts)] : []),
  ];
}
