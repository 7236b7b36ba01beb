// Sound as a file: WAV of 32-bit floats, one channel.

/** Write samples as a WAV file. */
export function wav(samples, sampleRate) {
  const header = new DataView(new ArrayBuffer(44));
  const name = (at, text) => [...text].forEach((c, i) => header.setUint8(at + i, c.charCodeAt()));
  const number = (at, bytes, value) => header[`setUint${8 * bytes}`](at, value, true);
  const size = 4 * samples.length;
  name(0, "RIFF"); number(4, 4, 36 + size); name(8, "WAVEfmt "); number(16, 4, 16);
  number(20, 2, 3); number(22, 2, 1); // floats, one channel
  number(24, 4, sampleRate); number(28, 4, 4 * sampleRate); number(32, 2, 4); number(34, 2, 32);
  name(36, "data"); number(40, 4, size);
  return new Blob([header, samples]);
}
