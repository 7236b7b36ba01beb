// The "why" view: a map of a clip, and in words what it shows and how far it can be trusted.

import { clock, onLanguage, percent, text } from "./language.js";
import { EDGES_HZ, PIECE_S, occlude } from "./occlusion.js";

const LONGEST_S = 10;
const by = (id) => document.getElementById(id);
let shown = null; // map, label and first second
let running = 0;

/** Explain a stretch of a recording by the model that answered it. */
export async function explain(model, waveform, stretch) {
  const run = ++running, rate = model.sampleRate;
  const { label } = stretch;
  const [begin, end] = clip(stretch, model.windowSize / rate, waveform.length / rate);
  shown = null;
  by("why").hidden = by("why-progress").hidden = false;
  by("why-map").hidden = true;
  by("why-text").textContent = text("whyBusy");
  by("why-title").textContent = text("whyTitle", { label: text(label) });
  by("why-title").focus();
  const samples = waveform.slice(Math.round(begin * rate), Math.round(end * rate));
  const ask = async (sound) => {
    if (run !== running) throw new DOMException("another one is explained", "AbortError");
    return (await model.answer(sound)).probabilities[label];
  };
  const map = await occlude(samples, rate, ask, (share) => (by("why-progress").value = share));
  shown = { map, label, begin, end };
  draw();
}

/** Show nothing; what is being explained is left. */
export function clearWhy() {
  running++;
  shown = null;
  by("why").hidden = true;
}

/** Seconds of a stretch that are explained: a window at least, ten seconds at most. */
function clip({ start, end }, window, duration) {
  const length = Math.min(Math.max(end - start, window), Math.max(LONGEST_S, window), duration);
  const begin = Math.min(Math.max((start + end - length) / 2, 0), duration - length);
  return [begin, begin + length];
}

function draw() {
  if (!shown) return;
  const { map, label, begin, end } = shown;
  by("why-progress").hidden = true;
  by("why-map").hidden = false;
  by("why-title").textContent = text("whyTitle", { label: text(label) });
  paint(by("why-canvas"), map);
  by("why-bands").replaceChildren(...EDGES_HZ.slice(1).map((high, n) => span(`${EDGES_HZ[n]}–${high} Hz`)));
  by("why-times").replaceChildren(...[begin, (begin + end) / 2, end].map((at) => span(clock(at, 1))));
  by("why-text").textContent = `${strongest(map, label, begin)} ${verdict(map)}`;
  by("why-canvas").setAttribute("aria-label", by("why-text").textContent);
}

function paint(canvas, { pieces, bands, values }) {
  canvas.width = pieces;
  canvas.height = bands;
  const pen = canvas.getContext("2d"), style = getComputedStyle(canvas);
  const most = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
  values.forEach((value, place) => {
    pen.globalAlpha = (Math.abs(value) / most) ** 0.7; // faint ones are seen too
    pen.fillStyle = style.getPropertyValue(value > 0 ? "--for" : "--against");
    pen.fillRect(Math.floor(place / bands), bands - 1 - (place % bands), 1, 1);
  });
}

function strongest({ bands, values, whole }, label, begin) {
  const place = values.indexOf(Math.max(...values));
  if (values[place] < 0.005) return text("whyNowhere", { label: text(label) });
  const from = begin + Math.floor(place / bands) * PIECE_S, band = place % bands;
  return text("whyStrongest", {
    label: text(label), from: clock(from, 2), to: clock(from + PIECE_S, 2),
    low: EDGES_HZ[band], high: EDGES_HZ[band + 1],
    before: percent(whole), after: percent(whole - values[place]),
  });
}

function verdict({ drop, loudDrop, chanceDrop }) {
  const points = (value) => `${Math.round(100 * value)}`.replace("-", "−");
  const key = drop > Math.max(loudDrop, chanceDrop) ? "whyTrue" : "whyFalse";
  return text(key, { drop: points(drop), loud: points(loudDrop), chance: points(chanceDrop) });
}

function span(content) {
  const made = document.createElement("span");
  made.textContent = content;
  return made;
}

onLanguage(draw);
