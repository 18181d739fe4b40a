/** Where the programs of a control plane are, by envtest's convention. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { VkError } from '../../runtime/errors.js';

export type Program = 'etcd' | 'kube-apiserver' | 'kube-scheduler' | 'kube-controller-manager' | 'kubectl';

/** Where envtest looks if nobody says. */
const conventionalFolder = '/usr/local/kubebuilder/bin';

/** The folder of the programs: as given, else `KUBEBUILDER_ASSETS`, else envtest's conventional place. */
export function assetsFolder(given?: string): string {
  return given ?? (process.env['KUBEBUILDER_ASSETS'] || conventionalFolder);
}

export function hasProgram(folder: string, program: Program): boolean {
  try {
    accessSync(join(folder, program), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The path of a program; throws `NotFound` with what to do about it. */
export function programPath(folder: string, program: Program): string {
  if (hasProgram(folder, program)) return join(folder, program);
  const remedy =
    program === 'kube-scheduler' || program === 'kube-controller-manager'
      ? 'setup-envtest does not bring it: put the program of the same Kubernetes release beside kube-apiserver'
      : 'set KUBEBUILDER_ASSETS to the folder that `setup-envtest use -p path` prints';
  throw new VkError('NotFound', `program ${program}: not found in ${folder}; ${remedy}`, { object: program });
}
