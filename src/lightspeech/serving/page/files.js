// Recordings: any format that the browser knows, at the rate of the model, and how to hear them.

/** Decode a file; channels are averaged. */
export async function decode(data, sampleRate) {
  const audio = await new OfflineAudioContext(1, 1, sampleRate).decodeAudioData(data);
  const waveform = new Float32Array(audio.length);
  for (let channel = 0; channel < audio.numberOfChannels; channel++) {
    const samples = audio.getChannelData(channel);
    samples.forEach((sample, i) => (waveform[i] += sample / audio.numberOfChannels));
  }
  return waveform;
}

/** Plays stretches of one recording, one at a time. */
export class Player {
  #context;
  #source;

  /** Play from second to second; `moved` is told where it is, and null at the end. */
  async play(waveform, sampleRate, begin, end, moved) {
    this.stop();
    this.#context ??= new AudioContext();
    await this.#context.resume();
    const buffer = new AudioBuffer({ length: waveform.length, sampleRate });
    buffer.copyToChannel(waveform, 0);
    const source = new AudioBufferSourceNode(this.#context, { buffer });
    source.connect(this.#context.destination);
    const started = this.#context.currentTime;
    source.start(0, begin, end - begin);
    this.#source = source;
    const tick = () => {
      if (this.#source !== source) return;
      moved(Math.min(begin + this.#context.currentTime - started, end));
      requestAnimationFrame(tick);
    };
    source.onended = () => {
      if (this.#source === source) this.#source = undefined;
      moved(null);
    };
    tick();
  }

  /** Be silent. */
  stop() {
    this.#source?.stop();
    this.#source = undefined;
  }
}
