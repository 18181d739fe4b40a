/** Why a server cannot listen, and what to do about it. */
import { VkError } from '../../runtime/errors.js';

export function listenError(cause: NodeJS.ErrnoException, host: string, port: number): VkError {
  const where = `kubelet server ${host}:${port}`;
  switch (cause.code) {
    case 'EADDRINUSE':
      return new VkError(
        'AlreadyExists',
        `${where}: the port is taken, perhaps by another kubelet; stop that, or choose another port (0 for any)`,
        { cause },
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new VkError(
        'InvalidInput',
        `${where}: the address is none of this machine's; set host to one that is, or to 0.0.0.0`,
        { cause },
      );
    case 'EACCES':
      return new VkError('Forbidden', `${where}: this process may not use the port; choose one above 1023`, { cause });
    default:
      return new VkError('Unavailable', `${where}: cannot listen (${cause.code ?? cause.message})`, { cause });
  }
}
