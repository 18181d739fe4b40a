/** Modes that a pod asks for in its volumes. The cloud takes none; a pod that says nothing has 0644 from the apiserver. */
import type { PodSpec } from 'vk-sdk';
import type { Refusals } from './refusals.js';

type Volume = NonNullable<PodSpec['volumes']>[number];

interface ModeSource {
  readonly defaultMode?: number;
  readonly items?: readonly { readonly path: string; readonly mode?: number }[];
}

const usual = 0o644;

export function checkFileModes(
  { configMap, downwardAPI, projected, secret }: Volume,
  path: string,
  refusals: Refusals,
): void {
  const check = (source: ModeSource | undefined, sourcePath: string): void => {
    const { defaultMode, items = [] } = source ?? {};
    checkMode(defaultMode, `${sourcePath}.defaultMode`, refusals);
    for (const item of items) checkMode(item.mode, `${sourcePath}.items[${item.path}].mode`, refusals);
  };
  check(configMap, `${path}.configMap`);
  check(downwardAPI, `${path}.downwardAPI`);
  check(secret, `${path}.secret`);
  checkMode(projected?.defaultMode, `${path}.projected.defaultMode`, refusals);
  for (const [index, source] of (projected?.sources ?? []).entries()) {
    const sourcePath = `${path}.projected.sources[${index}]`;
    check(source.configMap, `${sourcePath}.configMap`);
    check(source.downwardAPI, `${sourcePath}.downwardAPI`);
    check(source.secret, `${sourcePath}.secret`);
  }
}

function checkMode(mode: number | undefined, path: string, refusals: Refusals): void {
  if (mode === undefined || mode === usual) return;
  refusals.add(path, `files are not given modes; leave 0${mode.toString(8)} out`);
}
