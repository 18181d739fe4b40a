/** One question of a probe to a container, whichever way it is asked. */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Container } from 'vk-sdk';
import { checkHttp } from './http-check.js';

type Probe = NonNullable<Container['livenessProbe']>;

export interface CheckTarget {
  readonly container: Container;
  /** Where the pod's ports are. */
  readonly host: string;
  /** Runs a command in the container, and resolves with its exit code and what it said. Ends it when aborted. */
  readonly exec: (command: readonly string[], signal: AbortSignal) => Promise<CommandResult>;
}

export interface CommandResult {
  readonly exitCode: number;
  readonly output: string;
}

/** Resolves if it passes, rejects with the reason if not. */
export async function check(probe: Probe, target: CheckTarget, signal: AbortSignal): Promise<void> {
  if (probe.exec) {
    const { exitCode, output } = await target.exec(probe.exec.command ?? [], signal);
    if (exitCode !== 0) throw new Error(output.trim() || `command ended with exit code ${exitCode}`);
  } else if (probe.httpGet) {
    await checkHttp(probe.httpGet, target.host, portNumber(target.container, probe.httpGet.port), signal);
  } else if (probe.tcpSocket) {
    const { host = target.host, port } = probe.tcpSocket;
    await checkTcp(host, portNumber(target.container, port), signal);
  }
}

async function checkTcp(host: string, port: number, signal: AbortSignal): Promise<void> {
  const socket = connect({ host, port });
  try {
    await once(socket, 'connect', { signal });
  } finally {
    socket.destroy();
  }
}

/** A number, or the name of one of the container's ports. */
function portNumber(container: Container, port: unknown): number {
  const named = container.ports?.find(({ name }) => name !== undefined && name === port);
  const number = named?.containerPort ?? Number(port);
  if (!Number.isInteger(number)) throw new Error(`port ${JSON.stringify(port)}: the container has none of that name`);
  return number;
}
