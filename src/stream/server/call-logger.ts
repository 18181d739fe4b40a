/** A logger whose every line says what the request is about, and who sent it. */
import { silentLogger, type Logger } from '../../runtime/logger.js';

export function callLogger(logger: Logger, about: object): Logger {
  if (logger === silentLogger) return logger;
  return {
    debug: (fields, message) => logger.debug({ ...about, ...fields }, message),
    info: (fields, message) => logger.info({ ...about, ...fields }, message),
    warn: (fields, message) => logger.warn({ ...about, ...fields }, message),
    error: (fields, message) => logger.error({ ...about, ...fields }, message),
  };
}
