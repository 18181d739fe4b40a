/**
 * Processes found by what stands in their environment, which children inherit, also those that leave their group and
 * session. Only Linux shows it. Whoever clears the environment and leaves the session is out of reach.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

/** The variable that every process of a pod has: `<pod uid>/<container>/<run>`. */
export const markVariable = 'VK_PROCESS_RUN';

/**
 * The processes whose mark begins with `prefix`, this one excepted.
 *
 * @param {string} prefix
 * @returns {number[]}
 */
export function markedProcesses(prefix) {
  if (process.platform !== 'linux') return [];
  const wanted = `${markVariable}=${prefix}`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => environmentOf(pid).some((entry) => entry.startsWith(wanted)))
    .map(Number);
}

/**
 * Kills all processes whose mark begins with `prefix`, and says how many there were.
 *
 * @param {string} prefix
 */
export function killMarked(prefix) {
  const pids = markedProcesses(prefix);
  for (const pid of pids) kill(pid, 'SIGKILL');
  return pids.length;
}

/** What waits for a disk outlives even SIGKILL for a while. Nobody waits for it longer than this. */
const longestKillMs = 5_000;

/**
 * Kills until none is left, as a process may start another while it is looked for.
 *
 * @param {string} prefix
 */
export async function killAllMarked(prefix) {
  for (const begin = Date.now(); killMarked(prefix) > 0 && Date.now() - begin < longestKillMs;) await setTimeout(10);
}

/**
 * Sends a signal to a process, or with a negative number to a group, that may be gone, or somebody else's by now.
 *
 * @param {number} pid
 * @param {NodeJS.Signals} signal
 */
export function kill(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

/** @param {string} pid */
function environmentOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    // Gone meanwhile, or somebody else's.
    return [];
  }
}
