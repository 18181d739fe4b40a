/**
 * Volumes whose files come from the API: what of them the cloud cannot have. The files themselves are the SDK's to read.
 */
import type { PodSpec } from 'vk-sdk';
import { checkFields, type FieldRule } from './fields.js';
import type { Refusals } from './refusals.js';

type Volume = NonNullable<PodSpec['volumes']>[number];
type Projected = NonNullable<Volume['projected']>;
type Kind = 'configMap' | 'downwardAPI' | 'projected' | 'secret';

const fields = {
  configMap: { defaultMode: 'mapped', items: 'mapped', name: 'mapped', optional: 'mapped' },
  downwardAPI: { defaultMode: 'mapped', items: 'mapped' },
  projected: { defaultMode: 'mapped', sources: 'mapped' },
  secret: { defaultMode: 'mapped', items: 'mapped', optional: 'mapped', secretName: 'mapped' },
} as const satisfies { [Each in Kind]: Record<keyof NonNullable<Volume[Each]>, FieldRule> };

interface ModeSource {
  readonly defaultMode?: number;
  readonly items?: readonly { readonly path: string; readonly mode?: number }[];
}

/** What the apiserver fills in, and the only mode there is. */
const usualMode = 0o644;

export function checkFileVolume(volume: Volume, path: string, refusals: Refusals): void {
  for (const kind of ['configMap', 'downwardAPI', 'projected', 'secret'] as const) {
    checkFields(volume[kind], `${path}.${kind}`, fields[kind], refusals);
  }
  for (const kind of ['configMap', 'downwardAPI', 'secret'] as const) {
    checkModes(volume[kind], `${path}.${kind}`, refusals);
  }
  if (volume.projected) checkProjected(volume.projected, `${path}.projected`, refusals);
}

function checkProjected({ defaultMode, sources = [] }: Projected, path: string, refusals: Refusals): void {
  checkMode(defaultMode, `${path}.defaultMode`, refusals);
  for (const [index, source] of sources.entries()) {
    for (const kind of ['configMap', 'downwardAPI', 'secret'] as const) {
      checkModes(source[kind], `${path}.sources[${index}].${kind}`, refusals);
    }
  }
}

function checkModes(source: ModeSource | undefined, path: string, refusals: Refusals): void {
  checkMode(source?.defaultMode, `${path}.defaultMode`, refusals);
  for (const item of source?.items ?? []) checkMode(item.mode, `${path}.items[${item.path}].mode`, refusals);
}

function checkMode(mode: number | undefined, path: string, refusals: Refusals): void {
  if (mode === undefined || mode === usualMode) return;
  refusals.add(path, `files are not given modes; leave 0${mode.toString(8)} out`);
}
