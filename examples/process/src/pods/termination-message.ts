/** What a container has to say of its own end, as the kubelet takes it. */
import { closeSync, openSync, readFileSync, readSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Container } from 'vk-sdk';
import { pathInContainer } from '../decide/container-command.js';
import { readJson, writeJson } from '../disk/json-file.js';
import type { ContainerRun } from '../runs/container-run.js';

const longestMessage = 4_096;
const longestFallback = 2_048;
const fallbackLines = 80;

/** The file that the container may write. It is below the container's directory, as `/dev/termination-log` is the machine's. */
export function terminationMessagePath(container: Container, root: string): string {
  return pathInContainer(root, container.terminationMessagePath ?? '/dev/termination-log');
}

/** Undefined if there is nothing to say. Read once, and then from the run's folder: the next run begins with no file. */
export function terminationMessageOf(
  run: ContainerRun,
  exitCode: number,
  container: Container,
  root: string,
): string | undefined {
  const path = join(run.folder, 'message.json');
  const known = readJson<{ readonly message?: string }>(path);
  if (known) return known.message;
  const message = readTerminationMessage(container, root, run.order.log, exitCode);
  writeJson(path, { message });
  return message;
}

/** `log`: the run's log in the format of CRI. */
function readTerminationMessage(container: Container, root: string, log: string, exitCode: number): string | undefined {
  const written = readEdge(terminationMessagePath(container, root), longestMessage, 'start');
  if (written || container.terminationMessagePolicy !== 'FallbackToLogsOnError' || exitCode === 0)
    return written || undefined;
  // Each entry begins with time, stream and tag.
  const entries = readEdge(log, longestFallback * 4, 'end')
    .split('\n')
    .slice(-fallbackLines - 1);
  const text = entries.map((entry) => entry.replace(/^\S+ \S+ \S+ /, '')).join('\n');
  return text.slice(-longestFallback) || undefined;
}

export function removeTerminationMessage(container: Container, root: string): void {
  rmSync(terminationMessagePath(container, root), { force: true });
}

function readEdge(path: string, bytes: number, edge: 'start' | 'end'): string {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0) return '';
  if (size <= bytes) return readFileSync(path, 'utf8');
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(bytes);
    return buffer.toString('utf8', 0, readSync(file, buffer, 0, bytes, edge === 'start' ? 0 : size - bytes));
  } finally {
    closeSync(file);
  }
}
