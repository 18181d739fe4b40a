/**
 * The supervisor of one run of a container: what has to be there for as long as the process is, and so cannot be the
 * provider. It starts the process, writes its log, knows its exit code, and lets providers attach. `node main.js FOLDER`;
 * the folder holds `order.json`, and gets `claim`, `started.json` and at last `exit.json`.
 *
 * Plain JavaScript that imports nothing but Node (and the terminal library, if there is a terminal): it is started for
 * every container, and its size is what a container costs.
 *
 * Invariants
 * 1. Of any number of supervisors of one folder one starts the process: the one that made the claim.
 * 2. `exit.json` is there when nothing of the run is any more, and all its output is in the log.
 * 3. It ends by itself: when the process has ended, or its folder is gone.
 *
 * Neighbours: `claim.js`, `namespace.js`, `child.js`, `cri-log.js`, `control.js`; `../runs/` is the provider's side.
 */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { startChild } from './child.js';
import { claim } from './claim.js';
import { Control } from './control.js';
import { CriLog } from './cri-log.js';
import { identify } from './identity.js';
import { kill, killAllMarked, killMarked } from './marks.js';
import { holdNamespace } from './namespace.js';

/**
 * What is to be run. Written by the provider.
 *
 * @typedef {object} RunOrder
 * @property {string} mark In the environment of every process of the run.
 * @property {string} program The first word of the command as the pod has it, for messages.
 * @property {import('./namespace.js').RunMounts} [mounts] It has a mount namespace, with these.
 * @property {readonly string[]} argv
 * @property {string} cwd
 * @property {Readonly<Record<string, string>>} env
 * @property {boolean} tty
 * @property {boolean} stdin
 * @property {boolean} stdinOnce
 * @property {string} log
 * @property {import('./cri-log.js').Rotation} rotation
 * @property {string} socket
 */

/** @typedef {{ readonly exitCode: number, readonly startedAt?: number, readonly finishedAt: number, readonly reason?: string, readonly message?: string }} RunExit */

process.chdir(process.argv[2] ?? '.');
// A provider's terminal, or whoever ends the provider, does not mean the container.
for (const signal of /** @type {const} */ (['SIGHUP', 'SIGINT', 'SIGTERM'])) process.on(signal, () => undefined);
if (claim('claim')) await supervise(JSON.parse(readFileSync('order.json', 'utf8')));
process.exit();

/** @param {RunOrder} order */
async function supervise(order) {
  const log = new CriLog(order.log, order.rotation);
  let pid = 0;
  const control = new Control({
    stdinOnce: order.stdinOnce && !order.tty,
    onSignal: (signal) => {
      if (pid > 0) kill(-pid, signal);
      if (signal === 'SIGKILL') killMarked(order.mark);
    },
  });
  await control.listen(order.socket);
  /** @type {Awaited<ReturnType<typeof holdNamespace>> | undefined} */
  let namespace;
  const child = await start().catch((/** @type {Error} */ error) => error);
  /** @type {RunExit} */
  let exit;
  if (child instanceof Error) {
    exit = { exitCode: 128, finishedAt: Date.now(), reason: 'StartError', message: child.message };
  } else {
    pid = child.pid;
    const startedAt = Date.now();
    // Whoever joins goes by the holder: the process itself may still be on its way in.
    const held = namespace && { namespace: namespace.pid };
    const started = { ...(identify(pid) ?? { pid, startTime: '', bootId: '' }), startedAt, ...held };
    await recordForSure('started.json', started);
    control.started(child, started);
    const exitCode = await child.exited;
    exit = { exitCode, startedAt, finishedAt: Date.now() };
    // As when the first process of a container ends.
    kill(-pid, 'SIGKILL');
    pid = 0;
    await killAllMarked(order.mark);
    await child.drained();
  }
  namespace?.release();
  log.end();
  await recordForSure('exit.json', exit);
  await control.close();
  rmSync(order.socket, { force: true });

  async function start() {
    namespace = order.mounts && (await holdNamespace(order.mounts));
    return startChild(order, namespace, (stream, chunk) => {
      log.write(stream, chunk);
      control.output(stream, chunk);
    });
  }
}

/**
 * Tries until it is written: an exit code that nobody has written down is lost. A disk that is full may be cleared.
 *
 * @param {string} name
 * @param {object} value
 */
async function recordForSure(name, value) {
  for (;;) {
    try {
      record(name, value);
      return;
    } catch {
      if (!existsSync('.') || !existsSync('order.json')) return;
      await setTimeout(1_000);
    }
  }
}

/**
 * Whole or not at all.
 *
 * @param {string} name
 * @param {object} value
 */
function record(name, value) {
  writeFileSync(`${name}.new`, JSON.stringify(value), { mode: 0o600 });
  renameSync(`${name}.new`, name);
}
