/** What the provider asks of the cloud. `azure-container-groups.ts` is the only one who knows how it is asked. */
import type { ContainerGroup } from '@azure/arm-containerinstance';
import type { OperationState } from 'vk-sdk';

/** Where a command's session is to be joined. */
export interface ExecSession {
  readonly uri: string;
  /** To be sent first. A secret. */
  readonly password: string;
}

export interface ExecRequest {
  readonly command: string;
  readonly terminalSize: { readonly rows: number; readonly cols: number };
}

export interface LogRequest {
  /** The last so many lines. Left out: all that the cloud has kept, up to 4 MB. */
  readonly tail?: number;
}

/**
 * Every method rejects with a `VkError`; none of its errors holds a secret. `TooManyRequests`, and `Unavailable` with a time
 * to wait, are the cloud's own "not so fast". Nothing is repeated: that is for whoever knows what for.
 */
export interface ContainerGroupsApi {
  /** Every group of the resource group, without what its containers do. Rejects if any page of it is missing. */
  list(signal: AbortSignal): Promise<ContainerGroup[]>;
  /** Undefined if, and only if, the cloud says that there is no such group. */
  get(name: string, signal: AbortSignal): Promise<ContainerGroup | undefined>;
  /**
   * Has the cloud take a group on; what becomes of it is for `get` to tell. `signal` ends the wait for a turn, not the
   * request: once that is on its way its answer is waited for, so that a `beginDelete` that follows finds the group.
   */
  beginCreate(name: string, group: ContainerGroup, signal: AbortSignal): Promise<void>;
  /**
   * Has the cloud take a group away, and answers how that goes, and what to ask with if it is not done; where there is no
   * such group it is. The same as to `signal`. Asked again for a group that is on its way out it does no harm.
   */
  beginDelete(name: string, signal: AbortSignal): Promise<OperationState<void>>;
  /** How a deletion goes. One that the cloud does not know any more has ended. */
  pollDelete(name: string, token: string, signal: AbortSignal): Promise<OperationState<void>>;
  /** Lines that each begin with a time. */
  logs(name: string, container: string, request: LogRequest, signal: AbortSignal): Promise<string>;
  exec(name: string, container: string, request: ExecRequest, signal: AbortSignal): Promise<ExecSession>;
}
