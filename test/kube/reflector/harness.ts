/** A reflector of pods on a scripted server, with what its handlers were told. */
import type { ObjectHandler } from '../../../src/kube/object-source.js';
import { Reflector } from '../../../src/kube/reflector/reflector.js';
import type { ReflectorOptions } from '../../../src/kube/reflector/options.js';
import { pods } from '../../../src/kube/resources.js';
import type { Pod } from '../../../src/kube/types.js';
import type { Logger } from '../../../src/runtime/logger.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { FreezingProxy, PlainApi, ScriptedServer } from './scripted-server.js';

export function pod(
  name: string,
  resourceVersion: string,
  more: { uid?: string; node?: string; extra?: object } = {},
): Pod {
  const { uid = `uid-${name}`, node, extra } = more;
  return {
    metadata: { name, namespace: 'default', uid, resourceVersion },
    spec: { containers: [], ...(node === undefined ? {} : { nodeName: node }) },
    ...extra,
  };
}

/** Writes down what a handler is told, one line each. */
export function recorder(told: string[]): ObjectHandler<Pod> {
  const at = ({ metadata }: Pod): string => `${metadata.name}@${metadata.resourceVersion}`;
  return {
    onAdd: (object) => told.push(`add ${at(object)}`),
    onUpdate: (object, previous) => told.push(`update ${at(previous)} to ${at(object)}`),
    onDelete: (object, missed) => told.push(`${missed ? 'miss' : 'delete'} ${at(object)}`),
  };
}

export interface LogLine {
  readonly level: string;
  readonly fields: Record<string, unknown>;
  readonly message: string;
}

export function recordingLogger(lines: LogLine[]): Logger {
  const write =
    (level: string) =>
    (fields: object, message: string): void => {
      lines.push({ level, fields: fields as Record<string, unknown>, message });
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

export interface Harness extends AsyncDisposable {
  readonly server: ScriptedServer;
  readonly proxy: FreezingProxy;
  readonly clock: ManualClock;
  readonly reflector: Reflector<Pod>;
  readonly told: string[];
  readonly logged: LogLine[];
}

/** Paged lists unless asked otherwise; random numbers are all 0, so that waits are at their shortest. */
export async function startHarness(options: ReflectorOptions<Pod> = {}): Promise<Harness> {
  const server = await new ScriptedServer().start();
  const proxy = await new FreezingProxy(server.port).start();
  const plain = new PlainApi(proxy.port);
  const clock = new ManualClock();
  const told: string[] = [];
  const logged: LogLine[] = [];
  const logger = recordingLogger(logged);
  const reflector = new Reflector(plain.api, pods, {
    clock,
    random: () => 0,
    logger,
    streamingList: false,
    ...options,
  });
  reflector.addHandler(recorder(told));
  reflector.start();
  return {
    server,
    proxy,
    clock,
    reflector,
    told,
    logged,
    [Symbol.asyncDispose]: async () => {
      await reflector.close();
      await plain[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Resolves once `condition` holds; gives sockets their turns, and fails after 15 s: what a loaded machine needs. */
export async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 15_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not within 15 s: ${String(condition)}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
