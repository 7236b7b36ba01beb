# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What does a model listen to?
#
# One cue of a recording is changed, all others stay, and the model is asked again. Resynthesis
# itself may change an answer, so each effect is *edit minus copy*: the recording taken apart and
# put together unchanged. Then one recording in full: what was heard, the map of its answer, and
# whether that map is worth anything.

# %% tags=["parameters"]
CORPUS, OPTIONS = "ravdess", {}
BUNDLE = "micro"
SHOWN = 48  # recordings that are edited

# %%
from html import escape

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import SVG, Audio
from ipywidgets import HTML, Dropdown, VBox

from lightspeech import bundle, plugins, read_audio
from lightspeech.audio import psola
from lightspeech.audio.cues import catalogue
from lightspeech.config import Choice, build
from lightspeech.corpora import labels, preparing
from lightspeech.explain import recording
from lightspeech.explain.listeners import ask
from lightspeech.inference import dispatch
from lightspeech.reporting import recording as pages

predictor = dispatch.open(bundle.read(bundle.find(BUNDLE)))
classes = predictor.bundle.labels
vocabulary = labels.vocabulary_of(classes)
config = build(plugins.load("lightspeech.corpora", CORPUS).Config, OPTIONS, source=CORPUS)
chosen = Choice("lightspeech.corpora", CORPUS, config)
utterances = preparing.prepare(chosen).utterances
known = [(u, labels.class_of(u.emotion, vocabulary, classes)) for u in utterances]
known = [(u, label) for u, label in known if label]
known = known[:: max(1, len(known) // SHOWN)][:SHOWN]
print(len(known), "recordings of", len({u.speaker for u, _ in known}), "speakers")

# %% [markdown]
# ## One cue at a time
#
# How much of the probability of the right emotion each edit takes, and how many answers it
# changes. Recordings that are too short, or have no pitch to move, are not counted for that edit.

# %%
CURVES = ("pitch level", "rate", "spectral tilt", "loudness contour", "jitter")
edits = [edit for edit in catalogue.EDITS if edit.cue in CURVES]
effect = np.full((len(known), len(edits)), np.nan)
flipped = np.full((len(known), len(edits)), np.nan)
for row, (utterance, label) in enumerate(known):
    voice = psola.analyse(read_audio(utterance.path))
    copy = catalogue.COPY.apply(voice)
    made = [(n, edit.apply(voice)) for n, edit in enumerate(edits)]
    made = [(n, edited) for n, edited in made if edited is not None]
    if copy is None or not made:
        continue
    before, unchanged, *after = ask(
        predictor, [voice.waveform, copy, *(edited for _, edited in made)]
    )
    for (n, _), answer in zip(made, after, strict=True):
        base = unchanged if edits[n].resynthesized else before
        effect[row, n] = answer[classes.index(label)] - base[classes.index(label)]
        flipped[row, n] = answer.argmax() != base.argmax()

# %%
figure, panels = plt.subplots(1, len(CURVES), figsize=(11, 2.6), sharey=True)
for cue, axes in zip(CURVES, panels, strict=True):
    places = [n for n, edit in enumerate(edits) if edit.cue == cue]
    amounts = [edits[n].amount for n in places]
    mean = 100 * np.nanmean(effect[:, places], axis=0)
    spread = (
        196 * np.nanstd(effect[:, places], axis=0) / np.sqrt((~np.isnan(effect[:, places])).sum(0))
    )
    axes.errorbar(amounts, mean, spread, marker="o", capsize=2)
    axes.axhline(0, color="grey", linewidth=0.8)
    axes.set_title(cue, fontsize=9)
    axes.set_xlabel(edits[places[0]].unit or "amount")
panels[0].set_ylabel("points")
plt.show()
for cue in CURVES:
    places = [n for n, edit in enumerate(edits) if edit.cue == cue]
    most = np.nanmax(np.nanmean(flipped[:, places], axis=0))
    print(f"{cue:17} changes up to {most:.0%} of the answers")

# %% [markdown]
# These bars are over recordings of few people; `lightspeech explain` draws speakers, and holds a
# student against its teacher ([docs/explanations.md](../docs/explanations.md)).
#
# ## One recording in full

# %%
by_length = [(u, label) for u, label in known if 0.5 <= u.duration_s <= 10]
utterance, label = by_length[len(by_length) // 2]
told = recording.explain(predictor, read_audio(utterance.path))
print(utterance.id, "acted", label, "\n")
print("\n".join(pages.sentences(told, predictor.bundle.thresholds)))

# %% [markdown]
# Spectrogram, pitch, loudness, and the map: each place is made 40 dB fainter and the model asked
# again. The last sentence above says whether the map beats a map of mere energy; where it does
# not, it tells where it is loud and nothing else.

# %%
SVG(pages.picture(told).svg())

# %% [markdown]
# ## Hear the edit that takes most

# %%
strongest = told.strongest()
if strongest is not None:
    print(pages.said(strongest[0]), f"{100 * strongest[1]:+.0f} points")
    edited = strongest[0].apply(told.voice)
Audio(edited if strongest is not None else told.voice.waveform, rate=16_000)

# %% [markdown]
# ## Choose a clip, hear it, see its map
#
# The control is there where you run this; what is kept with the notebook is the recording above.

# %%
menu = Dropdown(options=[(f"{u.id}, acted {label}", u) for u, label in by_length])
page = HTML()


def show(_):
    told = recording.explain(predictor, read_audio(menu.value.path))
    sound = Audio(told.voice.waveform, rate=16_000)._repr_html_()
    said = escape("\n".join(pages.sentences(told, predictor.bundle.thresholds)))
    page.value = f"{sound}<p>{said}</p>{pages.picture(told).svg()}"


menu.observe(show, "value")
show(menu)
VBox([menu, page])
