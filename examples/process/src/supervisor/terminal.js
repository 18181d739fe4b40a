/**
 * A process on a pseudo-terminal, no output of which is lost. Used by a supervisor, and for exec.
 *
 * The library alone loses it: a terminal hangs up when the last process leaves it, and what has not been read by then is
 * gone (`seq 1 2000` arrives as 1,300 lines). So its other end is kept open here, and closed after a mark that is
 * written behind the last output has come out.
 */
import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { setTimeout } from 'node:timers';
import { EventEmitter } from 'node:events';
import { spawn } from '@lydell/node-pty';
import { kill } from './marks.js';

/** How long the mark may take, if somebody has stopped the terminal by Ctrl-S. */
const longestDrainMs = 2_000;

/**
 * @typedef {object} TerminalCommand
 * @property {string} file
 * @property {readonly string[]} args
 * @property {string} cwd
 * @property {Readonly<Record<string, string>>} env
 */

/** @typedef {{ readonly exitCode: number, readonly signal?: number }} TerminalExit */

/** Has the shape of the library's own, so that it goes wherever that does. */
export class Terminal {
  #terminal;
  #slave;
  #mark = Buffer.from(randomUUID());
  /** @type {Buffer | undefined} What came since the end, in which the mark is looked for. */
  #tail;
  #events = new EventEmitter();
  #close = () => {};

  /** @param {TerminalCommand} command */
  constructor({ file, args, cwd, env }) {
    const options = { name: env['TERM'] ?? 'xterm', cwd, env: { ...env }, encoding: null };
    this.#terminal = /** @type {UnixTerminal} */ (/** @type {unknown} */ (spawn(file, [...args], options)));
    this.#slave = openSync(this.#terminal.ptsName, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
    this.#terminal.onData((chunk) => this.#take(chunk));
    this.#terminal.onExit((exit) => {
      closeSync(this.#slave);
      this.#events.emit('exit', exit);
    });
    this.#waitBeforeClose();
  }

  /** Also the number of its group and its session. */
  get pid() {
    return this.#terminal.pid;
  }

  /** @param {(chunk: any) => void} listener Gets bytes, whatever the library's types say. */
  onData(listener) {
    this.#events.on('data', listener);
    return { dispose: () => this.#events.off('data', listener) };
  }

  /** @param {(exit: TerminalExit) => void} listener All output has come before. */
  onExit(listener) {
    this.#events.on('exit', listener);
    return { dispose: () => this.#events.off('exit', listener) };
  }

  /** @param {string | Buffer} input */
  write(input) {
    this.#terminal.write(input);
  }

  /**
   * To the whole group.
   *
   * @param {string} [signal]
   */
  kill(signal = 'SIGHUP') {
    kill(-this.pid, /** @type {NodeJS.Signals} */ (signal));
  }

  /**
   * @param {number} columns
   * @param {number} rows
   */
  resize(columns, rows) {
    if (this.#tail === undefined && columns > 0 && rows > 0) this.#terminal.resize(columns, rows);
  }

  /** Output is not read, and the process waits, until `resume`. */
  pause() {
    if (this.#tail === undefined) this.#terminal.pause();
  }

  resume() {
    this.#terminal.resume();
  }

  /** The library closes the terminal 200 ms after the process's end. That is when the mark is written. */
  #waitBeforeClose() {
    const socket = this.#terminal._socket;
    const destroy = socket.destroy.bind(socket);
    this.#close = () => {
      this.#close = () => {};
      this.#events.emit('data', this.#tail);
      destroy();
    };
    socket.destroy = () => {
      this.#tail = Buffer.alloc(0);
      setTimeout(() => this.#close(), longestDrainMs).unref();
      this.#terminal.resume();
      this.#writeMark(0);
      return socket;
    };
  }

  /** @param {number} written */
  #writeMark(written) {
    let count = 0;
    try {
      count = writeSync(this.#slave, this.#mark, written);
    } catch {
      // Full: it is being read.
    }
    if (written + count < this.#mark.length) setTimeout(() => this.#writeMark(written + count), 5).unref();
  }

  /** @param {Buffer} chunk */
  #take(chunk) {
    if (this.#tail === undefined) {
      this.#events.emit('data', chunk);
      return;
    }
    this.#tail = Buffer.concat([this.#tail, chunk]);
    const end = this.#tail.indexOf(this.#mark);
    if (end === -1) return;
    this.#tail = this.#tail.subarray(0, end);
    this.#close();
  }
}

/**
 * What the library has and its types do not say.
 *
 * @typedef {object} UnixTerminal
 * @property {number} pid
 * @property {string} ptsName
 * @property {import('node:net').Socket} _socket
 * @property {(listener: (chunk: Buffer) => void) => void} onData Bytes, without an encoding.
 * @property {(listener: (exit: { exitCode: number, signal?: number }) => void) => void} onExit
 * @property {(input: string | Buffer) => void} write
 * @property {(columns: number, rows: number) => void} resize
 * @property {() => void} pause
 * @property {() => void} resume
 */
