"""Numbers that a recipe may ask for: far beyond what helps, far below what a machine cannot give.

A recipe may come from somebody else, and a slip of the finger adds three zeros: both are told when
it is read, not by a machine that swaps, or by weights that became NaN overnight.
"""

from typing import Annotated

from pydantic import Field

Share = Annotated[float, Field(ge=0, le=1)]
"""Of a whole."""
Dropout = Annotated[float, Field(ge=0, lt=1)]
"""Share that is dropped in training; never all."""
Width = Annotated[int, Field(ge=1, le=2048)]
"""Of a layer that mixes all of a frame, and of the hidden states of an encoder."""
Channels = Annotated[int, Field(ge=1, le=1024)]
"""Of a convolution."""
Kernel = Annotated[int, Field(ge=1, le=255)]
"""Frames that a convolution sees."""
MAX_WEIGHTS = 1 << 22
"""Of a network of ours, 14 times the largest: training keeps six times as many numbers."""
Few = Annotated[int, Field(ge=1, le=64)]
"""Members, heads and rounds: what is done or kept so many times over."""
Place = Annotated[int, Field(ge=0, le=256)]
"""Number of a hidden state or a block; the largest encoders have a fifth."""
Count = Annotated[int, Field(gt=0, le=1_000_000)]
"""Of epochs, windows, trials: what takes time, not memory."""
Epochs = Annotated[int, Field(ge=0, le=100_000)]
"""Of what may be left out: 0."""
Rate = Annotated[float, Field(gt=0, le=100)]
"""Of learning, and what multiplies it."""
Spread = Annotated[float, Field(ge=0, le=100)]
"""Of a distribution, or its exponent."""
Weight = Annotated[float, Field(ge=0, le=1_000_000)]
"""Of a part of a loss, or a penalty."""
Temperature = Annotated[float, Field(gt=0, le=1000)]
"""That logits are divided by."""
Decibels = Annotated[float, Field(ge=-200, le=200)]
"""Beyond the range of any converter."""
Seconds = Annotated[float, Field(ge=0, le=60)]
"""Of what happens within an utterance."""
Seed = Annotated[int, Field(ge=0, lt=1 << 32)]
"""Of random numbers, as NumPy and torch take it."""
