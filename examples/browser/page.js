// The page: a recording or the microphone, and what was heard. No sound leaves the browser.

import { Gate } from "./gate.js";
import { Recognizer } from "./recognizer.js";

const BUNDLE = "bundle";
const UNCHANGED = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };

const answer = document.getElementById("answer");
const opened = Promise.all([Recognizer.open(BUNDLE), Gate.open("gate.json")]);

function show(recognizer, probabilities, speech) {
  const ranked = recognizer.labels.map((label, i) => [label, probabilities[i]]);
  ranked.sort((a, b) => b[1] - a[1]);
  const lines = ranked.map(([name, p]) => `${name} ${(100 * p).toFixed(1)} %`);
  answer.textContent = [recognizer.told(probabilities, speech), "", ...lines].join("\n");
}

/** Decode any format that the browser knows, at the rate of the model, channels averaged. */
async function decode(data, sampleRate) {
  const audio = await new OfflineAudioContext(1, 1, sampleRate).decodeAudioData(data);
  const waveform = new Float32Array(audio.length);
  for (let channel = 0; channel < audio.numberOfChannels; channel++) {
    const samples = audio.getChannelData(channel);
    samples.forEach((sample, i) => (waveform[i] += sample / audio.numberOfChannels));
  }
  return waveform;
}

async function hearRecording(data) {
  const [recognizer, gate] = await opened;
  const waveform = await decode(data, recognizer.sampleRate);
  const speech = gate.speech(waveform, recognizer.sampleRate);
  show(recognizer, await recognizer.recognize(waveform), speech);
}

async function hearMicrophone() {
  const [recognizer, gate] = await opened;
  const sound = await navigator.mediaDevices.getUserMedia({ audio: UNCHANGED });
  const context = new AudioContext({ sampleRate: recognizer.sampleRate });
  await context.audioWorklet.addModule("microphone.js");
  const microphone = new AudioWorkletNode(context, "microphone");
  context.createMediaStreamSource(sound).connect(microphone);
  const window = new Float32Array(recognizer.windowSize);
  let missing = window.length; // samples until the window is answered
  let busy = false;
  microphone.port.onmessage = async ({ data }) => {
    window.copyWithin(0, data.length);
    window.set(data, window.length - data.length);
    missing -= data.length;
    if (missing > 0 || busy) return;
    missing = recognizer.hopSize ?? window.length;
    busy = true;
    const heard = window.slice();
    const speech = gate.speech(heard, recognizer.sampleRate);
    show(recognizer, await recognizer.probabilities(heard), speech);
    busy = false;
  };
}

/** Do something; what goes wrong is shown. */
async function attempt(work) {
  answer.textContent = "…";
  try {
    await work();
  } catch (error) {
    answer.textContent = error.message;
  }
}

document.getElementById("recording").onchange = ({ target }) =>
  attempt(async () => hearRecording(await target.files[0].arrayBuffer()));
document.getElementById("microphone").onclick = ({ target }) => {
  target.disabled = true;
  attempt(hearMicrophone);
};

// index.html?recording=a.wav answers a file that lies beside the page.
const recording = new URLSearchParams(location.search).get("recording");
if (recording) attempt(async () => hearRecording(await (await fetch(recording)).arrayBuffer()));
