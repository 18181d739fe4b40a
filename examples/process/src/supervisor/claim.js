/** A file that says which process has something to itself. Made in one step, so that of two who want it one gets it. */
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { identify, isAlive } from './identity.js';

/** @typedef {import('./identity.js').ProcessIdentity} ProcessIdentity */

/**
 * Makes this process the holder of `path`. False if there is a holder, alive or not: a claim is never taken over.
 *
 * @param {string} path
 */
export function claim(path) {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(identify(process.pid)));
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Who holds `path`: undefined if nobody ever claimed it.
 *
 * @param {string} path
 * @returns {{ readonly identity: ProcessIdentity, readonly alive: boolean } | undefined}
 */
export function claimOf(path) {
  let text;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return undefined;
    throw error;
  }
  const identity = /** @type {ProcessIdentity} */ (JSON.parse(text));
  return { identity, alive: isAlive(identity) };
}
