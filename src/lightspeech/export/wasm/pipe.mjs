// Windows of 32-bit floats from standard input to probabilities, by the model that is named.

import { readFileSync } from "node:fs";
import { load } from "./index.js";

const recognizer = await load(readFileSync(process.argv[2]));
const bytes = readFileSync(0);
const samples = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
for (let at = 0; at < samples.length; at += recognizer.windowSize) {
  const window = samples.subarray(at, at + recognizer.windowSize);
  process.stdout.write(new Uint8Array(recognizer.probabilities(window).buffer));
}
