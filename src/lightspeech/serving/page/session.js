// One source at a time, a microphone or a recording: heard, answered, shown.

import { clearAnswer, showAnswer } from "./answer.js";
import { Course } from "./course.js";
import { Player, decode } from "./files.js";
import { clock, onLanguage, text } from "./language.js";
import { openMicrophone } from "./microphone.js";
import { SoundView } from "./sound.js";
import { told } from "./strip.js";
import { clearWhy, explain } from "./why.js";

const REFUSALS = { NotAllowedError: "refused", NotFoundError: "nothing", SecurityError: "https" };
const by = (id) => document.getElementById(id);
const player = new Player(), sound = new SoundView(by("spectrogram")), course = new Course(choose);
let name, model; // that answers
let live = null; // a microphone that is open
let recording = null; // name, blob and waveform
let chosen = null; // a stretch of it
let say = () => ""; // what is said of the session, in any language

function state(key, values) {
  say = () => (key ? text(key, values) : "");
  by("state").textContent = say();
}

/** Do something; what goes wrong is said. */
export const attempt = (work) => work.catch((error) => state("failed", { why: error.message }));

/** Let a model answer from now on; the source that there is begins anew. */
export async function use(modelName, opened) {
  const again = live ? hearMicrophone : recording && (() => hearRecording(recording.name, recording.blob));
  await stop();
  [name, model] = [modelName, opened];
  begin("");
  if (again) await again();
}

/** Begin with no sound yet, of a source of that name. */
function begin(source) {
  player.stop();
  clearAnswer(model.labels);
  clearWhy();
  sound.clear(model.sampleRate);
  course.clear(source, name);
  choose(null);
}

/** Listen to the microphone until it is stopped. */
export async function hearMicrophone() {
  recording = null;
  begin("microphone");
  const { windowSize, sampleRate } = model;
  const tell = ({ at, ...answer }) => {
    showAnswer(answer, "now");
    course.add({ start: Math.max(at - windowSize / sampleRate, 0), end: at, ...answer });
  };
  const failed = (error) => stop().then(() => state("failed", { why: error.message }));
  const stream = await model.listen(tell, failed);
  const hear = (samples) => {
    sound.feed(samples);
    stream.feed(samples);
  };
  try {
    live = { stream, ...(await openMicrophone(sampleRate, hear, () => stop("gone"))) };
  } catch (error) {
    stream.end();
    return state(REFUSALS[error.name] ?? "failed", { why: error.message });
  }
  swap("listen", "stop");
  state(live.changes.length ? "changed" : "listening", { what: live.changes.join(", ") });
}

/** Close the microphone, if it is open. */
export async function stop(why = "stopped") {
  if (!live) return;
  const { stop: close, stream } = live;
  live = null;
  swap("stop", "listen");
  state(why);
  await close();
  stream.end();
}

function swap(hidden, shown) {
  const hadFocus = document.activeElement === by(hidden) || document.activeElement === document.body;
  by(hidden).hidden = true;
  by(shown).hidden = false;
  if (hadFocus) by(shown).focus();
}

/** Answer a recording: a blob in any format that the browser knows. */
export async function hearRecording(called, blob) {
  await stop();
  const asked = (recording = { name: called, blob });
  begin("");
  state("busy", { name: called });
  try {
    asked.waveform = await decode(await blob.arrayBuffer(), model.sampleRate);
  } catch {
    return state("unreadable", { name: called });
  }
  const { waveform } = asked;
  sound.show(waveform, model.sampleRate);
  const [whole, hops] = [await model.answer(waveform), await model.hops(waveform)];
  if (recording !== asked) return; // another one was chosen meanwhile
  showAnswer(whole, "whole");
  course.show(called, name, hops, whole);
  state("heard", { name: called, duration: clock(waveform.length / model.sampleRate, 1) });
}

function choose(stretch) {
  chosen = stretch;
  by("chosen").hidden = !stretch;
  if (!stretch) return;
  by("chosen-text").textContent = `${clock(stretch.start, 1)} – ${clock(stretch.end, 1)}: ${told(stretch)}`;
  by("ask-why").disabled = stretch.label === "none";
  play();
}

function play() {
  const { start, end } = chosen;
  return player.play(recording.waveform, model.sampleRate, start, end, (at) => course.point(at));
}

async function askWhy() {
  player.stop();
  try {
    await explain(model, recording.waveform, chosen);
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
}

by("hear").onclick = () => attempt(play());
by("ask-why").onclick = () => attempt(askWhy());
onLanguage(() => {
  by("state").textContent = say();
  choose(null);
});
