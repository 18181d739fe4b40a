import { randomUUID } from 'node:crypto';
import { type Clock, type Random, systemClock } from 'vk-sdk';
import type { ImageScript } from './run/image-script.js';

/** Milliseconds, or what draws them anew for each use. */
export type Latency = number | (() => number);

/** How long the cloud takes. What is left out takes no time. */
export interface EmulatorLatencies {
  /** Before any answer of the management API. */
  readonly answer?: Latency;
  /** From the acceptance of a group until its provisioning begins. */
  readonly pending?: Latency;
  /** To pull one image. Images of a group are pulled one after the other. */
  readonly pull?: Latency;
  /** From the acceptance of a deletion until the group is gone. */
  readonly delete?: Latency;
  /** From a stop or restart until it has been carried out. */
  readonly stop?: Latency;
}

/** At most so many requests within any window of that length: the resource provider's. */
export interface WindowLimit {
  readonly requests: number;
  readonly windowMs: number;
}

/** So many requests at once, and so many more each second: Azure Resource Manager's. */
export interface BucketLimit {
  readonly bucket: number;
  readonly perSecond: number;
}

export type RequestLimit = WindowLimit | BucketLimit;

/** Which requests are counted together. */
export type RequestClass = 'reads' | 'writes' | 'deletes' | 'creates' | 'removals';

export interface EmulatorQuota {
  /** CPU cores of all groups of a location. */
  readonly cores?: number;
  /** Container groups of the subscription. */
  readonly groups?: number;
}

export interface EmulatorCredentials {
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
}

export interface AciEmulatorOptions {
  /** `pretend`: containers are entries in a table. `processes`: they are processes of this machine. Default: `pretend`. */
  readonly run?: 'pretend' | 'processes';
  readonly latencies?: EmulatorLatencies;
  /** Requests allowed, by class. Default: none is limited. `documentedLimits` are the cloud's published ones. */
  readonly limits?: Readonly<Partial<Record<RequestClass, RequestLimit | readonly RequestLimit[]>>>;
  /** Groups on one page of a list. Default: 50. */
  readonly pageSize?: number;
  /** Default: unlimited. */
  readonly quota?: EmulatorQuota;
  /** The most that one group may ask for. Default: 4 cores and 16 GB. */
  readonly largestGroup?: { readonly cores: number; readonly memoryInGB: number };
  /** What containers of an image do in `pretend` mode, or that it cannot be pulled, by the image's name. */
  readonly images?: Readonly<Record<string, ImageScript>>;
  /** How long a new group does not show in get and list. Default: 0. */
  readonly visibleAfterMs?: number;
  /**
   * What becomes of a deletion while the group is still being provisioned. `deletes`: it is deleted. `refuses`: 409
   * ContainerGroupTransitioning. `leaks`: the deletion is accepted and said to have succeeded, and the group is there
   * afterwards. Default: `deletes`.
   */
  readonly deleteWhileProvisioning?: 'deletes' | 'refuses' | 'leaks';
  /** Sent as Retry-After with accepted operations and their polls. Default: not sent, as the cloud mostly does. */
  readonly pollAfterSeconds?: number;
  /** Whether a deletion is answered with 202 and polled for (`operation`), or with 200 when it is done. Default: `operation`. */
  readonly deletion?: 'operation' | 'at-once';
  /**
   * The command of an exec is one text. `words`: it is split at spaces. `whole`: it is the name of a program, which can have
   * no arguments, as the service documents. Default: `words`.
   */
  readonly execCommand?: 'words' | 'whole';
  /** How long tokens are valid. Default: an hour. */
  readonly tokenLifeMs?: number;
  /** Default: a free one. */
  readonly port?: number;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** Default: `Math.random`. */
  readonly random?: Random;
  readonly credentials?: Partial<EmulatorCredentials>;
}

/** The options with their defaults in. */
export interface EmulatorSettings extends Required<AciEmulatorOptions> {
  readonly credentials: EmulatorCredentials;
  readonly pollAfterSeconds: number;
}

/**
 * The published limits: of the service for creating and deleting container groups (Azure Container Instances, quotas and
 * limits), and of Azure Resource Manager for a subscription and principal (Request limits and throttling, since 2024).
 */
export const documentedLimits = {
  creates: [
    { requests: 100, windowMs: 300_000 },
    { requests: 300, windowMs: 3_600_000 },
  ],
  removals: [
    { requests: 100, windowMs: 300_000 },
    { requests: 300, windowMs: 3_600_000 },
  ],
  reads: { bucket: 250, perSecond: 25 },
  writes: { bucket: 200, perSecond: 10 },
  deletes: { bucket: 200, perSecond: 10 },
} as const satisfies AciEmulatorOptions['limits'];

export function resolveOptions(options: AciEmulatorOptions): EmulatorSettings {
  return {
    run: options.run ?? 'pretend',
    latencies: options.latencies ?? {},
    limits: options.limits ?? {},
    pageSize: options.pageSize ?? 50,
    quota: options.quota ?? {},
    largestGroup: options.largestGroup ?? { cores: 4, memoryInGB: 16 },
    images: options.images ?? {},
    visibleAfterMs: options.visibleAfterMs ?? 0,
    deleteWhileProvisioning: options.deleteWhileProvisioning ?? 'deletes',
    pollAfterSeconds: options.pollAfterSeconds ?? 0,
    execCommand: options.execCommand ?? 'words',
    deletion: options.deletion ?? 'operation',
    tokenLifeMs: options.tokenLifeMs ?? 3_600_000,
    port: options.port ?? 0,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    credentials: {
      tenantId: randomUUID(),
      clientId: randomUUID(),
      clientSecret: randomUUID(),
      subscriptionId: randomUUID(),
      resourceGroup: 'emulated',
      ...options.credentials,
    },
  };
}

/** One use of a latency. */
export function draw(latency: Latency | undefined): number {
  return typeof latency === 'function' ? latency() : (latency ?? 0);
}
