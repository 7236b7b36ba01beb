/** What the model says of a window or of a recording. */
export interface Answer {
  /** The likeliest one, or `none` where nobody speaks. */
  label: string;
  /** Somebody speaks, and the highest probability is below the model's threshold, or `speech` is
   * below 0.4: so little is rather music. */
  uncertain: boolean;
  /** Share of the time in which somebody speaks, 0 to 1. */
  speech: number;
  /** Of each label, 0 to 1; where nobody speaks they mean nothing. */
  probabilities: Record<string, number>;
}

/** What the model says of the last window of a stream. */
export interface StreamAnswer extends Answer {
  /** Seconds of the stream that were heard by then. */
  at: number;
}

/** What the model says of a stretch of a recording. */
export interface Hop extends Answer {
  /** Seconds from the beginning of the recording. */
  start: number;
  /** Seconds; the next stretch begins there. */
  end: number;
}

/** Mono, at the model's `sampleRate`: floats from -1 to 1, or 16-bit numbers. */
export type Samples = Float32Array | Int16Array;

/** A model and one stream of sound; as many as you like share a `module`. */
export class Recognizer {
  constructor(module: WebAssembly.Module, instance?: WebAssembly.Instance);
  readonly module: WebAssembly.Module;
  readonly labels: readonly string[];
  /** Hz. */
  readonly sampleRate: number;
  /** Samples. */
  readonly windowSize: number;
  /** Samples from window to window; null: a recording is answered by its central window alone. */
  readonly hopSize: number | null;
  /** One for each label: an answer whose probability is below that of its label is uncertain. */
  readonly thresholds: readonly number[];
  /** Hear more of a stream, any number of samples; gives an answer for each window that is whole by
   * now: the first after a window, then one a hop. Its `speech` is of what the gate knows of the
   * window, which leaves out the last second. */
  feed(samples: Samples): StreamAnswer[];
  /** Answer a recording of any length as `lightspeech predict --whole` does: the mean over its
   * windows, or of each class the largest, as the model says; of more than ten seconds over those
   * in which somebody speaks. A stream that goes on begins anew. */
  answer(samples: Samples): Answer;
  /** Answer a recording of any length as `lightspeech predict --segments each` does: one stretch up
   * to ten seconds, else one a hop. A stream that goes on begins anew. */
  hops(samples: Samples): Hop[];
  /** Probabilities of one window of `windowSize` samples, in the order of the labels, without the
   * voice gate. A stream that goes on begins anew. */
  probabilities(window: Samples): Float32Array;
  /** Begin a stream anew. */
  reset(): void;
}

/** Load a model: an address, its bytes or a module; the one beside this file if left out. */
export function load(
  source?: string | URL | BufferSource | WebAssembly.Module,
): Promise<Recognizer>;
