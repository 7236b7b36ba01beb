// Windows over a waveform, as lightspeech cuts them: a hop apart, and a last one that ends with the
// audio; shorter audio is centred in silence, and without a hop the central window stands for all.

/** First sample of each window; negative where the audio is shorter than the window. */
export function starts(length, size, hop) {
  const spare = length - size;
  if (spare <= 0 || hop === null) return [Math.floor(spare / 2)];
  const found = [];
  for (let start = 0; start < spare; start += hop) found.push(start);
  return [...found, spare];
}

/** One window of a waveform, silence where it has no samples. */
export function cut(waveform, start, size) {
  const window = new Float32Array(size);
  window.set(waveform.subarray(Math.max(start, 0), start + size), Math.max(-start, 0));
  return window;
}
