// Emotion in speech: front end, network and voice gate in one file of WebAssembly, without a runtime.

import { CELL, HOLD, cut, pool, share, smooth, starts } from "./windows.js";

const DELAY = 8, LEAST_S = 0.3; // of the voice gate: cells, seconds
const UTTERANCE_S = 10; // longer sound is no single utterance
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
    const isShort = this.#isUtterance(samples);
    const spoken = all.filter((start) => isShort || speaks(start, start + this.windowSize) > 0);
    const rows = this.#rows(samples, spoken.length ? spoken : all);
    const pooled = pool(rows, this.#c.takesLargest() === 1);
    return this.#told(pooled, speaks(0, samples.length));
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
    this.reset();
    for (const sound of [samples, silence]) {
      for (let at = 0; at < sound.length; at += this.#block.length) {
        this.#hear(sound.subarray(at, at + this.#block.length), () => c.skip());
        while (marks.length < c.cells()) marks.push(c.sounds(marks.length) === 1);
      }
    }
    this.reset();
    const sounds = marks.slice(DELAY);
    return (begin, end) => share(sounds, begin, end, LEAST_S * this.sampleRate);
  }

  #told(row, speech) {
    const probabilities = Object.fromEntries(this.labels.map((label, i) => [label, row[i]]));
    const best = row.indexOf(Math.max(...row));
    const speaks = speech > 0;
    const label = speaks ? this.labels[best] : NONE;
    return { label, uncertain: speaks && row[best] < this.threshold, speech, probabilities };
  }
}

/** A text of C; by hand, since worklets have no TextDecoder. */
function text(buffer, place) {
  const bytes = new Uint8Array(buffer, place);
  const escaped = Array.from(
    bytes.subarray(0, bytes.indexOf(0)), (byte) => `%${byte.toString(16).padStart(2, "0")}`,
  );
  return decodeURIComponent(escaped.join(""));
}
