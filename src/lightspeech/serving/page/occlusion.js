// Where in time and in which bands an answer lies: one place after the other is made faint.

import { fourier } from "./fourier.js";

export const PIECE_S = 0.25; // about a syllable
export const EDGES_HZ = [0, 300, 600, 1000, 1600, 2500, 4000, 8000]; // about as wide to the ear
const SIZE = 512, HOP = 128;
const TAKEN = 0.99; // of a place: 40 dB less is left
const DELETED = 0.2; // share of places that go together to see whether a map is right
const DRAWS = 10; // of chance
const PAUSE_MS = 30; // of work before the page may draw

/**
 * Make a map of an answer.
 * @param {Float32Array} waveform
 * @param {number} sampleRate
 * @param {(samples: Float32Array) => Promise<number>} ask gives the probability that is explained
 * @param {(share: number) => void} progress
 * @returns {Promise<{pieces: number, bands: number, values: number[], whole: number, drop: number,
 *   loudDrop: number, chanceDrop: number}>} what of the probability goes with each place, piece by
 *   piece; and what goes with the highest places together, with the loudest, and with some by chance
 */
export async function occlude(waveform, sampleRate, ask, progress) {
  const sound = split(waveform, sampleRate);
  const { pieces, bands, energies } = sound, n = pieces * bands;
  const whole = await ask(waveform);
  let done = 0, rested = performance.now();
  async function drop(places) {
    const left = await ask(sound.without(places));
    progress(++done / (n + 2 + DRAWS));
    if (performance.now() - rested > PAUSE_MS) {
      await new Promise((go) => setTimeout(go));
      rested = performance.now();
    }
    return whole - left;
  }
  const values = [];
  for (let place = 0; place < n; place++) values.push(await drop([place]));
  const random = generator();
  let byChance = 0;
  for (let k = 0; k < DRAWS; k++) byChance += (await drop(highest(energies.map(random)))) / DRAWS;
  return {
    pieces, bands, values, whole, drop: await drop(highest(values)),
    loudDrop: await drop(highest(energies)), chanceDrop: byChance,
  };
}

/** Sound as places, pieces of time by bands: their energies, and the sound without some of them. */
export function split(waveform, sampleRate) {
  const { transform, inverse } = fourier(SIZE);
  // Roots of Hann windows, there and back: four of them that overlap sum to 2.
  const root = Float64Array.from({ length: SIZE }, (_, i) => Math.sin((Math.PI * i) / SIZE));
  const bands = EDGES_HZ.length - 1;
  const pieces = Math.max(Math.round(waveform.length / sampleRate / PIECE_S), 1);
  const bandOf = Array.from({ length: SIZE }, (_, bin) => {
    const hertz = (Math.min(bin, SIZE - bin) * sampleRate) / SIZE;
    return Math.min(EDGES_HZ.findLastIndex((edge) => edge <= hertz), bands - 1);
  });
  const frames = Array.from({ length: Math.ceil(waveform.length / HOP) + 3 }, (_, k) => {
    const first = (k - 3) * HOP;
    const centre = (first + SIZE / 2) / sampleRate / PIECE_S;
    return { first, piece: Math.min(Math.max(Math.floor(centre), 0), pieces - 1), ...spectrum(first) };
  });

  function spectrum(first) {
    const re = Float64Array.from(root, (weight, i) => weight * (waveform[first + i] ?? 0));
    const im = new Float64Array(SIZE);
    transform(re, im);
    return { re, im };
  }

  const energies = new Array(pieces * bands).fill(0);
  for (const { piece, re, im } of frames) {
    for (let bin = 0; bin <= SIZE / 2; bin++) {
      energies[piece * bands + bandOf[bin]] += re[bin] ** 2 + im[bin] ** 2;
    }
  }

  function without(places) {
    const gone = new Set(places), left = waveform.slice();
    for (const { first, piece, re, im } of frames) {
      const isGone = bandOf.map((band) => gone.has(piece * bands + band));
      if (!isGone.includes(true)) continue;
      const [x, y] = [re, im].map((part) => part.map((value, bin) => (isGone[bin] ? value : 0)));
      inverse(x, y);
      for (let i = Math.max(-first, 0); i < SIZE && first + i < left.length; i++) {
        left[first + i] -= (TAKEN * root[i] * x[i]) / 2;
      }
    }
    return left;
  }

  return { pieces, bands, energies, without };
}

/** The places with the highest values, DELETED of all. */
function highest(values) {
  const n = Math.max(Math.round(DELETED * values.length), 1);
  return values.map((_, place) => place).sort((a, b) => values[b] - values[a]).slice(0, n);
}

/** Numbers by chance that are the same every time. */
function generator() {
  let state = 1;
  return () => (state = (48271 * state) % 2147483647);
}
