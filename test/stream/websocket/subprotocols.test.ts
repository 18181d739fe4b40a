import { describe, expect, it } from 'vitest';
import { base64Codec, rawCodec } from '../../../src/stream/websocket/channel-codec.js';
import {
  choosePortForward,
  chooseRemoteCommand,
  chooseTunnel,
  prefersTunnel,
} from '../../../src/stream/websocket/subprotocols.js';

/** What `@kubernetes/client-node` offers for everything. */
const clientNode = ['v5', 'v4', 'v3', 'v2'].map((version) => `${version}.channel.k8s.io`).concat('channel.k8s.io');

describe('the choice of a subprotocol', () => {
  it.each([
    [[], undefined, 1, rawCodec],
    [['channel.k8s.io'], 'channel.k8s.io', 1, rawCodec],
    [['base64.channel.k8s.io'], 'base64.channel.k8s.io', 1, base64Codec],
    [['v4.channel.k8s.io'], 'v4.channel.k8s.io', 4, rawCodec],
    [['v4.base64.channel.k8s.io'], 'v4.base64.channel.k8s.io', 4, base64Codec],
    [['v5.channel.k8s.io'], 'v5.channel.k8s.io', 5, rawCodec],
    [clientNode, 'v5.channel.k8s.io', 5, rawCodec],
  ] as const)('kubelet-protocol §1: for exec and attach, %j gets %s', (offered, name, version, codec) => {
    expect(chooseRemoteCommand(offered)).toEqual({ name, version, codec });
  });

  it('kubelet-protocol §1: version 5 is chosen wherever it is in the list', () => {
    expect(chooseRemoteCommand(['v4.channel.k8s.io', 'v5.channel.k8s.io'])?.name).toBe('v5.channel.k8s.io');
  });

  it("kubelet-protocol §1: else the first of the client's list wins", () => {
    const offered = ['v2.channel.k8s.io', 'base64.channel.k8s.io', 'v4.channel.k8s.io'];
    expect(chooseRemoteCommand(offered)?.name).toBe('base64.channel.k8s.io');
  });

  it.each([[['v3.channel.k8s.io', 'v2.channel.k8s.io']], [['toString', 'constructor', '']], [['V4.CHANNEL.K8S.IO']]])(
    'kubelet-protocol §1: %j match nothing',
    (offered) => {
      expect(chooseRemoteCommand(offered)).toBeUndefined();
      expect(choosePortForward(offered)).toBeUndefined();
    },
  );

  it.each([
    [[], undefined, rawCodec],
    [['v4.channel.k8s.io'], 'v4.channel.k8s.io', rawCodec],
    [['v4.base64.channel.k8s.io', 'v4.channel.k8s.io'], 'v4.base64.channel.k8s.io', base64Codec],
    [clientNode, 'v4.channel.k8s.io', rawCodec],
  ] as const)('kubelet-protocol §1: for port-forward, %j gets %s', (offered, name, codec) => {
    expect(choosePortForward(offered)).toEqual({ name, codec });
  });

  it.each([
    [['SPDY/3.1+portforward.k8s.io'], true],
    [['SPDY/3.1+portforward.k8s.io', 'v4.channel.k8s.io'], true],
    [['v5.channel.k8s.io', 'SPDY/3.1+portforward.k8s.io', 'v4.channel.k8s.io'], true],
    [['v4.channel.k8s.io', 'SPDY/3.1+portforward.k8s.io'], false],
    [clientNode, false],
    [[], false],
  ])(
    "kubelet-protocol §1: the tunnel is taken where it is the first of the client's list that is known: %j",
    (offered, taken) => {
      expect(prefersTunnel(offered)).toBe(taken);
    },
  );

  it('kubelet-protocol §1: the tunnel is answered by its name', () => {
    expect(chooseTunnel(['SPDY/3.1+portforward.k8s.io'])).toEqual({ name: 'SPDY/3.1+portforward.k8s.io' });
    expect(chooseTunnel(clientNode)).toBeUndefined();
    expect(chooseTunnel([])).toBeUndefined();
  });
});
