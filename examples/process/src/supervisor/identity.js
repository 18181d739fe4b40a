/**
 * Who a process is, beyond its number: numbers are used again, and after a reboot from the start. Neighbours: `claim.js`
 * (a file that says whose something is), `marks.js` (finding processes that nobody wrote down).
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * @typedef {object} ProcessIdentity
 * @property {number} pid
 * @property {string} startTime When it began, in the system's own terms: only to be compared.
 * @property {string} bootId Which start of the machine that was. Empty where the system does not say.
 */

/**
 * The process with this number now, or undefined if there is none. A zombie is none: it will do nothing more.
 *
 * @param {number} pid
 * @returns {ProcessIdentity | undefined}
 */
export function identify(pid) {
  const startTime = process.platform === 'linux' ? linuxStartTime(pid) : otherStartTime(pid);
  return startTime === undefined ? undefined : { pid, startTime, bootId: bootId() };
}

/**
 * Whether the process that was called so is alive.
 *
 * @param {ProcessIdentity} identity
 */
export function isAlive(identity) {
  const now = identify(identity.pid);
  return now !== undefined && now.startTime === identity.startTime && now.bootId === identity.bootId;
}

/** @param {number} pid */
function linuxStartTime(pid) {
  const stat = readIfThere(`/proc/${pid}/stat`);
  // The name, in parentheses, may hold anything; what follows the last of them are numbers. proc_pid_stat(5).
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields === undefined || fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

/** @param {number} pid */
function otherStartTime(pid) {
  try {
    const line = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { stdio: ['ignore', 'pipe', 'ignore'] });
    return line.toString().trim() || undefined;
  } catch {
    return undefined;
  }
}

function bootId() {
  return readIfThere('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
}

/** @param {string} path */
function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
