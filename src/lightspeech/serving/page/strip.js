// Stretches of a recording in a row, each a button: with the mouse, a finger or the arrow keys.

import { clock, named, percent } from "./language.js";

const LEAST = 0.3; // percent of the row that the shortest one has

export class Strip {
  #list;
  #chosen;

  constructor(list, chosen) {
    this.#list = list;
    this.#chosen = chosen;
    list.onkeydown = (event) => this.#move(event);
  }

  /** Show stretches of a recording of so many seconds. */
  show(stretches, duration) {
    this.#list.hidden = stretches.length === 0;
    this.#list.replaceChildren(...stretches.map((stretch, n) => {
      const item = document.createElement("li");
      item.append(this.#button(stretch, n, duration));
      return item;
    }));
  }

  #button(stretch, n, duration) {
    const button = document.createElement("button");
    const [name] = named(stretch);
    const labels = Object.keys(stretch.probabilities);
    button.append(document.createElement("span"));
    button.firstChild.textContent = name;
    button.title = `${clock(stretch.start, 1)} – ${clock(stretch.end, 1)}: ${told(stretch)}`;
    button.setAttribute("aria-label", button.title);
    button.className = stretch.label === "none" ? "silent" : stretch.uncertain ? "unsure" : "";
    button.style.setProperty("--class", `var(--class-${labels.indexOf(stretch.label) % 8})`);
    button.style.left = `${(100 * stretch.start) / duration}%`;
    button.style.width = `${Math.max((100 * (stretch.end - stretch.start)) / duration, LEAST)}%`;
    button.tabIndex = n === 0 ? 0 : -1; // one stop of the tab key, arrows lead on
    button.onclick = () => {
      for (const other of this.#list.querySelectorAll("button")) {
        other.setAttribute("aria-current", other === button);
        other.tabIndex = other === button ? 0 : -1;
      }
      this.#chosen(stretch);
    };
    return button;
  }

  #move(event) {
    const buttons = [...this.#list.querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (to === undefined || !buttons[to]) return;
    event.preventDefault();
    buttons[to].focus();
  }
}

/** What a stretch says, in words. */
export function told(stretch) {
  const [name] = named(stretch);
  if (stretch.label === "none") return name;
  return `${name}, ${percent(Math.max(...Object.values(stretch.probabilities)))}`;
}
