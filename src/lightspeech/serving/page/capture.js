// On the thread of the sound: gives the page what the microphone heard, channels averaged.

const CHUNK_S = 0.1;

class Capture extends AudioWorkletProcessor {
  chunk = new Float32Array(Math.round(CHUNK_S * sampleRate));
  filled = 0;

  process([channels]) {
    for (let i = 0; i < (channels[0]?.length ?? 0); i++) {
      let sum = 0;
      for (const channel of channels) sum += channel[i];
      this.chunk[this.filled++] = sum / channels.length;
      if (this.filled === this.chunk.length) {
        this.port.postMessage(this.chunk);
        this.filled = 0;
      }
    }
    return true;
  }
}

registerProcessor("capture", Capture);
