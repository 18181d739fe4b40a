import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'vk-sdk';

const program = fileURLToPath(new URL('../supervisor/main.js', import.meta.url));

/**
 * Starts a supervisor for the order in `folder`, which outlives this process. To do so once too often does no harm: it
 * ends by itself if the run has a supervisor. What it has to say, which is nothing, is in `supervisor.log`.
 */
export function launchSupervisor(folder: string, logger: Logger): void {
  const log = openSync(join(folder, 'supervisor.log'), 'a', 0o600);
  const child = spawn(process.execPath, [program, folder], {
    cwd: folder,
    detached: true,
    // Nothing of the provider's environment: it may hold secrets, and the mark of a container that it runs in.
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  child.on('error', (err) => logger.error({ folder, err }, 'supervisor could not be started'));
  child.unref();
}
