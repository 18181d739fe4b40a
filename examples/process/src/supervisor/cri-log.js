/**
 * The log of one run in the format of CRI, as a kubelet's runtime writes it: `<time> stdout|stderr F|P <text>`, a line of
 * output for each, P for what is not the whole of one. Written before anything else happens to the output, and without
 * waiting: what a process has written when it dies is in the file.
 */
import { Buffer } from 'node:buffer';
import { closeSync, fstatSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname } from 'node:path';

/** As containerd: longer lines are cut into parts. */
const longestLine = 16 * 1024;
const newline = 0x0a;

/** @typedef {'stdout' | 'stderr'} Stream */
/** @typedef {{ readonly maxBytes: number, readonly maxFiles: number }} Rotation */

export class CriLog {
  #path;
  #rotation;
  #file;
  #size;
  /** @type {Record<Stream, Buffer>} What came after the last newline. */
  #rest = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  #lastMs = 0;
  #withinMs = 0;

  /**
   * @param {string} path
   * @param {Rotation} rotation
   */
  constructor(path, rotation) {
    this.#path = path;
    this.#rotation = rotation;
    this.#file = openSync(path, 'a', 0o600);
    this.#size = fstatSync(this.#file).size;
  }

  /**
   * @param {Stream} stream
   * @param {Buffer} chunk
   */
  write(stream, chunk) {
    const bytes = Buffer.concat([this.#rest[stream], chunk]);
    const entries = [];
    let begin = 0;
    for (;;) {
      const end = bytes.indexOf(newline, begin);
      const hasLine = end !== -1 && end - begin <= longestLine;
      if (!hasLine && bytes.length - begin <= longestLine) break;
      const stop = hasLine ? end : begin + longestLine;
      entries.push(this.#entry(stream, hasLine ? 'F' : 'P', bytes.subarray(begin, stop)));
      begin = hasLine ? end + 1 : stop;
    }
    this.#rest[stream] = Buffer.from(bytes.subarray(begin));
    this.#append(entries);
  }

  /** Writes what has no newline yet, and closes the file. */
  end() {
    for (const stream of /** @type {const} */ (['stdout', 'stderr'])) {
      const rest = this.#rest[stream];
      if (rest.length > 0) this.#append([this.#entry(stream, 'P', rest)]);
    }
    closeSync(this.#file);
  }

  /**
   * @param {Stream} stream
   * @param {'F' | 'P'} tag
   * @param {Buffer} text
   */
  #entry(stream, tag, text) {
    return Buffer.concat([Buffer.from(`${this.#time()} ${stream} ${tag} `), text, Buffer.of(newline)]);
  }

  /** RFC 3339 with nine digits, growing with every line: the clock has three of them, the line's number is the rest. */
  #time() {
    const now = Date.now();
    this.#withinMs = now > this.#lastMs ? 0 : Math.min(this.#withinMs + 1, 999_999);
    this.#lastMs = Math.max(now, this.#lastMs);
    return `${new Date(this.#lastMs).toISOString().slice(0, -1)}${String(this.#withinMs).padStart(6, '0')}Z`;
  }

  /** @param {Buffer[]} entries */
  #append(entries) {
    for (const entry of entries) {
      if (this.#size > 0 && this.#size + entry.length > this.#rotation.maxBytes) this.#rotate();
      try {
        for (let written = 0; written < entry.length;) written += writeSync(this.#file, entry, written);
        this.#size += entry.length;
      } catch {
        // A full disk costs log lines, as it does on any node. It must not cost the process that writes them.
      }
    }
  }

  /** Numbers the file, the newest highest: those who follow it read to its end and open the new one. */
  #rotate() {
    const numbers = this.#rotated();
    closeSync(this.#file);
    renameSync(this.#path, `${this.#path}.${(numbers.at(-1) ?? 0) + 1}`);
    this.#file = openSync(this.#path, 'a', 0o600);
    this.#size = 0;
    const kept = Math.max(this.#rotation.maxFiles - 2, 0);
    for (const number of numbers.slice(0, numbers.length - kept)) rmSync(`${this.#path}.${number}`, { force: true });
  }

  /** The numbers of files that have been renamed, oldest first. */
  #rotated() {
    const prefix = `${basename(this.#path)}.`;
    const names = readdirSync(dirname(this.#path)).filter((name) => name.startsWith(prefix));
    return names.map((name) => Number(name.slice(prefix.length))).sort((one, other) => one - other);
  }
}
