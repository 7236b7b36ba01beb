// The microphone: its sound as it is, at the rate of the model, in chunks of a tenth of a second.

import { Resampler } from "./models/resampler.js";

const UNCHANGED = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };

/**
 * Listen until it is stopped.
 * @param {number} sampleRate of the chunks
 * @param {(samples: Float32Array) => void} hear takes each chunk
 * @param {() => void} ended is called where the microphone went away
 * @returns {Promise<{changes: string[], stop: () => Promise<void>}>} what the browser changes all the
 *   same, and how to stop
 */
export async function openMicrophone(sampleRate, hear, ended) {
  if (!navigator.mediaDevices) throw new DOMException("needs https", "SecurityError");
  const sound = await navigator.mediaDevices.getUserMedia({ audio: UNCHANGED });
  const [track] = sound.getAudioTracks();
  const settings = track.getSettings();
  track.onended = ended;
  const context = new AudioContext(); // of the microphone's own rate: Firefox takes no other
  await context.audioWorklet.addModule(new URL("./capture.js", import.meta.url));
  const node = new AudioWorkletNode(context, "capture");
  const resampler = new Resampler(context.sampleRate, sampleRate);
  node.port.onmessage = ({ data }) => hear(resampler.feed(data));
  context.createMediaStreamSource(sound).connect(node);
  return {
    changes: Object.keys(UNCHANGED).filter((name) => settings[name]),
    async stop() {
      track.onended = null;
      node.port.onmessage = null;
      track.stop();
      await context.close();
    },
  };
}
