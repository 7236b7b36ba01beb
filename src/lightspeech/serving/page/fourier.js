// The discrete Fourier transform of a power of two, in place.

/** Plan transforms of a length: `transform(re, im)`, and `inverse`, which divides by the length. */
export function fourier(size) {
  const bits = Math.log2(size);
  const cosines = Float64Array.from({ length: size / 2 }, (_, k) => Math.cos((2 * Math.PI * k) / size));
  const sines = Float64Array.from({ length: size / 2 }, (_, k) => Math.sin((2 * Math.PI * k) / size));
  const swapped = Uint32Array.from({ length: size }, (_, i) => {
    let j = 0;
    for (let bit = 0; bit < bits; bit++) j |= ((i >> bit) & 1) << (bits - 1 - bit);
    return j;
  });

  function transform(re, im) {
    for (let i = 0; i < size; i++) {
      const j = swapped[i];
      if (j <= i) continue;
      [re[i], re[j]] = [re[j], re[i]];
      [im[i], im[j]] = [im[j], im[i]];
    }
    for (let half = 1; half < size; half *= 2) {
      const step = size / (2 * half);
      for (let first = 0; first < size; first += 2 * half) {
        for (let k = 0; k < half; k++) butterfly(re, im, first + k, first + k + half, k * step);
      }
    }
  }

  function butterfly(re, im, a, b, turn) {
    const c = cosines[turn], s = -sines[turn];
    const r = re[b] * c - im[b] * s, i = re[b] * s + im[b] * c;
    re[b] = re[a] - r; im[b] = im[a] - i;
    re[a] += r; im[a] += i;
  }

  function inverse(re, im) {
    transform(im, re);
    for (let i = 0; i < size; i++) {
      re[i] /= size;
      im[i] /= size;
    }
  }

  return { transform, inverse };
}
