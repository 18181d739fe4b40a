/**
 * P12: 500 pods on a real control plane, through the example for Azure Container Instances and the emulated cloud: what that
 * asks of the cloud. Its latencies are realistic and have their whole length; with limits, an hour is two minutes.
 */
import { runLoad, scaledLimits, type LoadOptions, type Phase } from '../examples/aci/test/e2e/load.js';
import { ControlPlane } from '../src/testing/control-plane.js';
import { quantile, Skipped, type Benchmark, type Measurement } from './measurement.js';

const pods = 500;

const ways: readonly { readonly what: string; readonly options: Pick<LoadOptions, 'limits'> }[] = [
  { what: 'no limits', options: {} },
  { what: 'the published limits', options: { limits: scaledLimits(1 / 30) } },
];

export const p12: Benchmark = {
  name: 'p12',
  about: `${pods} pods as container groups of the emulated cloud, made and deleted at once`,
  run: async () => {
    if (!ControlPlane.available()) throw new Skipped('KUBEBUILDER_ASSETS names no folder with etcd and kube-apiserver');
    await using cluster = new ControlPlane();
    await cluster.start();
    const rows: Measurement[] = [];
    for (const { what, options } of ways) {
      const report = await runLoad(cluster, { pods, withinMs: 280_000, ...options });
      const isWhole = report.groups.length === pods && report.groupsLeft === 0 && report.podsLeft === 0;
      rows.push(row(`${what}: created, until Running`, report.creation, 'create', isWhole));
      rows.push(row(`${what}: deleted, until gone`, report.deletion, 'delete', isWhole));
    }
    return rows;
  },
};

function row(
  what: string,
  { requests, refused, latenciesMs }: Phase,
  operation: string,
  isWhole: boolean,
): Measurement {
  const [middle, late] = [0.5, 0.99].map((q) => (quantile(latenciesMs, q) / 1000).toFixed(1));
  const measured = `requests for each pod: ${each(requests)}; refused: ${each(refused)}; p50 ${middle} s, p99 ${late} s`;
  const met = isWhole && requests.get(operation) === pods;
  return { id: 'P12', what, target: `all, and one ${operation} each`, measured, met };
}

function each(requests: ReadonlyMap<string, number>): string {
  return [...requests].map(([name, count]) => `${name} ${(count / pods).toFixed(2)}`).join(', ') || 'none';
}
