import { objectKey, pods, Reflector, type KubeApi, type Pod } from 'vk-sdk';
import { say } from './say.js';

type Stage = 'scheduled' | 'Running' | 'Succeeded' | 'Failed' | 'Terminating' | 'gone';

/** Watches the pods of a node, and prints what happens to them, as it happens. */
export class PodLives {
  readonly #nodeName: string;
  readonly #reflector: Reflector<Pod>;
  readonly #stages = new Map<string, string>();
  readonly #waiting = new Set<() => void>();

  constructor(client: KubeApi, nodeName: string) {
    this.#nodeName = nodeName;
    this.#reflector = new Reflector(client, pods, { fieldSelector: `spec.nodeName=${nodeName}` });
  }

  start(): void {
    this.#reflector.addHandler({
      onAdd: (pod) => this.#tell(pod, stageOf(pod)),
      onUpdate: (pod) => this.#tell(pod, stageOf(pod)),
      onDelete: (pod) => this.#tell(pod, 'gone'),
    });
    this.#reflector.start();
  }

  async close(): Promise<void> {
    await this.#reflector.close();
  }

  isRunning(pod: Pod): Promise<void> {
    return this.#until(() => this.#stages.get(pod.metadata.uid ?? '') === 'Running');
  }

  isGone(pod: Pod): Promise<void> {
    return this.#until(() => this.#stages.get(pod.metadata.uid ?? '') === 'gone');
  }

  #tell(pod: Pod, stage: Stage): void {
    const uid = pod.metadata.uid ?? '';
    if (this.#stages.get(uid) === stage) return;
    if (!this.#stages.has(uid)) say('Pod', `${objectKey(pod)} is created`);
    this.#stages.set(uid, stage);
    const place =
      stage === 'scheduled' ? ` to ${this.#nodeName}` : stage === 'Running' ? ` at ${pod.status?.podIP ?? '?'}` : '';
    say('Pod', `${objectKey(pod)} is ${stage}${place}`);
    for (const check of this.#waiting) check();
  }

  #until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!condition()) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }
}

function stageOf(pod: Pod): Stage {
  const phase = pod.status?.phase;
  if (phase === 'Succeeded' || phase === 'Failed') return phase;
  if (pod.metadata.deletionTimestamp) return 'Terminating';
  return phase === 'Running' ? phase : 'scheduled';
}
