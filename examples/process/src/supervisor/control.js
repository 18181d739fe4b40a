/**
 * The socket on which a provider speaks to a run: it attaches, resizes, signals. Any number may be connected; the end of
 * every connection is the end of the run.
 *
 * Invariants
 * 1. The process waits for the slowest of those who are attached.
 * 2. Nothing that comes from a connection ends the supervisor.
 */
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout } from 'node:timers';
import { encodeFrame, FrameReader, frameTypes } from './frames.js';

/** What may wait for one reader. */
const mostWaitingBytes = 1 << 20;
/** How long a reader has at the end for what it has not taken yet. */
const lastWordsMs = 5_000;

/** @typedef {import('./child.js').Child} Child */
/** @typedef {import('./frames.js').Started} Started */
/** @typedef {{ readonly socket: import('node:net').Socket, hello: import('./frames.js').Hello | undefined }} Client */

/**
 * @typedef {object} ControlOptions
 * @property {(signal: NodeJS.Signals) => void} onSignal
 * @property {boolean} stdinOnce The end of the first stdin is the process's, too.
 */

export class Control {
  #options;
  #server = createServer((socket) => this.#accept(socket));
  /** @type {Set<Client>} */
  #clients = new Set();
  /** @type {Child | undefined} */
  #child;
  /** @type {Started | undefined} */
  #started;

  /** @param {ControlOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /**
   * @param {string} path
   * @returns {Promise<void>}
   */
  listen(path) {
    rmSync(path, { force: true });
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(path, resolve);
    });
  }

  /**
   * @param {Child} child
   * @param {Started} started
   */
  started(child, started) {
    this.#child = child;
    this.#started = started;
    for (const client of this.#clients) this.#greet(client);
  }

  /**
   * @param {'stdout' | 'stderr'} stream
   * @param {Buffer} chunk
   */
  output(stream, chunk) {
    const readers = [...this.#clients].filter(({ hello }) => hello?.[stream]);
    if (readers.length === 0) return;
    const frame = encodeFrame(frameTypes[stream], chunk);
    for (const { socket } of readers) socket.write(frame);
    this.#holdBack();
  }

  /** Delivers what is still to be delivered, and ends all connections. */
  async close() {
    this.#server.close();
    const closed = [...this.#clients].map(({ socket }) => {
      setTimeout(() => socket.destroy(), lastWordsMs).unref();
      return new Promise((resolve) => socket.once('close', resolve).end());
    });
    await Promise.all(closed);
  }

  /** @param {import('node:net').Socket} socket */
  #accept(socket) {
    /** @type {Client} */
    const client = { socket, hello: undefined };
    const frames = new FrameReader();
    this.#clients.add(client);
    socket.on('error', () => undefined);
    socket.on('drain', () => this.#holdBack());
    socket.on('data', (chunk) => {
      try {
        for (const { type, payload } of frames.read(chunk)) this.#take(client, type, payload);
      } catch {
        socket.destroy();
      }
    });
    socket.once('close', () => {
      this.#clients.delete(client);
      if (client.hello?.stdin) this.#endStdin();
      this.#holdBack();
    });
  }

  /**
   * @param {Client} client
   * @param {number} type
   * @param {Buffer} payload
   */
  #take(client, type, payload) {
    switch (type) {
      case frameTypes.hello:
        client.hello = JSON.parse(payload.toString());
        this.#greet(client);
        return;
      case frameTypes.stdin:
        if (payload.length === 0) this.#endStdin();
        else this.#write(client, payload);
        return;
      case frameTypes.resize: {
        const { width, height } = JSON.parse(payload.toString());
        this.#child?.resize(width, height);
        return;
      }
      case frameTypes.signal:
        this.#options.onSignal(JSON.parse(payload.toString()).signal);
        return;
      default:
        throw new Error(`frame of type ${type}: unknown`);
    }
  }

  /** @param {Client} client */
  #greet({ socket, hello }) {
    if (hello && this.#started) socket.write(encodeFrame(frameTypes.started, this.#started));
  }

  /**
   * @param {Client} client
   * @param {Buffer} input
   */
  #write({ socket }, input) {
    const stdin = this.#child?.stdin;
    if (stdin === undefined || !stdin.writable || stdin.write(input)) return;
    socket.pause();
    const goOn = () => {
      stdin.off('drain', goOn).off('close', goOn);
      socket.resume();
    };
    stdin.on('drain', goOn).on('close', goOn);
  }

  #endStdin() {
    if (this.#options.stdinOnce) this.#child?.stdin?.end();
  }

  #holdBack() {
    this.#child?.pause([...this.#clients].some(({ socket }) => socket.writableLength > mostWaitingBytes));
  }
}
