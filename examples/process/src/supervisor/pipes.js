/**
 * Pipes for a child's stdin, stdout and stderr. Node's own are sockets, which a program that opens `/dev/stdout` (as
 * servers in containers do with their logs) is not let open.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';

const { O_RDONLY, O_WRONLY, O_NONBLOCK } = constants;

/** @typedef {'stdin' | 'stdout' | 'stderr'} Name */
/** @typedef {{ readonly ours: Socket, readonly theirs: number }} Pipe */

export class Pipes {
  /** @type {Socket | undefined} */
  stdin;
  /** @type {Socket} */
  stdout;
  /** @type {Socket} */
  stderr;
  /** @type {['ignore' | number, number, number]} What to spawn the child with. */
  stdio;

  /**
   * @param {string} prefix Of the paths that the pipes have for a moment; nothing of that name is left.
   * @param {boolean} withStdin
   */
  constructor(prefix, withStdin) {
    const names = /** @type {Name[]} */ ([...(withStdin ? ['stdin'] : []), 'stdout', 'stderr']);
    const paths = names.map((name) => `${prefix}.${name}`);
    execFileSync('mkfifo', ['-m', '600', ...paths]);
    try {
      const input = withStdin ? toChild(`${prefix}.stdin`) : undefined;
      const stdout = fromChild(`${prefix}.stdout`);
      const stderr = fromChild(`${prefix}.stderr`);
      this.stdin = input?.ours;
      this.stdout = stdout.ours;
      this.stderr = stderr.ours;
      this.stdio = [input?.theirs ?? 'ignore', stdout.theirs, stderr.theirs];
    } finally {
      for (const path of paths) rmSync(path, { force: true });
    }
  }

  /** To be called once the child has its ends, and if it never gets them. */
  handedOver() {
    for (const fd of this.stdio) if (typeof fd === 'number') closeSync(fd);
  }
}

/**
 * An end is opened without blocking only while the other is open, and the child's must not be non-blocking.
 *
 * @param {string} path
 * @returns {Pipe}
 */
function fromChild(path) {
  const fd = openSync(path, O_RDONLY | O_NONBLOCK);
  return { ours: socket({ fd, readable: true, writable: false }), theirs: openSync(path, O_WRONLY) };
}

/**
 * @param {string} path
 * @returns {Pipe}
 */
function toChild(path) {
  const reader = openSync(path, O_RDONLY | O_NONBLOCK);
  const fd = openSync(path, O_WRONLY | O_NONBLOCK);
  const theirs = openSync(path, O_RDONLY);
  closeSync(reader);
  return { ours: socket({ fd, readable: false, writable: true }), theirs };
}

/** @param {{ readonly fd: number, readonly readable: boolean, readonly writable: boolean }} options */
function socket(options) {
  // That the child has closed its end, or is gone, is told by its exit.
  return new Socket(options).on('error', () => undefined);
}
