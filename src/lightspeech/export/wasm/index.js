// Emotion in speech: front end, network and voice gate in one file of WebAssembly, without a runtime.

const CELL = 1280, DELAY = 8, HOLD = 4, LEAST_S = 0.3; // of the voice gate: samples, cells, seconds
const UTTERANCE_S = 10; // of longer sound the windows without speech do not count
const NONE = "none";

/** Load a model: an address, its bytes or a module; the one beside this file if left out. */
export async function load(source = new URL("./model.wasm", import.meta.url)) {
  const module = source instanceof WebAssembly.Module
    ? source : await WebAssembly.compile(await bytesOf(source));
  return new Recognizer(module, await WebAssembly.instantiate(module));
}

async function bytesOf(source) {
  if (typeof source !== "string" && !(source instanceof URL)) return source;
  if (source.protocol === "file:") return (await import("node:fs/promises")).readFile(source);
  const answer = await fetch(source);
  if (!answer.ok) throw new Error(`${source}: ${answer.status} ${answer.statusText}`);
  return answer.arrayBuffer();
}

/** A model and one stream of sound. */
export class Recognizer {
  #c;
  #block;
  #probabilities;
  #heard = 0; // samples since the stream began

  constructor(module, instance = new WebAssembly.Instance(module)) {
    const c = (this.#c = instance.exports);
    const classes = c.classes();
    this.module = module;
    this.sampleRate = c.sampleRate();
    this.windowSize = c.windowSize();
    this.hopSize = c.hopSize() || null;
    this.threshold = c.threshold();
    this.labels = Array.from({ length: classes }, (_, i) => text(c.memory.buffer, c.label(i)));
    this.#block = new Float32Array(c.memory.buffer, c.block(), c.blockSize());
    this.#probabilities = new Float32Array(c.memory.buffer, c.probabilities(), classes);
    this.reset();
  }

  /** Begin a stream anew. */
  reset() {
    this.#c.reset();
    this.#heard = 0;
  }

  /** Hear more of a stream; gives an answer for each window that is whole by now. */
  feed(samples) {
    const answers = [];
    this.#hear(samples, () => {
      this.#c.answer();
      const at = this.#heard / this.sampleRate;
      answers.push({ at, ...this.#told(this.#probabilities, this.#c.speech()) });
    });
    return answers;
  }

  /** Answer a recording of any length, as lightspeech does; a stream that goes on begins anew. */
  answer(samples) {
    const speaks = this.#speaks(samples);
    const all = starts(samples.length, this.windowSize, this.hopSize);
    const isShort = samples.length <= Math.max(UTTERANCE_S * this.sampleRate, this.windowSize);
    const spoken = all.filter((start) => isShort || speaks(start, start + this.windowSize) > 0);
    const chosen = spoken.length ? spoken : all;
    const rows = chosen.map((at) => this.probabilities(cut(samples, at, this.windowSize)));
    const pooled = pool(rows, this.#c.takesLargest() === 1);
    return this.#told(pooled, speaks(0, samples.length));
  }

  /** Probabilities of one window, in the order of the labels; a stream that goes on begins anew. */
  probabilities(window) {
    if (window.length !== this.windowSize) {
      throw new RangeError(`a window has ${this.windowSize} samples, found ${window.length}`);
    }
    this.reset();
    this.#hear(window, () => this.#c.answer());
    this.reset();
    return this.#probabilities.slice();
  }

  /** Hear samples, and do something with each window that is whole. */
  #hear(samples, withWindow) {
    const c = this.#c, size = this.#block.length;
    for (let at = 0; at < samples.length; at += size) {
      const n = Math.min(size, samples.length - at);
      this.#block.set(samples.subarray(at, at + n));
      if (samples instanceof Int16Array) {
        for (let i = 0; i < n; i++) this.#block[i] /= 32768;
      }
      for (let used = 0; used < n; ) {
        const taken = c.hear(used, n);
        used += taken;
        this.#heard += taken;
        if (c.due()) withWindow();
      }
    }
  }

  /** The voice gate over a recording: gives the share of a stretch of samples that is speech. */
  #speaks(samples) {
    const c = this.#c;
    if (!c.cells) return () => 1; // its front end has other mel bands than the gate
    const marks = [];
    const silence = new Float32Array((DELAY + HOLD + 4) * CELL - (samples.length % CELL));
    this.reset();
    for (const sound of [samples, silence]) {
      for (let at = 0; at < sound.length; at += this.#block.length) {
        this.#hear(sound.subarray(at, at + this.#block.length), () => c.skip());
        while (marks.length < c.cells()) marks.push(c.sounds(marks.length) === 1);
      }
    }
    this.reset();
    return (begin, end) => share(marks.slice(DELAY), begin, end, LEAST_S * this.sampleRate);
  }

  #told(row, speech) {
    const probabilities = Object.fromEntries(this.labels.map((label, i) => [label, row[i]]));
    const best = row.indexOf(Math.max(...row));
    const speaks = speech > 0;
    const label = speaks ? this.labels[best] : NONE;
    return { label, uncertain: speaks && row[best] < this.threshold, speech, probabilities };
  }
}

/** One row of those of windows: of each class the largest, divided by their sum, or the mean. */
function pool(rows, takesLargest) {
  const columns = Array.from(rows[0], (_, i) => rows.map((row) => row[i]));
  if (!takesLargest) return columns.map((column) => sum(column) / rows.length);
  const largest = columns.map((column) => column.reduce((a, b) => Math.max(a, b)));
  return largest.map((p) => p / sum(largest));
}

function sum(values) {
  return values.reduce((a, b) => a + b);
}

/** Share of samples that lie in cells which sound like speech, or have such a one near them. */
function share(sounds, begin, end, least) {
  let sounding = 0, held = 0;
  for (let k = Math.max(Math.floor(begin / CELL), 0); k * CELL < end; k++) {
    const inside = Math.min((k + 1) * CELL, end) - Math.max(k * CELL, begin);
    if (sounds[k]) sounding += inside;
    if (sounds.slice(Math.max(k - HOLD, 0), k + HOLD + 1).includes(true)) held += inside;
  }
  if (sounding === 0) return 0;
  return sounding < Math.min(least, (end - begin) / 2) ? 0 : Math.min(held / (end - begin), 1);
}

/** First sample of each window: a hop apart, the last one ends with the sound; a single one, that is
 * centred, where there is less sound or no hop. */
function starts(length, size, hop) {
  const spare = length - size;
  if (spare <= 0 || hop === null) return [Math.floor(spare / 2)];
  const found = [];
  for (let start = 0; start < spare; start += hop) found.push(start);
  return [...found, spare];
}

/** One window of a recording, silence where it has no samples. */
function cut(samples, start, size) {
  const window = new samples.constructor(size);
  window.set(samples.subarray(Math.max(start, 0), start + size), Math.max(-start, 0));
  return window;
}

/** A text of C; by hand, since worklets have no TextDecoder. */
function text(buffer, place) {
  const bytes = new Uint8Array(buffer, place);
  const escaped = Array.from(
    bytes.subarray(0, bytes.indexOf(0)), (byte) => `%${byte.toString(16).padStart(2, "0")}`,
  );
  return decodeURIComponent(escaped.join(""));
}
