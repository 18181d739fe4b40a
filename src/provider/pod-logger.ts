/** A logger whose every line names the pod it is about. */
import type { PodRef } from './provider.js';
import { silentLogger, type Logger } from '../runtime/logger.js';

export function podLogger(logger: Logger, ref: PodRef): Logger {
  if (logger === silentLogger) return logger;
  const about = { pod: `${ref.namespace}/${ref.name}`, uid: ref.uid };
  return {
    debug: (fields, message) => logger.debug({ ...about, ...fields }, message),
    info: (fields, message) => logger.info({ ...about, ...fields }, message),
    warn: (fields, message) => logger.warn({ ...about, ...fields }, message),
    error: (fields, message) => logger.error({ ...about, ...fields }, message),
  };
}
