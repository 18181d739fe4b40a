export { AciEmulator } from './aci-emulator.js';
export { realisticLatencies } from './latencies.js';
export { documentedLimits } from './options.js';
export type { AciEmulatorOptions } from './options.js';
