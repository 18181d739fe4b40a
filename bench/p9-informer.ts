/** P9: the first sync of 100,000 pods, by the reflector and by client-node's informer. */
import informer from './informer.js';
import type { Benchmark, Measurement } from './measurement.js';

export const p9: Benchmark = {
  name: 'p9',
  about: "first sync of 100,000 pods, against client-node's informer",
  run: async () => {
    const rows = await informer();
    return rows.map(({ name, target, measured, unit, ratio }): Measurement => {
      const row = { id: 'P9', what: name.replace(/^P9 /, ''), target, measured: `${measured.toFixed(0)} ${unit}` };
      if (ratio !== undefined) return { ...row, measured: `${ratio.toFixed(1)}x (${row.measured})`, met: ratio >= 2 };
      const most = /<= (\d+)/.exec(target)?.[1];
      return most === undefined ? row : { ...row, met: measured <= Number(most) };
    });
  },
};
