/** What one connection may cost. A peer that goes over a bound of frames ends its connection; over one of buffers, it waits. */

export interface SpdyLimits {
  /** Payload of a control frame, as it is on the wire. Default: 64 KiB; Kubernetes' are below 1 KiB. */
  readonly controlFrameBytes: number;
  /**
   * A header block when decompressed, which is kept as long as its stream. Default: 8 KiB, so that the headers of all the
   * streams of a connection are at most 32 MiB; Kubernetes' are below 200 bytes.
   */
  readonly headerBlockBytes: number;
  /** Names in a header block, and values in all of it. Default: 64; Kubernetes sends three of each. */
  readonly headerCount: number;
  /** Length of a name in a header block. Default: 256 bytes. */
  readonly headerNameBytes: number;
  /** Length of all values of one name in a header block. Default: 4 KiB. */
  readonly headerValueBytes: number;
  /**
   * Streams that the peer has open at one time, until both sides have ended and all is read. Further ones are reset as
   * refused. Default: 4,096, which is 2,048 connections of a port-forward.
   */
  readonly streams: number;
  /** Bytes of one stream that wait to be read before the peer has to wait. Default: 256 KiB. */
  readonly streamBufferBytes: number;
  /** The same over all streams of the connection. Default: 1 MiB. */
  readonly connectionBufferBytes: number;
  /**
   * Answers (to pings, to new streams) that a peer which does not read may cause before it is not read either. Default:
   * 64 KiB.
   */
  readonly answerBytes: number;
}

export const defaultSpdyLimits: SpdyLimits = {
  controlFrameBytes: 65_536,
  headerBlockBytes: 8_192,
  headerCount: 64,
  headerNameBytes: 256,
  headerValueBytes: 4_096,
  streams: 4_096,
  streamBufferBytes: 262_144,
  connectionBufferBytes: 1_048_576,
  answerBytes: 65_536,
};
