// The voice gate of lightspeech: for what share of a recording somebody speaks.
//
// gate.json holds its numbers; whole numbers stay below 2^53, so that scores are those of Python.

export class Gate {
  /** Open the file of numbers, an address. */
  static async open(address) {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`${address}: ${answer.status} ${answer.statusText}`);
    return new Gate(await answer.json());
  }

  constructor(numbers) {
    this.numbers = numbers;
  }

  /** Share of a recording in which somebody speaks: 0, where nobody does, to 1. */
  speech(waveform, sampleRate) {
    const { sample_rate, cell, delay, hold, least_s, least_run, threshold } = this.numbers;
    if (sampleRate !== sample_rate) throw new Error(`the gate hears ${sample_rate} Hz`);
    const cells = Math.ceil(waveform.length / cell);
    const padded = new Float32Array((cells + delay + hold) * cell);
    padded.set(waveform);
    const sounds = this.scores(padded).slice(delay).map((score) => score >= threshold);
    const inside = (k) => Math.min((k + 1) * cell, waveform.length) - k * cell;
    let sounding = 0, held = 0, marked = 0, begins = 0;
    for (let k = 0; k < cells; k++) {
      if (sounds[k]) {
        sounding += inside(k);
        marked++;
        if (k > 0 && !sounds[k - 1]) begins++;
      }
      if (sounds.slice(Math.max(k - hold, 0), k + hold + 1).includes(true)) held += inside(k);
    }
    const least = Math.min(least_s * sample_rate, waveform.length / 2);
    const spoken = marked < least_run * begins ? sounding : held; // of what flickers none is held
    return sounding < least ? 0 : spoken / waveform.length;
  }

  /** Score of each cell of samples from -1 to 1; it is of the cell `delay` before. */
  scores(waveform) {
    const { cell, n_fft, range, largest, layers } = this.numbers;
    let rows = [];
    for (let at = 0; at + cell <= waveform.length; at += cell) {
      rows.push(this.levels(waveform.subarray(at, at + n_fft)));
    }
    rows = this.relative(rows);
    layers.forEach((layer, n) => {
      const sums = convolve(rows, layer, n === 0 ? -range : 0);
      const last = n === layers.length - 1;
      rows = last ? sums : sums.map((row) => row.map((v) => Math.min(Math.max(v, 0), largest)));
    });
    return rows.map(([score]) => score);
  }

  /** Whole steps of the logarithm of each band's energy in a frame. */
  levels(frame) {
    const { bands, floor, steps } = this.numbers;
    const power = spectrum(frame);
    return bands.map(({ first, weights }) => {
      const energy = weights.reduce((sum, weight, i) => sum + weight * power[first + i], 0);
      return Math.floor(steps * Math.log(energy + floor));
    });
  }

  /** Levels relative to their running peak. */
  relative(rows) {
    const { coarse, range, decay, nothing } = this.numbers;
    let peak = nothing;
    return rows.map((row) => {
      peak = Math.max(nothing, peak - decay, ...row);
      return row.map((level) => Math.max(Math.floor((level - peak) / coarse), -range));
    });
  }
}

/** A causal convolution of whole numbers; what was before the first row is `before`. */
function convolve(rows, { weights, bias, shift, dilation }, before) {
  return rows.map((_, now) => {
    const sums = [...bias];
    weights.forEach((tap, t) => {
      const row = rows[now - (weights.length - 1 - t) * dilation];
      tap.forEach((outputs, i) => {
        const value = row ? row[i] : before;
        if (value !== 0) outputs.forEach((weight, o) => (sums[o] += weight * value));
      });
    });
    return sums.map((sum, o) => Math.floor(sum / 2 ** shift[o] + 0.5));
  });
}

/** Power of each bin up to half the sample rate, under a periodic Hann window. */
function spectrum(frame) {
  const n = frame.length;
  const re = new Float64Array(n), im = new Float64Array(n);
  for (let i = 0, reversed = 0; i < n; i++) {
    re[reversed] = frame[i] * Math.fround(0.5 - 0.5 * Math.cos((2 * Math.PI * i) / n));
    let bit = n >> 1;
    for (; reversed & bit; bit >>= 1) reversed ^= bit;
    reversed |= bit;
  }
  for (let half = 1; half < n; half *= 2) {
    for (let k = 0; k < half; k++) {
      const c = Math.cos((Math.PI * k) / half), s = -Math.sin((Math.PI * k) / half);
      for (let a = k; a < n; a += 2 * half) {
        const b = a + half;
        const x = re[b] * c - im[b] * s, y = re[b] * s + im[b] * c;
        re[b] = re[a] - x;
        im[b] = im[a] - y;
        re[a] += x;
        im[a] += y;
      }
    }
  }
  return re.subarray(0, n / 2 + 1).map((x, i) => x * x + im[i] * im[i]);
}
