// What the page says, in the language that was chosen.

import { TEXTS } from "./texts.js";

const drawn = new Set(); // what draws texts of its own anew in another language
export let language = navigator.language.startsWith("de") ? "de" : "en";

/** A text by its key, or the key itself: labels of a model that are not known stay as they are. */
export function text(key, values = {}) {
  const known = TEXTS[language][key] ?? key;
  return known.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** Say all that has a key in this language from now on, then what draws itself. */
export function speak(name) {
  language = name;
  document.documentElement.lang = name;
  for (const each of document.querySelectorAll("[data-text]")) {
    each.textContent = text(each.dataset.text);
  }
  for (const each of document.querySelectorAll("[data-name]")) {
    each.setAttribute("aria-label", text(each.dataset.name));
  }
  for (const draw of drawn) draw();
}

/** Draw anew whenever the language changes. */
export function onLanguage(draw) {
  drawn.add(draw);
}

/** A share as a percentage. */
export function percent(share) {
  return `${Math.round(100 * share)} %`;
}

/** Seconds as a clock shows them. */
export function clock(seconds, digits = 0) {
  const whole = seconds.toFixed(digits);
  const minutes = Math.floor(whole / 60);
  return `${minutes}:${(whole - 60 * minutes).toFixed(digits).padStart(digits ? 3 + digits : 2, "0")}`;
}

/** Name what an answer says, and whether it says anything. */
export function named({ label, uncertain }) {
  if (label === "none") return [text("none"), false];
  return uncertain ? [text("maybe", { label: text(label) }), false] : [text(label), true];
}
