export { Cleanup } from './cleanup.js';
export { parseCommandLine, UsageError, type Command, type Flag, type Flags } from './command-line.js';
export { parseDuration } from './duration.js';
export { runMain } from './main.js';
export { nodeFlags, resolveNodeSettings, type NodeSettings } from './node-settings.js';
export { runNode } from './run-node.js';
export { orStopped, stopSignal, whenStopped } from './stop-signal.js';
export { textLogger, type LogLevel } from './text-logger.js';
