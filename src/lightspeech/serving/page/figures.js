// What a model is: its size, and how good it is, as its card says.

import { percent, text } from "./language.js";

/** From such a probability on an emotion is hardly ever told: rounded, it would read as 100 %. */
const HARDLY = 0.99;

/** Say of each emotion below which probability it is uncertain. */
function thresholds(model) {
  return model.labels.map((label, n) => {
    const threshold = model.thresholds[n];
    return text(threshold < HARDLY ? "below" : "hardly", { label: text(label), limit: percent(threshold) });
  }).join(", ");
}

/** Show the figures of a model of the inventory. */
export function describe(model) {
  const figures = [
    ["size", `${(model.size_bytes / 1000).toFixed(0)} kB`],
    ["parameters", model.n_params.toLocaleString()],
    ["window", `${model.window_s} s`],
    ["thresholds", thresholds(model)],
    ...model.figures.map(({ uar, protocol }) => ["uar", text("uarOf", { uar, protocol, chance: Math.round(100 / model.labels.length) })]),
  ];
  document.getElementById("figures").replaceChildren(...figures.map(([key, value]) => {
    const pair = document.createElement("div"), name = document.createElement("dt");
    const figure = document.createElement("dd");
    name.textContent = text(key);
    figure.textContent = value;
    pair.append(name, figure);
    return pair;
  }));
}
