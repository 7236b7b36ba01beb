"""Sound through a lossy codec and back."""

import io
from fractions import Fraction
from typing import cast

import av
import numpy as np
import numpy.typing as npt
from scipy import signal

Waveform = npt.NDArray[np.float32]
RATE = 16_000


def through(waveform: Waveform, codec: str, container: str, rate: int, bits: int) -> Waveform:
    """Encode at a rate of samples and of bits a second, decode, and cut to the length it had."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        stream = cast(av.AudioStream, out.add_stream(codec, rate=rate, layout="mono"))
        stream.bit_rate = bits
        given = signal.resample_poly(waveform, rate // 1000, RATE // 1000).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(given[None], format="fltp", layout="mono")
        frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
        taken = stream.codec_context
        resampler = av.AudioResampler(
            taken.format.name, "mono", rate, frame_size=taken.frame_size or None
        )
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            out.mux(stream.encode(part))
        out.mux(stream.encode(None))
    file.seek(0)
    with av.open(file, "r") as back:
        plain = av.AudioResampler("flt", "mono", RATE)
        decoded = [part for each in back.decode(audio=0) for part in plain.resample(each)]
        heard = np.concatenate([part.to_ndarray()[0] for part in decoded + plain.resample(None)])
    return np.asarray(heard[: len(waveform)], np.float32)
