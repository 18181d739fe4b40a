import { Duplex } from 'node:stream';

/** Two ends of a connection in memory: what is written to one is read from the other. */
export function duplexPair(): [Duplex, Duplex] {
  const ends: Duplex[] = [];
  const end = (other: number): Duplex =>
    new Duplex({
      allowHalfOpen: true,
      read: () => undefined,
      write: (chunk, _encoding, done) => {
        ends[other]?.push(chunk);
        done();
      },
      final: (done) => {
        ends[other]?.push(null);
        done();
      },
    });
  const pair: [Duplex, Duplex] = [end(1), end(0)];
  ends.push(...pair);
  return pair;
}
