import { Refusal } from '../refusal.js';

export type MetricsSources = Record<string, unknown>;
const stub = async (..._args: unknown[]): Promise<void> => {
  throw new Refusal('NotImplemented', 'stub');
};
export const serveMetrics = stub;
