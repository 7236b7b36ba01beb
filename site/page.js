// The page: a microphone or a recording, and what was heard. All of it is computed here.

import { load } from "./models/index.js";
import { TEXTS } from "./texts.js";

const MODELS = ["micro", "nano", "small"];
const UNCHANGED = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
const KEPT = 500; // lines of history
const by = (id) => document.getElementById(id);

let model, microphone, language, said; // what was said last, to say it again in another language

function text(key, values = {}) {
  const known = TEXTS[language][key] ?? key;
  return known.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function translate() {
  document.documentElement.lang = language;
  for (const each of document.querySelectorAll("[data-text]")) {
    each.textContent = text(each.dataset.text);
  }
  if (model) drawBars();
  if (said) show(said);
}

function state(key, values) {
  by("state").textContent = key ? text(key, values) : "";
}

function drawBars() {
  by("bars").replaceChildren(...model.labels.map((label) => {
    const row = document.createElement("div");
    row.className = "bar";
    row.dataset.label = label;
    row.append(text(label), document.createElement("i"), document.createElement("output"));
    row.querySelector("i").append(document.createElement("b"));
    return row;
  }));
}

/** Name what an answer says, and whether it says anything. */
function named({ label, uncertain }) {
  if (label === "none") return [text("none"), false];
  return uncertain ? [`${text("uncertain")} (${text(label)}?)`, false] : [text(label), true];
}

function show(answer) {
  said = answer;
  const [name, isSure] = named(answer);
  by("label").textContent = name;
  by("label").classList.toggle("faint", !isSure);
  by("answer").classList.toggle("silent", answer.label === "none");
  for (const row of by("bars").children) {
    const percent = 100 * answer.probabilities[row.dataset.label];
    row.querySelector("b").style.width = `${percent}%`;
    row.querySelector("output").textContent = `${percent.toFixed(0)} %`;
  }
  by("speech").value = answer.speech;
  by("share").textContent = `${(100 * answer.speech).toFixed(0)} %`;
}

function remember(answer, when) {
  const line = document.createElement("li");
  const [name, isSure] = named(answer);
  line.classList.toggle("faint", !isSure);
  const time = document.createElement("time");
  time.textContent = when;
  const likeliest = Math.max(...Object.values(answer.probabilities));
  const percent = document.createElement("output");
  percent.textContent = answer.label === "none" ? "" : `${(100 * likeliest).toFixed(0)} %`;
  line.append(time, name, percent);
  by("history").prepend(line);
  while (by("history").children.length > KEPT) by("history").lastChild.remove();
}

async function hearMicrophone() {
  const sound = await navigator.mediaDevices.getUserMedia({ audio: UNCHANGED });
  const settings = sound.getAudioTracks()[0].getSettings();
  const changes = Object.keys(UNCHANGED).filter((name) => settings[name]);
  const context = new AudioContext(); // of the microphone's rate; the processor resamples
  await context.audioWorklet.addModule("./models/processor.js");
  const processorOptions = { module: model.module };
  const node = new AudioWorkletNode(context, "lightspeech", { processorOptions });
  node.port.onmessage = ({ data }) => {
    show(data);
    remember(data, `${data.at.toFixed(0)} s`);
  };
  context.createMediaStreamSource(sound).connect(node);
  microphone = { sound, context, node };
  by("listen").hidden = true;
  by("stop").hidden = false;
  state(changes.length ? "changed" : "listening", { what: changes.join(", ") });
}

async function stop() {
  microphone.sound.getTracks().forEach((track) => track.stop());
  await microphone.context.close();
  microphone = undefined;
  by("listen").hidden = false;
  by("stop").hidden = true;
  state("stopped");
}

/** Decode any format that the browser knows, at the rate of the model, channels averaged. */
async function decode(data) {
  const audio = await new OfflineAudioContext(1, 1, model.sampleRate).decodeAudioData(data);
  const waveform = new Float32Array(audio.length);
  for (let channel = 0; channel < audio.numberOfChannels; channel++) {
    const samples = audio.getChannelData(channel);
    samples.forEach((sample, i) => (waveform[i] += sample / audio.numberOfChannels));
  }
  return waveform;
}

async function hearFile(file) {
  let waveform;
  try {
    waveform = await decode(await file.arrayBuffer());
  } catch {
    return state("unreadable", { name: file.name });
  }
  by("history").replaceChildren();
  model.reset();
  for (const answer of model.feed(waveform)) remember(answer, `${answer.at.toFixed(0)} s`);
  const answer = model.answer(waveform);
  show(answer);
  remember(answer, text("whole"));
  by("state").textContent = `${file.name}, ${(waveform.length / model.sampleRate).toFixed(1)} s`;
}

async function choose(name) {
  model = await load(new URL(`./models/${name}.wasm`, import.meta.url));
  microphone?.node.port.postMessage(model.module);
  said = undefined;
  by("label").textContent = "–";
  drawBars();
}

language = navigator.language.startsWith("de") ? "de" : "en";
by("language").value = language;
by("model").append(...MODELS.map((name) => new Option(name)));
translate();
await choose(MODELS[0]);

by("language").onchange = ({ target }) => {
  language = target.value;
  translate();
};
by("model").onchange = ({ target }) => choose(target.value);
by("listen").onclick = () => by("consent").showModal();
by("stop").onclick = stop;
by("consent").onclose = async () => {
  if (by("consent").returnValue !== "yes") return;
  await hearMicrophone().catch((error) => state("refused", { why: error.message }));
};
by("file").onchange = ({ target }) => target.files[0] && hearFile(target.files[0]);
for (const kind of ["dragover", "dragleave", "drop"]) {
  by("drop").addEventListener(kind, (event) => {
    event.preventDefault();
    by("drop").classList.toggle("over", kind === "dragover");
    if (kind === "drop" && event.dataTransfer.files[0]) hearFile(event.dataTransfer.files[0]);
  });
}
document.body.dataset.ready = "yes";
