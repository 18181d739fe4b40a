import { describe, expect, it } from 'vitest';
import { readForwardHeaders, StreamPairs } from '../../../src/stream/port-forward/pairing.js';

const error = { type: 'error', requestId: '1', port: 80 } as const;
const data = { type: 'data', requestId: '1', port: 80 } as const;

describe('the headers of a port-forward’s stream', () => {
  it('kubelet-protocol §4: say its kind, its request id and its port', () => {
    const headers = { streamtype: ['data'], port: ['8080'], requestid: ['17'] };
    expect(readForwardHeaders(headers, 5)).toEqual({ type: 'data', requestId: '17', port: 8080 });
  });

  it('kubelet-protocol §4: without a request id the error stream’s id stands for it, and the data stream’s minus 2', () => {
    const ofError = readForwardHeaders({ streamtype: ['error'], port: ['80'] }, 5);
    const ofData = readForwardHeaders({ streamtype: ['data'], port: ['80'], requestid: [''] }, 7);
    expect(ofError?.requestId).toBe(ofData?.requestId);
    expect(ofError?.requestId).not.toBe(readForwardHeaders({ streamtype: ['error'], port: ['80'] }, 7)?.requestId);
  });

  it.each(['0', '65536', '-1', '+80', '80.5', '0x50', ' 80', '', 'http', '999999999999'])(
    'kubelet-protocol §4: name a port from 1 to 65535, which "%s" is not',
    (port) => {
      expect(readForwardHeaders({ streamtype: ['data'], port: [port] }, 3)).toBeUndefined();
    },
  );

  it('name a kind that there is', () => {
    expect(readForwardHeaders({ streamtype: ['stdin'], port: ['80'] }, 3)).toBeUndefined();
    expect(readForwardHeaders({ port: ['80'] }, 3)).toBeUndefined();
    expect(readForwardHeaders({ streamtype: ['data'] }, 3)).toBeUndefined();
  });
});

describe('the streams of a port-forward', () => {
  it('make a pair in either order', () => {
    const pairs = new StreamPairs<string>(10);
    expect(pairs.add(data, 'data 1')).toEqual({ requestId: '1', port: 80, data: 'data 1' });
    const other = { ...error, requestId: '2', port: 81 };
    expect(pairs.add(other, 'error 2')).toEqual({ requestId: '2', port: 81, error: 'error 2' });
    expect(pairs.add(error, 'error 1')).toEqual({ requestId: '1', port: 80, data: 'data 1', error: 'error 1' });
  });

  it('do not fit a pair that has one of their kind, or another port, until it is over', () => {
    const pairs = new StreamPairs<string>(10);
    const pair = pairs.add(error, 'error');
    expect(pairs.fits(error)).toBe(false);
    expect(pairs.fits({ ...data, port: 81 })).toBe(false);
    expect(pairs.fits(data)).toBe(true);
    pairs.add(data, 'data');
    expect(pairs.fits(data)).toBe(false);
    pairs.release(pair);
    expect(pairs.fits(error)).toBe(true);
  });

  it('do not begin another pair where there are as many as may be', () => {
    const pairs = new StreamPairs<string>(1);
    const pair = pairs.add(error, 'error');
    expect(pairs.fits({ ...error, requestId: '2' })).toBe(false);
    expect(pairs.fits(data)).toBe(true);
    pairs.release(pair);
    expect(pairs.fits({ ...error, requestId: '2' })).toBe(true);
  });
});
