/**
 * The mount namespace of a run: made and held by its supervisor, joined by the container's process and by whatever is run
 * beside it. Plain programs of the system (`unshare`, `nsenter`) do it, as Node cannot. Neighbours: `enter.sh` (what is
 * mounted), `../mounts/` (who decides that).
 */
import { spawn } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** The container's own PATH is not where these programs are looked for. */
export const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const enter = fileURLToPath(new URL('enter.sh', import.meta.url));

/**
 * How namespaces are made on this machine.
 *
 * @typedef {object} NamespaceTools
 * @property {string} unshare
 * @property {string} nsenter
 * @property {boolean} user Whether it takes a user namespace, as whoever is not root needs it.
 */

/** @typedef {NamespaceTools & { readonly stage: string }} RunMounts */

/**
 * A namespace that is there, by a process in it.
 *
 * @typedef {object} Joined
 * @property {NamespaceTools} tools
 * @property {number} pid
 */

/**
 * The command that makes a namespace with what is on the stage.
 *
 * @param {NamespaceTools} tools
 * @param {string} stage
 * @param {readonly string[]} command To run in it. None: it waits for the end of its input.
 */
export function unshareCommand({ unshare, user }, stage, command = []) {
  const flags = ['--mount', '--propagation', 'private', ...(user ? ['--user', '--map-root-user'] : [])];
  return [unshare, ...flags, '/bin/sh', enter, stage, ...command];
}

/**
 * The command that runs another one in a namespace. It becomes that command, with its process number and environment.
 *
 * @param {Joined} joined
 * @param {string} cwd
 * @param {readonly string[]} argv
 * @returns {string[]}
 */
export function joinCommand({ tools, pid }, cwd, argv) {
  const user = tools.user ? ['--user', '--preserve-credentials'] : [];
  return [tools.nsenter, '--target', String(pid), ...user, '--mount', `--wdns=${cwd}`, '--', ...argv];
}

/**
 * Where the files of a namespace are seen from outside.
 *
 * @param {Joined | undefined} joined
 */
export function rootOf(joined) {
  return joined ? `/proc/${joined.pid}/root` : '';
}

/**
 * Makes the namespace of a run. Rejects with what the mounts failed of.
 *
 * @param {RunMounts} mounts
 * @returns {Promise<Joined & { release: () => void }>}
 */
export async function holdNamespace({ stage, ...tools }) {
  const [file = '', ...args] = unshareCommand(tools, stage);
  const holder = spawn(file, args, { cwd: '/', env: { PATH: systemPath }, stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  holder.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  // A supervisor that ends takes the input with it, and so the holder.
  holder.stdin.on('error', () => undefined);
  await new Promise((resolve, reject) => {
    holder.once('error', reject);
    holder.stdout.once('data', resolve);
    holder.once('close', () => reject(new Error(`mounts of the container: ${said.trim() || 'failed'}`)));
  });
  return { tools, pid: holder.pid ?? process.pid, release: () => holder.stdin.end() };
}
