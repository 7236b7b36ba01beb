"""Make ``frontend.json``, by formula in double precision: ``python tests/golden/make_frontend.py``.

Nothing here is imported from lightspeech: no FFT, no shared table. Every implementation of the
front end (NumPy, torch, ONNX, later LiteRT and C) is held against this one file.
"""

import json
from pathlib import Path

import numpy as np

RATE, N_SAMPLES = 16_000, 2_000
HTK = {
    "n_fft": 1024, "hop_length": 256, "n_mels": 128, "f_min": 80.0, "f_max": 7600.0,
    "mel_scale": "htk", "power": 1, "kind": "mfcc", "n_mfcc": 40, "clip": 10.0,
}  # fmt: skip
CASES = {
    "log_mel": {
        "n_fft": 1024, "hop_length": 640, "n_mels": 64, "f_min": 60.0, "f_max": 7600.0,
        "mel_scale": "slaney", "power": 2, "kind": "log_mel",
    },
    "loudest": {
        "n_fft": 256, "hop_length": 160, "n_mels": 24, "f_min": 60.0, "f_max": 7600.0,
        "mel_scale": "slaney", "power": 2, "kind": "log_mel", "level": "loudest",
    },
    "recent": {
        "n_fft": 256, "hop_length": 160, "n_mels": 24, "f_min": 60.0, "f_max": 7600.0,
        "mel_scale": "slaney", "power": 2, "kind": "log_mel", "level": "recent", "floor": 1e-18,
    },
    "mfcc": {
        "n_fft": 512, "hop_length": 320, "n_mels": 40, "f_min": 0.0, "f_max": 8000.0,
        "mel_scale": "slaney", "power": 2, "kind": "mfcc", "n_mfcc": 13,
    },
    "htk": HTK,
    "light_sernet": {**HTK, "level": "percentile"},
    "spectrogram": {
        "n_fft": 128, "hop_length": 700, "n_mels": 10, "f_min": 60.0, "f_max": 7600.0,
        "mel_scale": "slaney", "power": 1, "kind": "spectrogram",
    },
}  # fmt: skip
FLOOR = 1e-6


def samples():
    """A chirp from 100 Hz to 6 kHz over noise of a linear congruential generator, in int16."""
    time = np.arange(N_SAMPLES) / RATE
    chirp = np.sin(2 * np.pi * (100 + 5_900 * time / (2 * time[-1])) * time)
    noise, state = [], 1
    for _ in range(N_SAMPLES):
        state = (1_103_515_245 * state + 12_345) % 2**31
        noise.append(state / 2**30 - 1)
    return np.round(9_000 * chirp + 2_000 * np.array(noise)).astype(int).tolist()


def spectrum(waveform, n_fft, hop_length, power):
    n = np.arange(n_fft)
    window = np.sin(np.pi * n / n_fft) ** 2
    fourier = np.exp(-2j * np.pi * np.outer(n, np.arange(n_fft // 2 + 1)) / n_fft)
    starts = range(0, len(waveform) - n_fft + 1, hop_length)
    return np.abs([(waveform[s : s + n_fft] * window) @ fourier for s in starts]) ** power


def slaney(mel):
    return mel * 200 / 3 if mel < 15 else 1_000 * 6.4 ** ((mel - 15) / 27)


def slaney_mel(hertz):
    return hertz * 3 / 200 if hertz < 1_000 else 15 + 27 * np.log(hertz / 1_000) / np.log(6.4)


def htk_mel(hertz):
    return 2_595 * np.log10(1 + hertz / 700)


def weight(x, low, centre, high):
    """A triangle of height 1."""
    return max(0.0, min((x - low) / (centre - low), (high - x) / (high - centre)))


def mel_matrix(n_fft, n_mels, f_min, f_max, mel_scale):
    to_mel = slaney_mel if mel_scale == "slaney" else htk_mel
    edges = np.linspace(to_mel(f_min), to_mel(f_max), n_mels + 2)
    hertz = np.arange(n_fft // 2 + 1) * RATE / n_fft
    if mel_scale == "htk":  # triangles over mel, height 1
        places, scale = [htk_mel(f) for f in hertz], np.ones(n_mels)
    else:  # triangles over Hz, area 1
        edges, places = np.array([slaney(m) for m in edges]), hertz
        scale = 2 / (edges[2:] - edges[:-2])
    rows = [[weight(p, *edges[b : b + 3]) for b in range(n_mels)] for p in places]
    return np.array(rows) * scale


def cosines(n_mels, n_mfcc):
    band, order = np.arange(n_mels)[:, None], np.arange(n_mfcc)
    scale = np.where(order == 0, 1, np.sqrt(2)) / np.sqrt(n_mels)
    return scale * np.cos(np.pi * order * (2 * band + 1) / (2 * n_mels))


def leveled(waveform):
    """Divided by the 99.9th percentile of |x|, between two samples by a straight line."""
    sizes, place = sorted(abs(waveform)), 0.999 * (len(waveform) - 1)
    below = int(place)
    loudest = sizes[below] + (place - below) * (sizes[below + 1] - sizes[below])
    return (waveform / loudest).clip(-1, 1)


def features(waveform, case):
    if case.get("level") == "percentile":
        waveform = leveled(waveform)
    energy = spectrum(waveform, case["n_fft"], case["hop_length"], case["power"])
    if case["kind"] == "spectrogram":
        return energy
    shape = {k: case[k] for k in ("n_fft", "n_mels", "f_min", "f_max", "mel_scale")}
    log_mel = np.log(energy @ mel_matrix(**shape) + case.get("floor", FLOOR))
    if case.get("level") == "loudest":  # nothing is heard 52 dB below the loudest
        log_mel = (log_mel - log_mel.max()).clip(np.log(10**-5.2))
    if case.get("level") == "recent":  # of all frames so far: they are less than two seconds
        so_far = [log_mel[: frame + 1].max() for frame in range(len(log_mel))]
        log_mel = (log_mel - np.array(so_far)[:, None]).clip(np.log(10**-5.2))
    if case["kind"] == "log_mel":
        return log_mel
    return (log_mel @ cosines(case["n_mels"], case["n_mfcc"])).clip(
        -case.get("clip", np.inf), case.get("clip", np.inf)
    )


def main():
    whole = samples()
    waveform = np.array(whole) / 32_768
    cases = {
        name: {"frontend": case, "features": features(waveform, case).round(6).tolist()}
        for name, case in CASES.items()
    }
    path = Path(__file__).with_name("frontend.json")
    path.write_text(json.dumps({"sample_rate": RATE, "samples": whole, "cases": cases}) + "\n")


if __name__ == "__main__":
    main()
