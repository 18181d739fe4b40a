/** Azure file shares: volumes of their own kind, and inline ones of the CSI driver `file.csi.azure.com`. */
import type { AzureFileVolume } from '@azure/arm-containerinstance';
import type { Pod, PodSpec, Secret } from 'vk-sdk';
import type { PodMaterial } from '../pod-material.js';
import { checkFields, refused, type FieldRule, type FieldTable } from './fields.js';
import type { Refusals } from './refusals.js';

type Volume = NonNullable<PodSpec['volumes']>[number];

const driver = 'file.csi.azure.com';

/** The keys of the Secret, in the driver's names. */
const accountName = 'azurestorageaccountname';
const accountKey = 'azurestorageaccountkey';

const azureFileFields = {
  readOnly: 'mapped',
  secretName: 'mapped',
  shareName: 'mapped',
} as const satisfies Record<keyof NonNullable<Volume['azureFile']>, FieldRule>;

const csiFields = {
  driver: 'mapped',
  readOnly: 'mapped',
  volumeAttributes: 'mapped',
  fsType: refused('shares have no file system to choose'),
  nodePublishSecretRef: refused('name the Secret in volumeAttributes.secretName'),
} as const satisfies Record<keyof NonNullable<Volume['csi']>, FieldRule>;

const attributes: FieldTable = {
  shareName: 'mapped',
  secretName: 'mapped',
  secretNamespace: 'mapped',
};

interface Share {
  readonly shareName: string;
  readonly secretName: string;
  readonly readOnly: boolean;
}

/** What a volume says of its share; undefined for one that is none. */
export function shareOf({ azureFile, csi }: Volume): Share | undefined {
  if (azureFile) return { ...azureFile, readOnly: azureFile.readOnly ?? false };
  if (csi?.driver !== driver) return undefined;
  const { shareName = '', secretName = '' } = csi.volumeAttributes ?? {};
  return { shareName, secretName, readOnly: csi.readOnly ?? false };
}

export function fileShareOf(
  pod: Pod,
  volume: Volume,
  material: PodMaterial,
  refusals: Refusals,
): AzureFileVolume | undefined {
  const path = `spec.volumes[${volume.name}].${volume.azureFile ? 'azureFile' : 'csi'}`;
  checkFields(volume.azureFile, path, azureFileFields, refusals);
  if (volume.csi) checkCsi(pod, volume.csi, path, refusals);
  const share = shareOf(volume);
  if (!share) return undefined;
  const { shareName, secretName, readOnly } = share;
  const names = volume.csi ? `${path}.volumeAttributes` : path;
  if (shareName === '') refusals.add(`${names}.shareName`, 'names no share');
  if (secretName === '') refusals.add(`${names}.secretName`, 'names no Secret');
  if (shareName === '' || secretName === '') return undefined;
  const secret = material.secrets(secretName);
  const name = secretText(secret, accountName);
  const key = secretText(secret, accountKey);
  if (!secret) refusals.missing(`${names}.secretName`, `secret "${secretName}" not found`);
  else if (!name || !key) {
    refusals.missing(`${names}.secretName`, `secret "${secretName}" lacks ${accountName} or ${accountKey}`);
  }
  if (!name || !key) return undefined;
  return { shareName, storageAccountName: name, storageAccountKey: key, ...(readOnly && { readOnly }) };
}

function checkCsi(pod: Pod, csi: NonNullable<Volume['csi']>, path: string, refusals: Refusals): void {
  checkFields(csi, path, csiFields, refusals);
  if (csi.driver !== driver) {
    refusals.add(`${path}.driver`, `the cloud mounts volumes of ${driver} alone`);
    return;
  }
  checkFields(csi.volumeAttributes, `${path}.volumeAttributes`, attributes, refusals);
  const { secretNamespace } = csi.volumeAttributes ?? {};
  if (secretNamespace && secretNamespace !== pod.metadata.namespace) {
    refusals.add(`${path}.volumeAttributes.secretNamespace`, 'only Secrets of the pod’s own namespace are read');
  }
}

function secretText(secret: Secret | undefined, key: string): string | undefined {
  const text = secret?.data?.[key];
  return text === undefined ? undefined : Buffer.from(text, 'base64').toString();
}
