// Emotion in speech: front end, network and voice gate in one file of WebAssembly, without a runtime.

const CELL = 1280, HOLD = 4, DELAY = 8, LEAST_S = 0.3; // of the voice gate: samples, cells, cells, s
const LEAST_RUN = 2; // cells in a row that sound like speech, on average: what flickers is music
const UTTERANCE_S = 10; // longer sound is no single utterance
const LEAST_SHARE = 0.4; // of speech, below which an answer is uncertain
const ALL = 0, NETWORK = 1, GATE = 2; // that hear a sound
const NONE = "none";

/** Load a model: an address, its bytes or a module; the one beside this file if left out. */
export async function load(source = new URL("./model.wasm", import.meta.url)) {
  const module = source instanceof WebAssembly.Module ? source : await compiled(source);
  return new Recognizer(module, await WebAssembly.instantiate(module));
}

async function compiled(source) {
  if (typeof source !== "string" && !(source instanceof URL)) return WebAssembly.compile(source);
  if (source.protocol === "file:") {
    return WebAssembly.compile(await (await import("node:fs/promises")).readFile(source));
  }
  const answer = await fetch(source);
  if (!answer.ok) throw new Error(`${source}: ${answer.status} ${answer.statusText}`);
  return answer.headers.get("content-type") === "application/wasm"
    ? WebAssembly.compileStreaming(answer) : WebAssembly.compile(await answer.arrayBuffer());
}

/** A model and one stream of sound. */
export class Recognizer {
  #c;
  #block;
  #probabilities;
  #takesLargest;
  #hearing; // who hears the stream
  #heard = 0; // samples since the stream began

  constructor(module, instance = new WebAssembly.Instance(module)) {
    const c = (this.#c = instance.exports), { buffer } = c.memory;
    const said = new Uint8Array(buffer, c.about()), length = said.indexOf(0);
    const about = JSON.parse(String.fromCharCode(...said.subarray(0, length)));
    this.module = module;
    this.labels = about.labels;
    this.sampleRate = about.sampleRate;
    this.windowSize = about.windowSize;
    this.hopSize = about.hopSize;
    this.thresholds = about.thresholds;
    this.#takesLargest = about.takesLargest;
    this.#block = new Float32Array(buffer, c.block(), c.blockSize());
    this.#probabilities = new Float32Array(buffer, c.probabilities(), this.labels.length);
  }

  /** Begin a stream anew. */
  reset() {
    this.#begin(ALL);
  }

  /** Hear more of a stream; gives an answer for each window that is whole by now. */
  feed(samples) {
    const answers = [];
    if (this.#hearing !== ALL) this.reset(); // nothing was heard yet, or a recording
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
    const isShort = this.#isUtterance(samples);
    const shares = all.map((start) => speaks(start, start + this.windowSize));
    const spoken = all.filter((_, i) => isShort || shares[i] > 0);
    const rows = this.#rows(samples, spoken.length ? spoken : all);
    const speech = speaks(0, samples.length), heard = shares.filter((share) => share > 0);
    const share = isShort || !heard.length ? speech : sum(heard) / heard.length;
    return this.#told(pool(rows, this.#takesLargest), speech, share);
  }

  /** Answer a recording hop by hop, as lightspeech does; a stream that goes on begins anew. */
  hops(samples) {
    const rate = this.sampleRate, size = this.windowSize;
    if (this.#isUtterance(samples)) {
      return [{ start: 0, end: samples.length / rate, ...this.answer(samples) }];
    }
    const speaks = this.#speaks(samples);
    const all = starts(samples.length, size, this.hopSize ?? size);
    const edges = all.slice(1).map((start, i) => (all[i] + start + size) / 2); // between centres
    return smooth(this.#rows(samples, all)).map((row, i) => {
      const begin = edges[i - 1] ?? 0, end = edges[i] ?? samples.length;
      return { start: begin / rate, end: end / rate, ...this.#told(row, speaks(begin, end)) };
    });
  }

  /** Probabilities of one window, in the order of the labels; a stream that goes on begins anew. */
  probabilities(window) {
    if (window.length !== this.windowSize) {
      throw new RangeError(`a window has ${this.windowSize} samples, found ${window.length}`);
    }
    this.#begin(NETWORK);
    this.#hear(window, () => this.#c.answer());
    return this.#probabilities.slice();
  }

  #begin(hearing) {
    this.#c.begin(hearing);
    this.#hearing = hearing;
    this.#heard = 0;
  }

  /** Hear samples, and do something with each window that is whole. */
  #hear(samples, withWindow) {
    const one = samples instanceof Int16Array ? 1 : 32768; // a step of 16 bits
    for (let at = 0; at < samples.length; at += this.#block.length) {
      const some = samples.subarray(at, at + this.#block.length);
      this.#block.set(some);
      for (let used = 0; used < some.length; ) {
        const taken = this.#c.hear(used, some.length, one);
        used += taken;
        this.#heard += taken;
        if (this.#c.due()) withWindow();
      }
    }
  }

  #isUtterance(samples) {
    return samples.length <= Math.max(UTTERANCE_S * this.sampleRate, this.windowSize);
  }

  #rows(samples, all) {
    return all.map((start) => this.probabilities(cut(samples, start, this.windowSize)));
  }

  /** The voice gate over a recording: gives the share of a stretch of samples that is speech. */
  #speaks(samples) {
    const c = this.#c;
    if (!c.cells) return () => 1; // its front end has other mel bands than the gate
    const marks = [];
    const silence = new Float32Array((DELAY + HOLD + 4) * CELL - (samples.length % CELL));
    this.#begin(GATE);
    for (const sound of [samples, silence]) {
      for (let at = 0; at < sound.length; at += this.#block.length) {
        this.#hear(sound.subarray(at, at + this.#block.length), () => c.skip());
        while (marks.length < c.cells()) marks.push(c.sounds(marks.length) === 1);
      }
    }
    const sounds = marks.slice(DELAY);
    return (begin, end) => share(sounds, begin, end, LEAST_S * this.sampleRate);
  }

  #told(row, speech, share = speech) {
    const probabilities = Object.fromEntries(this.labels.map((label, i) => [label, row[i]]));
    const best = row.indexOf(Math.max(...row));
    const speaks = speech > 0;
    const label = speaks ? this.labels[best] : NONE;
    const unsure = row[best] < this.thresholds[best] || share < LEAST_SHARE;
    return { label, uncertain: speaks && unsure, speech, probabilities };
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

/** Rows of windows that follow each other, each with its neighbours': a quarter, half, a quarter. */
function smooth(rows) {
  return rows.map((row, i) => {
    const before = rows[i - 1] ?? row, after = rows[i + 1] ?? row;
    return row.map((p, k) => (before[k] + 2 * p + after[k]) / 4);
  });
}

/** Share of samples that lie in cells which sound like speech, or have such a one near them. */
function share(sounds, begin, end, least) {
  let sounding = 0, held = 0, marked = 0, begins = 0, before = true;
  for (let k = Math.max(Math.floor(begin / CELL), 0); k * CELL < end; k++) {
    const inside = Math.min((k + 1) * CELL, end) - Math.max(k * CELL, begin);
    if (sounds[k]) {
      sounding += inside;
      marked++;
      if (!before) begins++;
    }
    before = sounds[k];
    if (sounds.slice(Math.max(k - HOLD, 0), k + HOLD + 1).includes(true)) held += inside;
  }
  if (sounding === 0 || sounding < Math.min(least, (end - begin) / 2)) return 0;
  const spoken = marked < LEAST_RUN * begins ? sounding : held; // of what flickers nothing is held
  return Math.min(spoken / (end - begin), 1);
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
