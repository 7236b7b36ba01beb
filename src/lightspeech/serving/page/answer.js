// What was heard last: label, bars, voice gate.

import { named, onLanguage, percent, text } from "./language.js";

const by = (id) => document.getElementById(id);
let labels = [], shown = null, about = "now"; // the answer that is shown, and what it is of

/** Show nothing yet, for a model of these labels. */
export function clearAnswer(ofModel) {
  labels = ofModel;
  shown = null;
  about = "now";
  draw();
}

/** Show an answer; `key` of a text says what it is of. */
export function showAnswer(answer, key) {
  [shown, about] = [answer, key];
  by("about-what").textContent = text(about);
  const [name, isSure] = named(answer);
  by("label").textContent = name;
  by("label").classList.toggle("faint", !isSure);
  by("answer").classList.toggle("silent", answer.label === "none");
  for (const row of by("bars").children) {
    const share = answer.probabilities[row.dataset.label];
    row.querySelector("b").style.width = `${100 * share}%`;
    row.querySelector("output").textContent = percent(share);
  }
  by("speech").value = answer.speech;
  by("share").textContent = percent(answer.speech);
}

function draw() {
  by("bars").replaceChildren(...labels.map((label, n) => {
    const row = document.createElement("div");
    row.className = "bar";
    row.dataset.label = label;
    row.style.setProperty("--class", `var(--class-${n % 8})`);
    row.append(text(label), document.createElement("i"), document.createElement("output"));
    row.querySelector("i").append(document.createElement("b"));
    return row;
  }));
  if (shown) return showAnswer(shown, about);
  by("about-what").textContent = text(about);
  by("label").textContent = "–";
  by("answer").classList.remove("silent");
  by("speech").value = 0;
  by("share").textContent = "";
}

onLanguage(draw);
