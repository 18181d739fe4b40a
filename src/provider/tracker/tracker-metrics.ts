/** What a PodsTracker shows of its work. */
import type { MetricFamily } from '../../runtime/metrics/metric-family.js';
import type { BackendCalls } from './backend-calls.js';
import type { BackendEvents } from './backend-events.js';
import type { DanglingCleaner } from './dangling-cleaner.js';
import type { PodsTrackerStatus } from './pods-tracker-options.js';
import type { StatusPoller } from './status-poller.js';

export interface MeasuredTracker {
  readonly status: PodsTrackerStatus;
  readonly calls: Pick<BackendCalls, 'count'>;
  readonly poller?: Pick<StatusPoller, 'counts'>;
  readonly events?: Pick<BackendEvents, 'told'>;
  readonly cleaner?: Pick<DanglingCleaner, 'sweeps' | 'cleanups'> | undefined;
}

export function trackerMetrics({ status, calls, poller, events, cleaner }: MeasuredTracker): MetricFamily[] {
  return [
    calls.count.family(),
    single('gauge', 'vk_tracker_pods', 'Pods that are looked at', status.pods),
    single('gauge', 'vk_tracker_looks_waiting', 'Looks at pods that wait for their turn', status.waiting),
    single('gauge', 'vk_tracker_looks_running', 'Looks at pods that run', status.running),
    single('gauge', 'vk_tracker_paused', 'Whether calls wait as the backend said so', status.pausedUntil ? 1 : 0),
    single('gauge', 'vk_tracker_dangling_pods', 'Pods of the backend that nobody stands for', status.dangling),
    single('counter', 'vk_tracker_status_changes_total', 'Looks that found another status', poller?.counts.changes),
    single('counter', 'vk_tracker_lost_pods_total', 'Pods that the backend no longer knew', poller?.counts.lost),
    single('counter', 'vk_tracker_events_total', 'Events of the backend that were told', events?.told),
    ...(cleaner ? [cleaner.sweeps.family(), cleaner.cleanups.family()] : []),
  ];
}

function single(type: 'counter' | 'gauge', name: string, help: string, value = 0): MetricFamily {
  return { name, help, type, values: [{ value }] };
}
