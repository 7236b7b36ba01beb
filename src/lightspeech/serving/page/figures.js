// What a model is: its size, and how good it is, as its card says.

import { percent, text } from "./language.js";

/** Show the figures of a model of the inventory. */
export function describe(model) {
  const figures = [
    ["size", `${(model.size_bytes / 1000).toFixed(0)} kB`],
    ["parameters", model.n_params.toLocaleString()],
    ["window", `${model.window_s} s`],
    ["thresholds", model.labels.map((label, n) => `${text(label)} ${percent(model.thresholds[n])}`).join(", ")],
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
