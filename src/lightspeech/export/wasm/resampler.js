// Another sample rate for a stream: a windowed sinc for each phase between two samples.

const ZEROS = 16; // of the sinc on either side
const PASSED = 0.92; // of the lower rate's band
const BETA = 8.6; // of the Kaiser window: what folds back is 86 dB down

export class Resampler {
  #from;
  #to;
  #half; // samples that are heard on either side of a place
  #filters = new Map();
  #kept; // samples that later places still need
  #next = 0; // place of the next sample to give, in steps of 1 / to of a sample of those kept

  constructor(from, to) {
    const common = divisor(from, to);
    this.#from = from / common;
    this.#to = to / common;
    this.#half = Math.ceil((ZEROS * Math.max(from, to)) / to / PASSED);
    this.#kept = new Float32Array(this.#half); // silence before the first sample
    this.#next = this.#half * this.#to;
  }

  /** Take more of the stream; gives what is known of it at the other rate. */
  feed(samples) {
    if (this.#from === this.#to) return samples.slice();
    const all = new Float32Array(this.#kept.length + samples.length);
    all.set(this.#kept);
    all.set(samples, this.#kept.length);
    const given = [];
    for (; this.#next / this.#to + this.#half < all.length; this.#next += this.#from) {
      const place = Math.floor(this.#next / this.#to);
      const filter = this.#filter(this.#next % this.#to);
      let sum = 0;
      const first = place - this.#half + 1;
      for (let i = 0; i < filter.length; i++) sum += all[first + i] * filter[i];
      given.push(sum);
    }
    const gone = Math.max(Math.floor(this.#next / this.#to) - this.#half, 0);
    this.#kept = all.slice(gone);
    this.#next -= gone * this.#to;
    return Float32Array.from(given);
  }

  /** Weights of the samples around a place that lies so many steps after one. */
  #filter(phase) {
    if (!this.#filters.has(phase)) {
      const cutoff = PASSED * Math.min(1, this.#to / this.#from);
      const weights = Float64Array.from({ length: 2 * this.#half }, (_, i) => {
        const away = i - this.#half + 1 - phase / this.#to;
        return cutoff * sinc(cutoff * away) * kaiser(away / this.#half);
      });
      const sum = weights.reduce((a, b) => a + b);
      this.#filters.set(phase, weights.map((weight) => weight / sum));
    }
    return this.#filters.get(phase);
  }
}

function divisor(a, b) {
  return b === 0 ? a : divisor(b, a % b);
}

function sinc(x) {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function kaiser(x) {
  return Math.abs(x) > 1 ? 0 : bessel(BETA * Math.sqrt(1 - x * x)) / bessel(BETA);
}

function bessel(x) {
  let sum = 1, term = 1;
  for (let k = 1; term > 1e-12 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
