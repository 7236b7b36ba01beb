// The course of what was heard: chart, stretches that can be chosen, and the list of all.

import { drawChart, ticks } from "./chart.js";
import { clock, named, onLanguage, percent, text } from "./language.js";
import { merged, record, save, table } from "./stretches.js";
import { Strip } from "./strip.js";

const SHOWN_S = 60; // of a microphone
const KEPT = 3600; // answers of a microphone: an hour
const LISTED = 500;
const PIXELS_A_SECOND = 9, MOST_PIXELS = 14_000; // of a recording; canvases have an end
const by = (id) => document.getElementById(id);

export class Course {
  #source = ""; // what the records call it
  #model = "";
  #answers = []; // in their order; of a microphone those of the last hour
  #stretches = null; // of a recording
  #whole = null; // what is said of all of it
  #duration = 0;
  #strip;

  /** `chosen` is told which stretch a person chose. */
  constructor(chosen) {
    this.#strip = new Strip(by("strip"), chosen);
    by("json").onclick = () =>
      save(`${this.#source}.json`, `${JSON.stringify(this.#records(), null, 1)}\n`, "application/json");
    by("csv").onclick = () => save(`${this.#source}.csv`, table(this.#records()), "text/csv");
    addEventListener("resize", () => this.#draw());
    onLanguage(() => this.#relist());
  }

  /** Begin with nothing: a microphone, or no source yet. */
  clear(source, model) {
    this.#source = source;
    this.#model = model;
    this.#answers = [];
    this.#stretches = this.#whole = null;
    this.#duration = 0;
    this.#relist();
  }

  /** Take what was said of the newest window of a microphone. */
  add(answer) {
    this.#answers.push(answer);
    if (this.#answers.length > KEPT) this.#answers.shift();
    this.#duration = answer.end;
    by("history").prepend(row(answer, clock(answer.end)));
    while (by("history").children.length > LISTED) by("history").lastChild.remove();
    this.#draw();
  }

  /** Show what was said of a recording, hop by hop, and of all of it. */
  show(source, model, hops, whole) {
    this.clear(source, model);
    this.#answers = hops;
    this.#whole = whole;
    this.#duration = hops.at(-1).end;
    this.#stretches = merged(hops);
    this.#relist();
  }

  /** Show where in the recording it plays; null: nowhere. */
  point(seconds) {
    by("cursor").hidden = seconds === null;
    if (seconds !== null) by("cursor").style.left = `${(100 * seconds) / this.#duration}%`;
  }

  #records() {
    const told = this.#stretches ?? this.#answers;
    return told.map((one) => record(one, this.#source, this.#model));
  }

  #relist() {
    const lines = this.#stretches
      ? this.#stretches.map((one) => row(one, `${clock(one.start, 1)} – ${clock(one.end, 1)}`))
      : this.#answers.slice(-LISTED).reverse().map((one) => row(one, clock(one.end)));
    if (this.#whole) lines.unshift(row(this.#whole, text("whole")));
    by("history").replaceChildren(...lines);
    this.#strip.show(this.#stretches ?? [], this.#duration);
    this.point(null);
    this.#draw();
  }

  #draw() {
    const isEmpty = this.#answers.length === 0;
    by("empty").hidden = !isEmpty;
    by("scroll").hidden = by("list").hidden = isEmpty;
    by("json").disabled = by("csv").disabled = isEmpty;
    if (isEmpty) return;
    const to = this.#stretches ? this.#duration : Math.max(this.#duration, SHOWN_S);
    const from = this.#stretches ? 0 : to - SHOWN_S;
    const width = Math.min(PIXELS_A_SECOND * (to - from), MOST_PIXELS);
    by("axis").style.minWidth = this.#stretches ? `${width}px` : "";
    drawChart(by("chart"), this.#answers, from, to);
    by("chart").setAttribute("aria-label", this.#summary());
    by("ticks").replaceChildren(...ticks(from, to).map((at) => {
      const mark = document.createElement("span");
      mark.textContent = clock(at);
      mark.style.left = `${(100 * (at - from)) / (to - from)}%`;
      return mark;
    }));
  }

  /** The chart in words: how long what was heard. */
  #summary() {
    const seconds = new Map();
    let end = -Infinity; // windows of a microphone overlap
    for (const one of this.#answers) {
      const [name] = named(one);
      seconds.set(name, (seconds.get(name) ?? 0) + one.end - Math.max(one.start, end));
      end = one.end;
    }
    const parts = [...seconds].map(([name, s]) => `${name} ${Math.round(s)} s`);
    return `${text("history")}: ${parts.join(", ")}`;
  }
}

function row(answer, when) {
  const line = document.createElement("li");
  const [name, isSure] = named(answer);
  line.classList.toggle("faint", !isSure);
  const time = document.createElement("time");
  time.textContent = when;
  const share = document.createElement("output");
  const likeliest = Math.max(...Object.values(answer.probabilities));
  share.textContent = answer.label === "none" ? "" : percent(likeliest);
  line.append(time, name, share);
  return line;
}
