// The page: which models and clips it has, and what a person does.

import { describe } from "./figures.js";
import { language, onLanguage, speak, text } from "./language.js";
import { inventory, open } from "./models.js";
import { attempt, hearMicrophone, hearRecording, stop, use } from "./session.js";

const by = (id) => document.getElementById(id);
let here = { models: [], clips: [] }; // the inventory

async function useModel(name) {
  const described = here.models.find((one) => one.name === name);
  describe(described);
  await use(name, await open(described));
}

async function hearClip({ name, file }) {
  await hearRecording(`${name}.flac`, await (await fetch(`./${file}`)).blob());
}

function askToken() {
  return new Promise((done) => {
    by("unlock").onclose = () => done(by("token").value);
    by("unlock").showModal();
  });
}

/** Write what is in no data-text, because it depends on the inventory. */
function translate() {
  const [described] = here.models.filter(({ name }) => name === by("model").value);
  if (!described) return;
  const place = described.module ? "Here" : "There", values = { host: location.host };
  by("where").textContent = text(`where${place}`, values);
  by("consent-text").textContent = text(`consent${place}`, values);
  describe(described);
  by("clips").replaceChildren(text("clips"), ...here.clips.map((clip) => {
    const button = document.createElement("button");
    button.textContent = text(clip.name);
    button.onclick = () => attempt(hearClip(clip));
    return button;
  }));
}

const hearFile = (file) => file && attempt(hearRecording(file.name, file));

by("language").value = language;
by("language").onchange = ({ target }) => speak(target.value);
by("model").onchange = ({ target }) => attempt(useModel(target.value));
by("listen").onclick = () => by("consent").showModal();
by("stop").onclick = () => stop();
by("consent").onclose = () => by("consent").returnValue === "yes" && attempt(hearMicrophone());
by("file").onchange = ({ target }) => hearFile(target.files[0]);
for (const kind of ["dragover", "dragleave", "drop"]) {
  by("drop").addEventListener(kind, (event) => {
    event.preventDefault();
    by("drop").classList.toggle("over", kind === "dragover");
    if (kind === "drop") hearFile(event.dataTransfer.files[0]);
  });
}
onLanguage(translate);
speak(language);
await attempt((async () => {
  here = await inventory(askToken);
  by("model").append(...here.models.map(({ name }) => new Option(name)));
  await useModel(here.models[0].name);
  translate();
  if (here.version) navigator.serviceWorker?.register(`./offline.js?${here.version}`);
  document.body.dataset.ready = "yes";
})());
