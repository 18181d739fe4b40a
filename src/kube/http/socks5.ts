/** The client's side of SOCKS5 (RFC 1928), with user name and password (RFC 1929). Names are resolved by the proxy. */
import { isIP, type Socket } from 'node:net';

export interface TunnelTarget {
  /** Name or address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

const refusals: Readonly<Record<number, string>> = {
  1: 'general failure',
  2: 'not allowed by its rules',
  3: 'network unreachable',
  4: 'host unreachable',
  5: 'connection refused',
  6: 'time ran out',
  7: 'command not supported',
  8: 'address type not supported',
};

/** Afterwards the socket is the target's, with nothing of it read. */
export async function negotiateSocks5(
  socket: Socket,
  target: TunnelTarget,
  { username, password }: { readonly username: string; readonly password: string },
): Promise<void> {
  const read = reader(socket);
  socket.write(username === '' ? Buffer.of(5, 1, 0) : Buffer.of(5, 2, 0, 2));
  const [version, method] = await read(2);
  if (version !== 5) throw new Error('does not speak SOCKS5');
  if (method === 2) {
    socket.write(Buffer.concat([Buffer.of(1), counted(username), counted(password)]));
    if ((await read(2))[1] !== 0) throw new Error('refused the user name or password');
  } else if (method !== 0) {
    throw new Error('wants credentials');
  }
  const port = Buffer.of(target.port >> 8, target.port & 0xff);
  socket.write(Buffer.concat([Buffer.of(5, 1, 0), addressOf(target.host), port]));
  const [, reply = 0, , type = 0] = await read(4);
  if (reply !== 0) throw new Error(`refused to connect to ${target.host}:${target.port} (${refusals[reply] ?? reply})`);
  const addressBytes = type === 1 ? 4 : type === 4 ? 16 : ((await read(1))[0] ?? 0);
  await read(addressBytes + 2);
}

function addressOf(host: string): Buffer {
  if (isIP(host) === 4) return Buffer.of(1, ...host.split('.').map(Number));
  return Buffer.concat([Buffer.of(3), counted(host)]);
}

function counted(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length > 255) throw new Error('a name or password is longer than SOCKS5 allows');
  return Buffer.concat([Buffer.of(bytes.length), bytes]);
}

/** Reads exactly so many bytes from the paused socket. */
function reader(socket: Socket): (bytes: number) => Promise<Buffer> {
  return (bytes) =>
    new Promise((resolve, reject) => {
      const stop = (): void => {
        socket.off('readable', take);
        socket.off('close', lost);
      };
      const take = (): void => {
        const chunk = socket.read(bytes) as Buffer | null;
        if (chunk === null) return;
        stop();
        resolve(chunk);
      };
      const lost = (): void => {
        stop();
        reject(new Error('hung up'));
      };
      socket.on('readable', take);
      socket.on('close', lost);
      take();
    });
}
