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
# # What is in a corpus
#
# Before anything is trained: who speaks, how much, how loud, how the emotions differ in what a
# person hears, and what a careless cut would leak. Everything here is the Python API of
# `lightspeech`, without torch; `CORPUS` may be any reader of `lightspeech.corpora`.

# %% tags=["parameters"]
CORPUS, OPTIONS = "ravdess", {}  # in $LIGHTSPEECH_DATA/ravdess
SHOWN = 300  # recordings that are measured, spread over the corpus

# %%
from collections import Counter

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Audio

from lightspeech import plugins, read_audio
from lightspeech.audio import psola
from lightspeech.audio.measures import UNITS, measure
from lightspeech.config import Choice, build
from lightspeech.corpora import preparing
from lightspeech.protocols import grouped_k_fold, leaks, random_leaky
from lightspeech.reporting import corpus

config = build(plugins.load("lightspeech.corpora", CORPUS).Config, OPTIONS, source=CORPUS)
chosen = Choice("lightspeech.corpora", CORPUS, config)
prepared = preparing.prepare(chosen)
utterances = prepared.utterances
summary = corpus.summarize(prepared)
print(summary["title"], "·", summary["licence"])
print(f"{summary['files']:,} recordings, {summary['speakers']} speakers, {summary['hours']:.2f} h")

# %% [markdown]
# ## Is every class there, of everybody?
#
# UAR counts each class alike; a class that a speaker lacks cannot be measured of that speaker.

# %%
emotions = sorted(summary["emotions"])
speakers = sorted(summary["by_speaker"])
counts = [[summary["by_speaker"][s].get(e, 0) for e in emotions] for s in speakers]
figure, axes = plt.subplots(figsize=(7, 0.22 * len(speakers) + 1.2))
picture = axes.imshow(counts, aspect="auto", cmap="Blues", vmin=0)
axes.set_xticks(range(len(emotions)), emotions, rotation=30, ha="right")
axes.set_yticks(range(len(speakers)), [s.split("/")[-1] for s in speakers], fontsize=7)
figure.colorbar(picture, label="recordings")
plt.show()
print("rejected:", len(prepared.rejected), "· copies of one recording:", len(prepared.duplicates))

# %% [markdown]
# ## How long?
#
# The windows of `nano`, `micro` and `small` are three seconds; what is shorter is heard as it is.

# %%
lengths = {e: [u.duration_s for u in utterances if u.emotion == e] for e in emotions}
figure, axes = plt.subplots(figsize=(7, 2.6))
axes.boxplot(list(lengths.values()), tick_labels=emotions, showfliers=False)
axes.axhline(3, color="grey", linewidth=0.8, linestyle=":")
axes.set_ylabel("seconds")
axes.tick_params(axis="x", rotation=30)
plt.show()

# %% [markdown]
# ## What does a person hear?
#
# Twelve measures that have names: pitch and its range, loudness and its range, jitter, shimmer and
# so on. Each is held against its own speaker: a deep voice is no sad voice.

# %%
some = utterances[:: max(1, len(utterances) // SHOWN)]
heard = np.array([measure(psola.analyse(read_audio(u.path))) for u in some])
who = np.array([u.speaker for u in some])
emotion = np.array([u.emotion for u in some])
beside = heard.copy()
for speaker in set(who):
    own = who == speaker
    beside[own] -= np.nanmedian(heard[own], axis=0)
beside /= np.nanstd(beside, axis=0)
profile = np.array([np.nanmean(beside[emotion == e], axis=0) for e in emotions])

figure, axes = plt.subplots(figsize=(7.5, 0.35 * len(emotions) + 1.8))
picture = axes.imshow(profile, aspect="auto", cmap="RdBu_r", vmin=-1.5, vmax=1.5)
axes.set_xticks(range(len(UNITS)), list(UNITS), rotation=40, ha="right", fontsize=8)
axes.set_yticks(range(len(emotions)), emotions)
figure.colorbar(picture, label="deviations from the speaker")
plt.show()

# %% [markdown]
# In RAVDESS anger is loud and bright (its alpha ratio is low), calm is quiet and dark: the cues of
# acted speech are strong. Whether a model uses them is the question of the third notebook.
#
# ## What does a careless cut leak?
#
# The same recordings, cut by speaker and cut at random. Every pair below would let a network
# recognize the person instead of the emotion.

# %%
honest = grouped_k_fold.cut(utterances, grouped_k_fold.Config(folds=3))
careless = random_leaky.cut(utterances, random_leaky.Config(folds=3))
for name, protocol in (("by speaker", honest), ("at random", careless)):
    found = [leak for split in protocol.splits for leak in leaks.find(utterances, split)]
    kinds = Counter(leak.kind for leak in found)
    print(f"{name:10}", dict(kinds) or "no leak")

# %% [markdown]
# ## Listen
#
# The player is shown where you run this; recordings are not saved with the notebook.

# %%
first = some[0]
print(first.id, first.emotion)
Audio(read_audio(first.path), rate=16_000)
