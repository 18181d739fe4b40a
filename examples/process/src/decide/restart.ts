/** Whether and when a container that has ended is started again. As the kubelet has it. Pure. */
import type { Container } from 'vk-sdk';

export interface RestartPolicy {
  readonly policy: string;
  /** Rules of the container's own, by exit code, before its policy. */
  readonly rules: NonNullable<Container['restartPolicyRules']>;
}

export interface Backoff {
  /** Delay before the second restart; the first is immediate. Each further one is twice as long. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** A run that lasted longer is taken for a fresh start. */
  readonly resetAfterMs: number;
}

/** The kubelet's. */
export const kubeletBackoff: Backoff = { firstMs: 10_000, longestMs: 300_000, resetAfterMs: 600_000 };

export interface EndedRun {
  readonly number: number;
  /** What is waited for after its end. */
  readonly backoffMs: number;
  readonly startedAt?: number;
  readonly finishedAt: number;
  readonly exitCode: number;
}

export interface NextRun {
  readonly number: number;
  readonly at: number;
  readonly backoffMs: number;
}

export const firstRun: NextRun = { number: 0, at: 0, backoffMs: 0 };

/** A container's own policy and rules, else those of the pod. An init container is not run again once it has succeeded. */
export function restartPolicyOf(container: Container, podPolicy = 'Always', isInit = false): RestartPolicy {
  const inherited = isInit && podPolicy === 'Always' ? 'OnFailure' : podPolicy;
  return { policy: container.restartPolicy ?? inherited, rules: container.restartPolicyRules ?? [] };
}

export function restartsAfter({ policy, rules }: RestartPolicy, exitCode: number): boolean {
  for (const { action, exitCodes } of rules) {
    const listed = exitCodes?.values?.includes(exitCode) ?? false;
    if (action === 'Restart' && exitCodes && listed === (exitCodes.operator === 'In')) return true;
  }
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}

/** When the run after `ended` is due, and what it is to wait for in its turn. */
export function nextRun(ended: EndedRun, backoff: Backoff): NextRun {
  const lastedMs = ended.finishedAt - (ended.startedAt ?? ended.finishedAt);
  const delayMs = lastedMs > backoff.resetAfterMs ? 0 : ended.backoffMs;
  return {
    number: ended.number + 1,
    at: ended.finishedAt + delayMs,
    backoffMs: delayMs === 0 ? backoff.firstMs : Math.min(delayMs * 2, backoff.longestMs),
  };
}
