/** Bytes are spelt out, field by field, as the published .proto files number them; kubectl's own are in its test. */
import { describe, expect, it } from 'vitest';
import { ProtobufDecoder } from '../../../../src/testing/apiserver/http/protobuf/decode.js';
import { readMessages } from '../../../../src/testing/apiserver/http/protobuf/messages.js';

const messages = readMessages();
const decoder = new ProtobufDecoder(messages);

function varint(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
}
const int = (field: number, value: number | bigint): number[] => [
  ...varint(BigInt(field << 3)),
  ...varint(BigInt(value)),
];
const bytes = (field: number, content: readonly number[]): number[] => [
  ...varint(BigInt((field << 3) | 2)),
  ...varint(BigInt(content.length)),
  ...content,
];
const text = (field: number, value: string): number[] => bytes(field, [...Buffer.from(value)]);

function body(apiVersion: string, kind: string, object: readonly number[]): Buffer {
  const type = bytes(1, [...text(1, apiVersion), ...text(2, kind)]);
  return Buffer.from([...Buffer.from('k8s\0'), ...type, ...bytes(2, object)]);
}

describe('a protobuf body', () => {
  it('becomes the JSON that the client would have sent', () => {
    const metadata = bytes(1, [...text(1, 'web'), ...bytes(11, [...text(1, 'app'), ...text(2, 'x')])]);
    const port = bytes(6, [...text(1, 'http'), ...int(3, 80)]);
    const limits = bytes(8, bytes(1, [...text(1, 'cpu'), ...bytes(2, text(1, '100m'))]));
    const container = bytes(2, [...text(1, 'main'), ...text(2, 'nginx'), ...port, ...limits]);
    const toleration = bytes(22, [...text(2, 'Exists'), ...int(5, -1)]);
    const spec = bytes(2, [...container, ...int(4, 0), ...int(11, 0), ...toleration]);
    expect(decoder.decode(body('v1', 'Pod', [...metadata, ...spec]))).toEqual({
      kind: 'Pod',
      apiVersion: 'v1',
      metadata: { name: 'web', labels: { app: 'x' } },
      spec: {
        containers: [
          {
            name: 'main',
            image: 'nginx',
            ports: [{ name: 'http', containerPort: 80 }],
            resources: { limits: { cpu: '100m' } },
          },
        ],
        terminationGracePeriodSeconds: 0,
        tolerations: [{ operator: 'Exists', tolerationSeconds: -1 }],
      },
    });
  });

  it('keeps zeros that mean something and drops those that mean nothing', () => {
    const options = body('policy/v1', 'DeleteOptions', [...int(1, 0), ...text(4, '')]);
    expect(decoder.decode(options)).toMatchObject({ gracePeriodSeconds: 0, propagationPolicy: '' });
    const plain = decoder.decode(body('v1', 'Namespace', bytes(1, [...text(1, 'x'), ...text(2, '')])));
    expect(plain['metadata']).toEqual({ name: 'x' });
  });

  it('is refused rather than understood in part', () => {
    const refused =
      (bytesOf: Buffer): (() => unknown) =>
      () =>
        decoder.decode(bytesOf);
    expect(refused(Buffer.from('{}'))).toThrow('it does not begin with k8s');
    expect(refused(body('v1', 'Namespace', text(99, 'x')))).toThrow('field 99 of core.Namespace is not known');
    expect(refused(body('apps/v1', 'Deployment', []))).toThrow('the fake apiserver reads no Deployment of apps/v1');
    const whole = body('v1', 'Namespace', bytes(1, text(1, 'name')));
    for (let length = 5; length < whole.length; length += 1) {
      const cut = whole.subarray(0, length);
      expect(() => {
        try {
          decoder.decode(cut);
        } catch (error) {
          if (!(error instanceof Error) || error.name !== 'ApiFailure') throw error;
        }
      }).not.toThrow();
    }
  });
});

it('the tables refer to nothing that they do not have', () => {
  const scalars = 's y b i d Time MicroTime Quantity Verbs ExtraValue IntOrString'.split(' ');
  const missing = [...messages.values()]
    .flatMap((fields) => [...fields.values()])
    .filter(({ name, type }) => name !== '-' && !scalars.includes(type) && !messages.has(type))
    .map(({ name, type }) => `${name}: ${type}`);
  expect(missing).toEqual([]);
});
