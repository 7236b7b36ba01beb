/** Another sample rate for a stream, whatever the lengths of its chunks. */
export class Resampler {
  /** Rates in Hz, whole numbers. */
  constructor(from: number, to: number);
  /** Take more of the stream; gives what is known of it at the other rate. */
  feed(samples: Float32Array): Float32Array;
}
