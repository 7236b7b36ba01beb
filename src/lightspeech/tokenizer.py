"""Words to the numbers of a text encoder, the same in training and on a device; without torch."""

import unicodedata

import numpy as np
import numpy.typing as npt

from lightspeech.errors import ConfigError, MissingExtra

FILE = "tokenizer.json"
"""Of a folder of ``transformers``, and of a bundle that reads text."""
IDS, MASK = "ids", "mask"
"""Inputs of an exported model: numbers of the tokens, and where there are any."""
Tokens = npt.NDArray[np.int64]
"""Number of each token, and 1 for a token or 0 for none, shape ``(tokens, 2)``."""


class Tokenizer:
    """Cuts a text into tokens, with the marks that its encoder expects at both ends."""

    def __init__(self, description: str, longest: int) -> None:
        """Read what a `FILE` holds.

        Args:
            description: the file's text.
            longest: tokens of a text, marks included; 1 or more.

        Raises:
            ConfigError: if it describes no tokenizer.
            MissingExtra: if the package that reads it is not installed.
        """
        try:
            import tokenizers
        except ModuleNotFoundError:
            raise MissingExtra("a model that reads text", "text") from None
        self.longest = longest
        try:
            self._tokenizer = tokenizers.Tokenizer.from_str(description)
        except Exception as error:  # noqa: BLE001 (the package raises no other class)
            raise ConfigError(f"no tokenizer ({str(error)[:80]}); copy {FILE} anew") from None
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def __call__(self, text: str) -> Tokens:
        """Cut a text; of an empty one the marks are left.

        Args:
            text: what is said.

        Returns:
            Shape ``(tokens, 2)``: numbers and ones.

        Raises:
            ConfigError: if it has more tokens than the encoder is given.
        """
        plain = unicodedata.normalize("NFC", " ".join(text.split()))
        ids = self._tokenizer.encode(plain).ids
        if len(ids) > self.longest:
            raise ConfigError(
                f"a text of {len(ids)} tokens, its encoder is given {self.longest} at most: "
                f"{plain[:40]!r}…; shorten it, or train with a larger frontend longest"
            )
        return np.stack([np.array(ids, np.int64), np.ones(len(ids), np.int64)], 1)
