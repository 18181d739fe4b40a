/** Whether this machine lets a provider have mount namespaces: found out by making one. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemPath, unshareCommand, type NamespaceTools } from '../supervisor/namespace.js';
import { planMounts } from './mount-plan.js';
import { machineFiles, makeStage } from './stage.js';

/** `mounts`: as root. `user`: in a user namespace besides. `none`: volumes are below `POD_ROOT`. */
export type NamespaceChoice = 'auto' | 'mounts' | 'user' | 'none';

const trialTimeoutMs = 5_000;

/** What namespaces are made with, or why there are none. `folder`: for the trial, which leaves nothing there. */
export function findNamespaces(choice: NamespaceChoice, folder: string): NamespaceTools | string {
  if (choice === 'none') return 'it was told so';
  if (process.platform !== 'linux') return 'only Linux has mount namespaces';
  const unshare = programOf('unshare');
  const nsenter = programOf('nsenter');
  if (unshare === undefined || nsenter === undefined) return 'the programs unshare and nsenter are not installed';
  const isRoot = process.getuid?.() === 0;
  const kinds = choice === 'auto' ? (isRoot ? [false, true] : [true]) : [choice === 'user'];
  let reason = '';
  for (const user of kinds) {
    const tools: NamespaceTools = { unshare, nsenter, user };
    const failure = tryOut(tools, join(folder, 'trial'));
    if (failure === undefined) return tools;
    reason ||= failure;
  }
  return reason;
}

/** Does all that a container needs: a mount point that the machine lacks, a file that cannot be written, and joining. */
function tryOut(tools: NamespaceTools, folder: string): string | undefined {
  const stage = join(folder, 'stage');
  const volume = join(folder, 'volume');
  try {
    mkdirSync(volume, { recursive: true, mode: 0o700 });
    writeFileSync(join(volume, 'file'), 'as it should be');
    const mount = { source: volume, isFile: false, mountPath: '/vk-process/trial', readOnly: true };
    const plan = planMounts([mount], { stage, inSight: folder, machine: machineFiles });
    if (typeof plan === 'string') return plan;
    makeStage(stage, plan);
    const script = 'exec "$0" --target $$ --mount --wdns=/vk-process/trial -- sh -c "! touch other && cat file"';
    const [file = '', ...args] = unshareCommand(tools, stage, ['/bin/sh', '-c', script, tools.nsenter]);
    const options = {
      cwd: '/',
      env: { PATH: systemPath },
      encoding: 'utf8',
      input: '',
      timeout: trialTimeoutMs,
    } as const;
    const { stdout, stderr, error } = spawnSync(file, args, options);
    if (stdout === 'ready\nas it should be') return undefined;
    return error?.message ?? (stderr.trim().split('\n')[0] || 'the trial failed');
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function programOf(name: string): string | undefined {
  return systemPath
    .split(':')
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
