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
# # Which model, and how sure is that?
#
# The three models that come with the package, asked about people whom none of them has heard; then
# the published figures of a whole chain of compression. Means are held against intervals and
# against the worst speaker throughout.

# %% tags=["parameters"]
CORPUS, OPTIONS = "ravdess", {}  # none of the models learnt from it
RESULTS = "../results"
EVERY = 3  # of the recordings that are asked about

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Audio

from lightspeech import bundle, plugins, read_audio
from lightspeech.config import Choice, build
from lightspeech.corpora import preparing
from lightspeech.evaluation import bundle_quality, difference, paired, results
from lightspeech.inference import dispatch

config = build(plugins.load("lightspeech.corpora", CORPUS).Config, OPTIONS, source=CORPUS)
chosen = Choice("lightspeech.corpora", CORPUS, config)
utterances = preparing.prepare(chosen).utterances[::EVERY]
models = {
    name: dispatch.open(bundle.read(bundle.find(name))) for name in ("nano", "micro", "small")
}
answers = {
    name: bundle_quality.answer_all(model, utterances, None) for name, model in models.items()
}
figures = {
    name: results.measure(bundle_quality.describe(model.bundle, utterances), [answers[name]])
    for name, model in models.items()
}
for name, measured in figures.items():
    low, high = measured.uar.ci95 or (np.nan, np.nan)
    size = models[name].bundle.size_bytes / 1000
    print(
        f"{name:6} {size:6.0f} kB  UAR {100 * measured.uar.mean:.1f} "
        f"[{100 * low:.1f}, {100 * high:.1f}] %  worst {100 * measured.uar.worst_speaker:.1f} %"
    )

# %% [markdown]
# ## The same people, heard by three models
#
# A line a speaker. Where lines cross, the better model on average is the worse one for somebody.

# %%
names = list(figures)
speakers = sorted(figures["micro"].per_speaker)
lines = np.array([[figures[name].per_speaker[s] for name in names] for s in speakers])
figure, axes = plt.subplots(figsize=(6, 3.2))
axes.plot(names, 100 * lines.T, color="steelblue", linewidth=0.8, marker="o", markersize=3)
axes.plot(names, 100 * lines.mean(0), color="black", linewidth=2)
axes.set_ylabel("UAR %")
plt.show()

# %% [markdown]
# ## Is the difference chance?
#
# Paired by speaker: an interval of the mean difference, and the p of a sign-flip test, adjusted
# after Holm for the two comparisons.

# %%
differences = {
    name: lines[:, names.index(name)] - lines[:, names.index("micro")] for name in ("nano", "small")
}
adjusted = paired.holm([paired.p_value(d) for d in differences.values()])
for (name, d), p in zip(differences.items(), adjusted, strict=True):
    low, high = paired.interval(d)
    interval = f"[{100 * low:+.1f}, {100 * high:+.1f}]"
    print(f"{name:6} beside micro {100 * d.mean():+.1f} {interval} points, p {p:.3f}")

# %% [markdown]
# ## Which emotions are taken for which?

# %%
micro = figures["micro"]
shares = np.array(micro.confusion) / np.maximum(np.array(micro.confusion).sum(1, keepdims=True), 1)
figure, axes = plt.subplots(figsize=(4, 3.4))
axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
for row, column in np.ndindex(shares.shape):
    axes.text(column, row, f"{shares[row, column]:.0%}", ha="center", va="center", fontsize=8)
axes.set_xticks(range(len(micro.labels)), micro.labels, rotation=30, ha="right")
axes.set_yticks(range(len(micro.labels)), micro.labels)
axes.set_xlabel("answered")
axes.set_ylabel("acted")
plt.show()

# %% [markdown]
# ## May it keep silent?
#
# A bundle calls an answer `uncertain` below the threshold of its emotion. What is left is answered
# more often rightly; how much is left is the price.

# %%
sure = answers["micro"].probabilities.max(1)
right = answers["micro"].probabilities.argmax(1) == answers["micro"].truth
order = np.argsort(-sure)
share = np.arange(1, len(order) + 1) / len(order)
figure, axes = plt.subplots(figsize=(5, 2.8))
axes.plot(100 * share, 100 * np.cumsum(right[order]) / np.arange(1, len(order) + 1))
given = answers["micro"].probabilities.argmax(1)
kept = sure >= np.array(models["micro"].bundle.thresholds)[given]
of_kept = right[kept].mean() if kept.any() else np.nan
axes.plot(100 * kept.mean(), 100 * of_kept, "o", label="by its thresholds")
axes.set_xlabel("answered %")
axes.set_ylabel("right of these %")
axes.legend()
plt.show()

# %% [markdown]
# ## What the chain of `micro` cost on RAVDESS
#
# Published figures, of five seeds: plain, taught, int8. `difference.diff` is what `lightspeech
# diff` prints.

# %%
published = Path(RESULTS) / "ravdess"
steps = [published / f"micro{step}.json" for step in ("", "-distilled", "-int8")]
for found in difference.diff(steps[0], steps[1:]):
    test = found.test
    print(
        f"{Path(found.first).stem} to {Path(found.second).stem}: "
        f"{100 * found.uar[0]:.1f} to {100 * found.uar[1]:.1f} %, "
        f"by speaker {100 * test.change:+.1f} "
        f"[{100 * test.ci95[0]:+.1f}, {100 * test.ci95[1]:+.1f}], p after Holm {test.p_holm:.4f}"
    )

# %% [markdown]
# ## The surest mistake
#
# Listen to it where you run this: often a person would err too.

# %%
wrong = [n for n in order if not right[n]]
by_id = {u.id: u for u in utterances}
if wrong:
    worst = answers["micro"].ids[wrong[0]]
    print(worst, "acted", micro.labels[answers["micro"].truth[wrong[0]]], "heard", end=" ")
    print(micro.labels[answers["micro"].probabilities[wrong[0]].argmax()], f"{sure[wrong[0]]:.0%}")
Audio(read_audio(by_id[worst].path) if wrong else np.zeros(16_000), rate=16_000)
