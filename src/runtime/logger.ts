/**
 * What the SDK logs through: pino's shape, so a pino logger can be handed over as it is. Messages are constant;
 * what varies is in the fields (`pod`, `node`, `container`, `uid`, `reason`, `attempt`, `err`).
 */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

const nothing = (): void => undefined;

/** Logs nothing. The default everywhere: a library does not write to its user's terminal. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** A logger for what is made before it is known where to log to. */
export function lateLogger(current: () => Logger): Logger {
  return {
    debug: (fields, message) => current().debug(fields, message),
    info: (fields, message) => current().info(fields, message),
    warn: (fields, message) => current().warn(fields, message),
    error: (fields, message) => current().error(fields, message),
  };
}
