// Waveform and mel spectrogram on a canvas: of a recording, or of the last seconds as they come.

import { BANDS, SIZE, mel } from "./mel.js";

const WAVE = 60; // pixels of the waveform; below it are two a band
const COLUMNS_A_SECOND = 60;
const AVERAGED = 4; // spectra of a column that is long
const QUIET_DB = -10; // the loudest band of what is hardly heard
const RANGE_DB = 70;
const FALL_DB = 0.02; // of the running peak, a column
const INK = [[11, 16, 32], [29, 59, 111], [31, 138, 140], [242, 193, 78], [255, 247, 224]];

export class SoundView {
  #canvas;
  #pen;
  #rate;
  #spectrum;
  #rest; // samples that are no column yet, behind those that its spectrum needs
  #peak;

  constructor(canvas) {
    this.#canvas = canvas;
    this.#pen = canvas.getContext("2d", { willReadFrequently: true });
  }

  /** Begin anew with sound of a rate. */
  clear(sampleRate) {
    this.#rate = sampleRate;
    this.#spectrum = mel(sampleRate);
    this.#rest = new Float32Array(SIZE);
    this.#peak = QUIET_DB;
    this.#pen.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
  }

  /** Show more sound at the right; what is there moves left. */
  feed(samples) {
    const all = new Float32Array(this.#rest.length + samples.length);
    all.set(this.#rest);
    all.set(samples, this.#rest.length);
    const step = Math.round(this.#rate / COLUMNS_A_SECOND);
    const n = Math.floor((all.length - SIZE) / step);
    this.#rest = all.slice(n * step);
    if (n === 0) return;
    const { width, height } = this.#canvas;
    this.#pen.globalCompositeOperation = "copy"; // it would leave traces where nothing is drawn
    this.#pen.drawImage(this.#canvas, -n, 0);
    this.#pen.globalCompositeOperation = "source-over";
    this.#pen.clearRect(width - n, 0, n, height);
    for (let k = 0; k < n; k++) {
      const begin = SIZE / 2 + k * step;
      const levels = this.#spectrum(all, begin);
      this.#peak = Math.max(this.#peak - FALL_DB, ...levels);
      this.#column(width - n + k, all.subarray(begin, begin + step), levels);
    }
  }

  /** Show a recording from edge to edge. */
  show(waveform, sampleRate) {
    this.clear(sampleRate);
    const { width } = this.#canvas, step = waveform.length / width;
    const columns = Array.from({ length: width }, (_, x) => this.#averaged(waveform, x * step, step));
    this.#peak = columns.reduce((peak, levels) => Math.max(peak, ...levels), QUIET_DB);
    columns.forEach((levels, x) =>
      this.#column(x, waveform.subarray(x * step, Math.max((x + 1) * step, x * step + 1)), levels));
  }

  #averaged(waveform, begin, step) {
    const n = Math.min(Math.max(Math.round(step / SIZE), 1), AVERAGED);
    const spectra = Array.from({ length: n }, (_, k) =>
      this.#spectrum(waveform, begin + ((k + 0.5) * step) / n));
    return spectra[0].map((_, band) => spectra.reduce((sum, one) => sum + one[band], 0) / n);
  }

  #column(x, samples, levels) {
    let low = 0, high = 0;
    for (const sample of samples) {
      low = Math.min(low, sample);
      high = Math.max(high, sample);
    }
    const middle = WAVE / 2, top = middle - middle * Math.min(high, 1);
    this.#pen.fillStyle = "#7fe0cf";
    this.#pen.fillRect(x, top, 1, Math.max(middle - middle * Math.max(low, -1) - top, 1));
    const image = this.#pen.createImageData(1, 2 * BANDS);
    for (let y = 0; y < 2 * BANDS; y++) {
      const level = levels[BANDS - 1 - (y >> 1)];
      image.data.set([...ink(1 + (level - this.#peak) / RANGE_DB), 255], 4 * y);
    }
    this.#pen.putImageData(image, x, this.#canvas.height - 2 * BANDS);
  }
}

/** The colour of a level from 0 to 1. */
function ink(level) {
  const place = Math.min(Math.max(level, 0), 1) * (INK.length - 1);
  const below = Math.min(Math.floor(place), INK.length - 2);
  return INK[below].map((c, i) => c + (place - below) * (INK[below + 1][i] - c));
}
