// Behind a microphone, on the thread of the sound: each answer is a message. See README.md.

import { Recognizer } from "./index.js";
import { Resampler } from "./resampler.js";

class Lightspeech extends AudioWorkletProcessor {
  constructor({ processorOptions }) {
    super();
    this.begin(processorOptions.module);
    // Another module takes the place of the first, at once; null begins the stream anew.
    this.port.onmessage = ({ data }) => this.begin(data ?? this.recognizer.module);
  }

  begin(module) {
    this.recognizer = new Recognizer(module);
    this.resampler = new Resampler(sampleRate, this.recognizer.sampleRate);
  }

  process([channels]) {
    if (channels.length === 0) return true; // nothing is connected
    const mono = Float32Array.from(
      channels[0], (_, i) => channels.reduce((sum, one) => sum + one[i], 0) / channels.length,
    );
    for (const answer of this.recognizer.feed(this.resampler.feed(mono))) {
      this.port.postMessage(answer);
    }
    return true;
  }
}

registerProcessor("lightspeech", Lightspeech);
