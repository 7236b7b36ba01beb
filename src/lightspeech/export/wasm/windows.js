// A recording as windows, and what is said of them as what is said of it: the rules of lightspeech.

/** Of the voice gate: samples of a cell, and cells around one that sounds like speech. */
export const CELL = 1280, HOLD = 4;

/** One row of those of windows: of each class the largest, divided by their sum, or the mean. */
export function pool(rows, takesLargest) {
  const columns = Array.from(rows[0], (_, i) => rows.map((row) => row[i]));
  if (!takesLargest) return columns.map((column) => sum(column) / rows.length);
  const largest = columns.map((column) => column.reduce((a, b) => Math.max(a, b)));
  return largest.map((p) => p / sum(largest));
}

function sum(values) {
  return values.reduce((a, b) => a + b);
}

/** Rows of windows that follow each other, each with its neighbours': a quarter, half, a quarter. */
export function smooth(rows) {
  return rows.map((row, i) => {
    const before = rows[i - 1] ?? row, after = rows[i + 1] ?? row;
    return row.map((p, k) => (before[k] + 2 * p + after[k]) / 4);
  });
}

/** Share of samples that lie in cells which sound like speech, or have such a one near them. */
export function share(sounds, begin, end, least) {
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
export function starts(length, size, hop) {
  const spare = length - size;
  if (spare <= 0 || hop === null) return [Math.floor(spare / 2)];
  const found = [];
  for (let start = 0; start < spare; start += hop) found.push(start);
  return [...found, spare];
}

/** One window of a recording, silence where it has no samples. */
export function cut(samples, start, size) {
  const window = new samples.constructor(size);
  window.set(samples.subarray(Math.max(start, 0), start + size), Math.max(-start, 0));
  return window;
}
