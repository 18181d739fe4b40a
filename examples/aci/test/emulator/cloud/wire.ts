/** Container groups as they are on the wire, as far as the emulator looks into them. What it does not know it keeps as it came. */

export interface WireVariable {
  readonly name: string;
  readonly value?: string;
  readonly secureValue?: string;
}

export interface WireResources {
  readonly cpu: number;
  readonly memoryInGB: number;
  readonly gpu?: { readonly count: number; readonly sku: string };
}

export interface WireMount {
  readonly name: string;
  readonly mountPath: string;
  readonly readOnly?: boolean;
}

/** Init containers have neither resources nor ports. */
export interface WireContainer {
  readonly name: string;
  readonly properties: {
    readonly image: string;
    readonly command?: readonly string[];
    readonly environmentVariables?: readonly WireVariable[];
    readonly resources?: { readonly requests: WireResources; readonly limits?: Partial<WireResources> };
    readonly volumeMounts?: readonly WireMount[];
    readonly [more: string]: unknown;
  };
}

export interface WireVolume {
  readonly name: string;
  readonly emptyDir?: object;
  readonly azureFile?: { readonly shareName: string; readonly storageAccountName: string; readonly readOnly?: boolean };
  /** File name to content in base64. */
  readonly secret?: Readonly<Record<string, string>>;
  readonly gitRepo?: { readonly repository: string; readonly directory?: string; readonly revision?: string };
}

export type RestartPolicy = 'Always' | 'OnFailure' | 'Never';

export interface WireGroup {
  readonly location: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly zones?: readonly string[];
  readonly identity?: object;
  readonly properties: {
    readonly containers: readonly WireContainer[];
    readonly initContainers?: readonly WireContainer[];
    readonly osType: string;
    readonly restartPolicy: RestartPolicy;
    readonly volumes?: readonly WireVolume[];
    readonly ipAddress?: {
      readonly type: string;
      readonly ports: readonly { readonly port: number; readonly protocol?: string }[];
      readonly dnsNameLabel?: string;
    };
    readonly subnetIds?: readonly { readonly id: string }[];
    readonly sku?: string;
    readonly priority?: string;
    readonly [more: string]: unknown;
  };
}

/** As in an instance view. */
export interface WireState {
  readonly state: 'Waiting' | 'Running' | 'Terminated';
  readonly startTime?: string;
  readonly finishTime?: string;
  readonly exitCode?: number;
  readonly detailStatus: string;
}

export interface WireEvent {
  readonly count: number;
  readonly firstTimestamp: string;
  readonly lastTimestamp: string;
  readonly name: string;
  readonly message: string;
  readonly type: 'Normal' | 'Warning';
}

export type ProvisioningState = 'Pending' | 'Creating' | 'Succeeded' | 'Failed';

export type InstanceState = 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Stopped';
