/** Which WebSocket subprotocol a request gets. kubelet-protocol §1. */
import { negotiate } from '../negotiate.js';
import type { RemoteCommandVersion } from '../remote-command/session.js';
import { base64Codec, rawCodec, type ChannelCodec } from './channel-codec.js';

/** A choice: with the name that is echoed to the client, or with none where the client offered none. */
export interface Subprotocol {
  readonly name: string | undefined;
}

export interface ChannelSubprotocol extends Subprotocol {
  readonly codec: ChannelCodec;
}

export interface RemoteCommandSubprotocol extends ChannelSubprotocol {
  readonly version: RemoteCommandVersion;
}

const remoteCommand = {
  'channel.k8s.io': { version: 1, codec: rawCodec },
  'base64.channel.k8s.io': { version: 1, codec: base64Codec },
  'v4.channel.k8s.io': { version: 4, codec: rawCodec },
  'v4.base64.channel.k8s.io': { version: 4, codec: base64Codec },
  'v5.channel.k8s.io': { version: 5, codec: rawCodec },
} as const;

const portForward = {
  'v4.channel.k8s.io': rawCodec,
  'v4.base64.channel.k8s.io': base64Codec,
} as const;

export const remoteCommandSubprotocols = namesOf(remoteCommand);
export const portForwardSubprotocols = namesOf(portForward);

/** A port-forward session over SPDY whose bytes travel in the WebSocket's binary messages. */
export const tunnelSubprotocol = 'SPDY/3.1+portforward.k8s.io';

function namesOf<Name extends string>(table: Readonly<Record<Name, unknown>>): readonly Name[] {
  return Object.keys(table) as Name[];
}

/** Version 5 wherever it is in the client's list, else the first of the list that is known. */
export function chooseRemoteCommand(offered: readonly string[]): RemoteCommandSubprotocol | undefined {
  if (offered.length === 0) return { name: undefined, version: 1, codec: rawCodec };
  const preferred = offered.filter((protocol) => protocol === 'v5.channel.k8s.io');
  const name = negotiate([...preferred, ...offered], remoteCommandSubprotocols);
  return name && { name, ...remoteCommand[name] };
}

export function choosePortForward(offered: readonly string[]): ChannelSubprotocol | undefined {
  if (offered.length === 0) return { name: undefined, codec: rawCodec };
  const name = negotiate(offered, portForwardSubprotocols);
  return name && { name, codec: portForward[name] };
}

/** Whether a port-forward goes through the tunnel: it is what the client prefers of what is known. */
export function prefersTunnel(offered: readonly string[]): boolean {
  return negotiate(offered, [tunnelSubprotocol, ...portForwardSubprotocols]) === tunnelSubprotocol;
}

export function chooseTunnel(offered: readonly string[]): Subprotocol | undefined {
  return offered.includes(tunnelSubprotocol) ? { name: tunnelSubprotocol } : undefined;
}
