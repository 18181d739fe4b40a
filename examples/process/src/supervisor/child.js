/** The process of a run, with its three streams or its terminal. Neighbour: `pipes.js`. */
import { spawn } from 'node:child_process';
import { accessSync, constants as files, lstatSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { resolve } from 'node:path';
import { Writable } from 'node:stream';
import { setTimeout } from 'node:timers';
import { joinCommand, rootOf } from './namespace.js';
import { Pipes } from './pipes.js';

/** How long output may still come from whoever has the pipe open after the process and its group are gone. */
const lastOutputMs = 2_000;

/** @typedef {'stdout' | 'stderr'} Stream */
/** @typedef {(stream: Stream, chunk: Buffer) => void} OnOutput */

/**
 * @typedef {object} Child
 * @property {number} pid Also the number of its group and its session.
 * @property {Promise<number>} exited Its exit code, 128 and the signal's number if one ended it.
 * @property {() => Promise<void>} drained Resolves when all output has come. To be called after its end.
 * @property {Writable | undefined} stdin
 * @property {(paused: boolean) => void} pause Makes it wait for whoever reads its output.
 * @property {(columns: number, rows: number) => void} resize
 */

/**
 * @typedef {object} Command
 * @property {readonly string[]} argv
 * @property {string} cwd
 * @property {Readonly<Record<string, string>>} env
 * @property {boolean} tty
 * @property {boolean} stdin
 * @property {string} program What messages call it: the first word may hold what is not to be said.
 */

/**
 * Starts the process in a session of its own. Throws what there is to say of a command that cannot be started.
 *
 * @param {Command} command
 * @param {import('./namespace.js').Joined | undefined} joined The namespace in which it is to be.
 * @param {OnOutput} onOutput
 * @returns {Promise<Child>}
 */
export async function startChild(command, joined, onOutput) {
  if (!statSync(rootOf(joined) + command.cwd, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Error(`working directory ${command.cwd}: no such directory`);
  }
  const file = findExecutable(command, joined);
  const start = command.tty ? startOnTerminal : startOnPipes;
  if (!joined) return start(file, command, onOutput);
  const argv = joinCommand(joined, command.cwd, command.argv);
  return start(joined.tools.nsenter, { ...command, argv, cwd: '/' }, onOutput);
}

/**
 * @param {string} file
 * @param {Command} command
 * @param {OnOutput} onOutput
 * @returns {Promise<Child>}
 */
async function startOnPipes(file, { argv, cwd, env, stdin }, onOutput) {
  const pipes = new Pipes('pipe', stdin);
  const { stdout, stderr } = pipes;
  stdout.on('data', (chunk) => onOutput('stdout', chunk));
  stderr.on('data', (chunk) => onOutput('stderr', chunk));
  const child = spawn(file, argv.slice(1), { argv0: argv[0], cwd, env, detached: true, stdio: pipes.stdio });
  pipes.handedOver();
  const { pid } = child;
  if (pid === undefined) {
    const error = await new Promise((resolveError) => child.once('error', resolveError));
    throw error;
  }
  const outputs = [stdout, stderr];
  const ended = outputs.map((output) => new Promise((resolveEnd) => output.once('close', resolveEnd)));
  return {
    pid,
    exited: new Promise((resolveCode) => {
      child.once('exit', (code, signal) => resolveCode(exitCode(code ?? 0, signal ?? undefined)));
    }),
    drained: async () => {
      for (const output of outputs) output.resume();
      setTimeout(() => outputs.forEach((output) => output.destroy()), lastOutputMs).unref();
      await Promise.all(ended);
    },
    stdin: pipes.stdin,
    pause: (paused) => outputs.forEach((output) => (paused ? output.pause() : output.resume())),
    resize: () => undefined,
  };
}

/**
 * @param {string} file
 * @param {Command} command
 * @param {OnOutput} onOutput
 * @returns {Promise<Child>}
 */
async function startOnTerminal(file, { argv, cwd, env }, onOutput) {
  const { Terminal } = await import('./terminal.js');
  const terminal = new Terminal({ file, args: argv.slice(1), cwd, env });
  terminal.onData((chunk) => onOutput('stdout', chunk));
  return {
    pid: terminal.pid,
    exited: new Promise((resolveCode) => {
      terminal.onExit(({ exitCode: code, signal }) => resolveCode(signal ? 128 + signal : code));
    }),
    drained: async () => undefined,
    stdin: new Writable({
      write: (chunk, _encoding, done) => {
        terminal.write(chunk);
        done();
      },
    }),
    pause: (paused) => (paused ? terminal.pause() : terminal.resume()),
    resize: (columns, rows) => terminal.resize(columns, rows),
  };
}

/**
 * @param {number} code
 * @param {NodeJS.Signals | undefined} signal
 */
function exitCode(code, signal) {
  return signal === undefined ? code : 128 + constants.signals[signal];
}

/**
 * Where the command is that `argv` begins with. Throws if it is not.
 *
 * @param {Pick<Command, 'argv' | 'cwd' | 'env'> & { program?: string }} command
 * @param {import('./namespace.js').Joined} [joined]
 */
export function findExecutable({ argv, cwd, env, program = argv[0] ?? '' }, joined) {
  const [name = ''] = argv;
  const root = rootOf(joined);
  const folders = name.includes('/') ? [''] : (env['PATH'] ?? '').split(':');
  for (const folder of folders) {
    const path = resolve(cwd, folder, name);
    if (isExecutable(root + path)) return path;
    // Seen from outside, an absolute link leads elsewhere than inside. The program that runs it will know.
    if (joined && isLink(root + path)) return path;
  }
  throw new Error(
    name.includes('/') ? `${program}: no such executable file` : `${program}: executable file not found in $PATH`,
  );
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, files.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** @param {string} path */
function isLink(path) {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}
