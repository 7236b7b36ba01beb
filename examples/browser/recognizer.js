// A bundle of ONNX in the browser: samples in, probabilities out; the front end is in the model.

import * as ort from "./ort/ort.wasm.min.mjs";
import { cut, starts } from "./windows.js";

ort.env.wasm.wasmPaths = new URL("./ort/", import.meta.url).href;
ort.env.wasm.numThreads = 1; // so small a network gains nothing from more

const FORMAT = 3; // version of the bundle's folder that this reads
const INPUT = "waveform", OUTPUT = "probabilities";
const NONE = "none", LEAST_SHARE = 0.4; // of speech, below which an answer is uncertain

export class Recognizer {
  /** Open a bundle's folder, an address; what is no bundle of ONNX is an error that says so. */
  static async open(folder) {
    const about = await (await get(`${folder}/bundle.json`)).json();
    if (about.format !== FORMAT) {
      throw new Error(`${folder}: bundle format ${about.format}, this reads ${FORMAT}; export it again`);
    }
    if (!about.model_file.endsWith(".onnx")) {
      throw new Error(`${folder}: holds ${about.model_file}; export the run with --format onnx`);
    }
    const model = await (await get(`${folder}/${about.model_file}`)).arrayBuffer();
    if ((await sha256(model)) !== about.sha256) {
      throw new Error(`${folder}: the model is not what was exported; copy the bundle again`);
    }
    const options = { executionProviders: ["wasm"] };
    return new Recognizer(about, await ort.InferenceSession.create(model, options));
  }

  constructor(about, session) {
    this.session = session;
    this.labels = about.labels;
    this.thresholds = about.thresholds;
    this.sampleRate = about.sample_rate;
    const { window_s, hop_s, over } = about.windows;
    this.over = over ?? "mean";
    this.windowSize = Math.round(window_s * this.sampleRate);
    this.hopSize = hop_s === null ? null : Math.round(hop_s * this.sampleRate);
  }

  /** Probabilities, in the order of the labels, of one window of samples from -1 to 1. */
  async probabilities(window) {
    const heard = new ort.Tensor("float32", window, [1, window.length]);
    return (await this.session.run({ [INPUT]: heard }))[OUTPUT].data;
  }

  /** What probabilities mean where so large a share is speech: a label, `uncertain` or `none`. */
  told(probabilities, speech) {
    if (speech === 0) return NONE;
    const best = probabilities.indexOf(Math.max(...probabilities));
    if (probabilities[best] < this.thresholds[best] || speech < LEAST_SHARE) return "uncertain";
    return this.labels[best];
  }

  /** Probabilities of a recording of any length, by all of its windows, as the bundle says. */
  async recognize(waveform) {
    const places = starts(waveform.length, this.windowSize, this.hopSize);
    const pooled = this.labels.map(() => 0);
    for (const start of places) {
      const row = await this.probabilities(cut(waveform, start, this.windowSize));
      row.forEach((p, i) => {
        pooled[i] = this.over === "max" ? Math.max(pooled[i], p) : pooled[i] + p / places.length;
      });
    }
    const sum = this.over === "max" ? pooled.reduce((a, b) => a + b) : 1;
    return pooled.map((p) => p / sum);
  }
}

async function get(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status} ${answer.statusText}`);
  return answer;
}

async function sha256(data) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
