export { AciEmulator } from './aci-emulator.js';
export { realisticLatencies } from './latencies.js';
export { documentedLimits } from './options.js';
export type {
  AciEmulatorOptions,
  EmulatorCredentials,
  EmulatorLatencies,
  EmulatorQuota,
  Latency,
  RequestClass,
  RequestLimit,
} from './options.js';
export type { Fault, FaultScope, FieldFilter } from './faults.js';
export type { Operation } from './http/route.js';
export type { RequestRecord } from './http/request-log.js';
export type { ImageScript } from './run/image-script.js';
