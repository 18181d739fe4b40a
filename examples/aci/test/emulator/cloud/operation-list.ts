/** Long-running operations, which clients poll for: 10,000 of them, the oldest go. */
import { randomUUID } from 'node:crypto';
import type { Clock } from 'vk-sdk';

const maxOperations = 10_000;

export interface OperationError {
  readonly code: string;
  readonly message: string;
}

export interface CloudOperation {
  readonly id: string;
  readonly startedMs: number;
  /** In the words of a provisioning state. */
  status: string;
  error: OperationError | undefined;
}

export class OperationList {
  readonly #clock: Clock;
  readonly #operations = new Map<string, CloudOperation>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  begin(status: string): CloudOperation {
    const operation = { id: randomUUID(), startedMs: this.#clock.now(), status, error: undefined };
    this.#operations.set(operation.id, operation);
    for (const oldest of this.#operations.keys()) {
      if (this.#operations.size <= maxOperations) break;
      this.#operations.delete(oldest);
    }
    return operation;
  }

  get(id: string): CloudOperation | undefined {
    return this.#operations.get(id);
  }
}

export function isDone(operation: CloudOperation): boolean {
  return operation.status === 'Succeeded' || operation.status === 'Failed' || operation.status === 'Canceled';
}
