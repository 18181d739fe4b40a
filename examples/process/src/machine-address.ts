import { networkInterfaces } from 'node:os';

/** An IPv4 address under which other machines may reach this one; 127.0.0.1 if it has none. */
export function machineAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';
}
