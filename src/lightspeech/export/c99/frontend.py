"""The front end in C: `c99/ls_frontend.c` is fixed; here its sizes and tables are written."""

import math
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from lightspeech.audio import frontend
from lightspeech.audio.frontend import Array, MelConfig
from lightspeech.audio.voice import SMALLEST
from lightspeech.audio.windows import Windows
from lightspeech.errors import ConfigError
from lightspeech.export.c99 import arrays, fixed, gate

FIXED = ("ls_frontend.h", "ls_frontend.c", "ls_frontend_fixed.h", "ls_frontend_points.h")
CONFIG = "ls_frontend_config.h"
TABLES = "ls_frontend_tables.h"
KINDS = ("log_mel", "mfcc", "spectrogram")
"""In the order of the numbers that the C code knows them by."""
LARGEST_LEVEL = 16.0
"""Above every log band of full scale."""
FULL_SCALE = 32_768
"""Of a sample, which is 1 to the front end."""
FLT_MAX = float(np.finfo(np.float32).max)
"""Where nothing is clipped."""


@dataclass(frozen=True, eq=False)
class Input:
    """What stands between a feature and the int8 number the network takes.

    Attributes:
        mean: of each feature, shape ``(n_features,)``; the standardization subtracts it.
        deviation: it divides by this, > 0, same shape.
        scale: of the network's input, > 0.
        zero_point: of the network's input, −128 to 127.
    """

    mean: Array
    deviation: Array
    scale: float
    zero_point: int

    @property
    def gain(self) -> Array:
        """Steps of the int8 number a unit of the feature, float32, shape ``(n_features,)``."""
        return np.asarray(1 / (self.deviation.astype(np.float64) * self.scale), np.float32)

    @property
    def offset(self) -> Array:
        """The int8 number, unrounded, of a feature that is 0, float32, shape ``(n_features,)``."""
        return np.asarray(self.zero_point - self.mean * self.gain.astype(np.float64), np.float32)

    def quantize(self, features: Array) -> Array:
        """Turn features into int8 steps: the reference of the C code.

        Args:
            features: of one window, shape ``(frames, n_features)``.

        Returns:
            Whole numbers from −128 to 127 as floats, same shape.
        """
        steps: Array = np.floor(features * self.gain + self.offset + np.float32(0.5))
        return steps.clip(-128, 127)


def sources(
    cfg: MelConfig, windows: Windows, to: Input, *, learns: bool = False, by_frame: bool = False
) -> dict[str, str]:
    """Write the front end as C99: file name to text.

    Args:
        cfg: the front end.
        windows: how long a window is, and when the next one is due.
        to: standardization and input scale of the network.
        learns: the device measures the voice of its user, see `lightspeech.audio.voice`.
        by_frame: the network hears a stream: it is given each frame once, and no window.

    Raises:
        ConfigError: if a device cannot hear so: n_fft is no power of two, or windows begin
            between two frames.
    """
    _check(cfg)
    texts = {name: files(__package__).joinpath(name).read_text("utf-8") for name in FIXED}
    voice = gate.sources() if gate.hears(cfg) else {}
    ours = {CONFIG: _config(cfg, windows, learns, by_frame), TABLES: _tables(cfg, to)}
    return {**texts, **voice, **ours}


def _config(cfg: MelConfig, windows: Windows, learns: bool, by_frame: bool) -> str:
    values = {
        "LS_SAMPLE_RATE": cfg.sample_rate,
        "LS_N_FFT": cfg.n_fft,
        "LS_HOP_LENGTH": cfg.hop_length,
        "LS_WINDOW_FRAMES": cfg.n_frames(windows.samples(cfg.sample_rate)[0]),
        "LS_HOP_FRAMES": hop_frames(cfg, windows),
        "LS_N_MELS": cfg.n_mels,
        "LS_N_FEATURES": cfg.n_features,
        "LS_RELATIVE": int(cfg.level in frontend.RELATIVE),
        "LS_RECENT_FRAMES": cfg.recent_frames if cfg.level == "recent" else 0,
        "LS_LEARNS": int(learns),
        "LS_STREAMS": int(by_frame),
        "LS_GATE": int(gate.hears(cfg)),
        **(gate.sizes(windows) if gate.hears(cfg) else {}),
    }
    lines = [f"#define {name} {value}u" for name, value in values.items()]
    gate_line = f"#define LS_GATE {int(gate.hears(cfg))}u"
    at = lines.index(gate_line)
    lines[at] = f"#ifndef LS_GATE /* -DLS_GATE=0 leaves it out */\n{gate_line}\n#endif"
    return arrays.header(CONFIG, lines)


def hop_frames(cfg: MelConfig, windows: Windows) -> int:
    """Count the frames from one window to the next.

    Args:
        cfg: the front end.
        windows: when the next one is due.

    Raises:
        ConfigError: if that is no whole number.
    """
    _, hop = windows.samples(cfg.sample_rate)
    if hop % cfg.hop_length:
        raise ConfigError(
            f"a window every {hop} samples is no whole number of frames of "
            f"frontend.hop_length={cfg.hop_length}, which a device needs; take windows.hop_s="
            f"{max(hop // cfg.hop_length, 1) * cfg.hop_length / cfg.sample_rate:g}"
        )
    return hop // cfg.hop_length


def _check(cfg: MelConfig) -> None:
    """Refuse what the Fourier transform in C cannot do."""
    if cfg.n_fft & (cfg.n_fft - 1) or cfg.n_fft < 16 or cfg.n_mels > cfg.n_fft // 2:
        raise ConfigError(
            f"frontend.n_fft={cfg.n_fft} with n_mels={cfg.n_mels}: on a device n_fft must be a "
            "power of two, 16 or more, and n_mels at most half of it; train with such a front end"
        )
    if cfg.level in frontend.RELATIVE and cfg.kind != "log_mel":
        raise ConfigError(
            f"frontend.kind={cfg.kind} with level={cfg.level}: a device keeps log bands until a "
            "window is whole; train with kind=log_mel or level=kept"
        )


def _steps(cfg: MelConfig) -> int:
    """Steps of a unit: a power of two with which every level fits an int16, 1024 at most."""
    largest = max(-math.log(cfg.floor), LARGEST_LEVEL)
    return min(1 << int(math.log2(32_767 / largest)), 1024)


def _transform(n_fft: int) -> list[str]:
    """Tables of the Fourier transform, see ``ls_frontend.c``: lines of C."""
    half = n_fft // 2
    hann = (1 - np.cos(2 * np.pi * np.arange(half + 1) / n_fft)) / 2
    angles = 2 * np.pi / half * np.outer(np.arange(half // 8), np.arange(1, 8))
    turns = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    cosines = np.cos(2 * np.pi * np.arange(half // 2 + 1) / n_fft)
    places = [_place(k % half, half) for k in range(half + 1)]
    return [
        "#ifdef LS_MAKES_TABLES /* when it begins: bytes count more than its first moment */",
        f"static float ls_hann[{hann.size}], ls_turns[{turns.size}], ls_cosine[{cosines.size}];",
        f"static uint16_t ls_place[{len(places)}];",
        "#else",
        arrays.array("float", "ls_hann", hann / 2 / FULL_SCALE),
        arrays.array("float", "ls_turns", _exact(turns).ravel()),
        arrays.array("float", "ls_cosine", _exact(cosines)),
        arrays.array("uint16_t", "ls_place", places),
        "#endif",
    ]


def _exact(cosines: np.ndarray) -> np.ndarray:
    """Put zeros where a quarter of a turn, which no double is, leaves next to nothing."""
    return np.where(np.abs(cosines) < 1e-12, 0, cosines)


def _place(k: int, length: int) -> int:
    """Where the point k of a transform by eights ends: its octal digits, the last one first."""
    radix = min(length, 8)
    return 0 if length == 1 else k % radix * (length // radix) + _place(k // radix, length // radix)


def _tables(cfg: MelConfig, to: Input) -> str:
    lines = [f"#define LS_{kind.upper()} {number}" for number, kind in enumerate(KINDS)]
    lines += [
        f"#define LS_KIND LS_{cfg.kind.upper()}",
        f"#define LS_POWER {cfg.power}",
        f"#define LS_QUIETEST {arrays.number(cfg.quietest)}",
        f"#define LS_STEPS {_steps(cfg)} /* of a kept log band: a unit of the natural logarithm */",
    ]
    if cfg.kind == "log_mel" and cfg.power == 2:
        whole = fixed.tables(cfg, to.gain, to.offset, _steps(cfg))
        lines += ["#ifdef LS_FIXED", *whole, "#else", *_floats(cfg, to), "#endif"]
    else:
        lines += _floats(cfg, to)
    return arrays.header(TABLES, lines)


def _floats(cfg: MelConfig, to: Input) -> list[str]:
    """What is read where there are floats."""
    lines = [
        f"#define LS_FLOOR {arrays.number(cfg.floor)}",
        f"#define LS_CLIP {arrays.number(cfg.clip or FLT_MAX)}",
        f"#define LS_RANGE {arrays.number(frontend.log_range(cfg))}",
        f"#define LS_LEAST_DEVIATION {arrays.number(SMALLEST)}",
        *_transform(cfg.n_fft),
        arrays.array("float", "ls_gain", to.gain),
        arrays.array("float", "ls_offset", to.offset),
    ]
    if cfg.kind != "spectrogram":
        first, slopes, heights = frontend.slopes(cfg)
        lines += [
            f"#define LS_FIRST_BIN {first}",
            arrays.array("uint16_t", "ls_slope_size", map(len, slopes)),
            arrays.array("float", "ls_slopes", np.concatenate(slopes)),
            arrays.array("float", "ls_height", heights),
        ]
    if gate.hears(cfg):
        lines += gate.levels()
    if cfg.kind == "mfcc":
        lines.append(arrays.array("float", "ls_dct", frontend.tables(cfg).dct.T.ravel()))
    return lines
