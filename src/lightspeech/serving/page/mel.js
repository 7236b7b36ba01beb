// A mel spectrum for the eye: energies of bands that are as wide as they are to the ear, in decibels.

import { fourier } from "./fourier.js";

export const SIZE = 512, BANDS = 48;
const LOW_HZ = 60, FLOOR = 1e-10;

const toMel = (hz) => 2595 * Math.log10(1 + hz / 700);
const toHz = (mel) => 700 * (10 ** (mel / 2595) - 1);

/** Plan spectra at a sample rate: `spectrum(samples, centre)` gives BANDS decibels. */
export function mel(sampleRate) {
  const { transform } = fourier(SIZE);
  const hann = Float64Array.from({ length: SIZE }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / SIZE));
  const [low, high] = [toMel(LOW_HZ), toMel(sampleRate / 2)];
  const edges = Array.from({ length: BANDS + 2 }, (_, k) =>
    (toHz(low + ((high - low) * k) / (BANDS + 1)) * SIZE) / sampleRate);
  const weights = Array.from({ length: BANDS }, (_, k) => triangle(edges[k], edges[k + 1], edges[k + 2]));
  const re = new Float64Array(SIZE), im = new Float64Array(SIZE);

  return function spectrum(samples, centre) {
    const first = Math.round(centre) - SIZE / 2;
    for (let i = 0; i < SIZE; i++) re[i] = (samples[first + i] ?? 0) * hann[i];
    im.fill(0);
    transform(re, im);
    return Float32Array.from(weights, (band) => {
      let energy = FLOOR;
      for (const [bin, weight] of band) energy += weight * (re[bin] ** 2 + im[bin] ** 2);
      return 10 * Math.log10(energy);
    });
  };
}

/** Bins of a band and what they weigh; a band that is narrower than a bin has the nearest one. */
function triangle(left, middle, right) {
  const found = [];
  for (let bin = Math.ceil(left); bin < right; bin++) {
    const weight = Math.min((bin - left) / (middle - left), (right - bin) / (right - middle));
    if (weight > 0) found.push([bin, weight]);
  }
  return found.length ? found : [[Math.round(middle), 1]];
}
