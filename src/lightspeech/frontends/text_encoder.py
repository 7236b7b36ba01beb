"""Text encoders of ``transformers``: BERT and what has its form; their tokenizers."""

from pathlib import Path
from typing import Any

import torch
from torch import nn

from lightspeech.errors import ConfigError
from lightspeech.frontends import pretrained
from lightspeech.frontends.contract import Origin
from lightspeech.frontends.encoder_places import PLACE, folder_of, hashes
from lightspeech.quiet import muted
from lightspeech.tokenizer import FILE, Tokenizer

BLOCKS = {"bert": "encoder.layer", "distilbert": "transformer.layer"}
"""Where the blocks of an encoder are, by its kind."""
LEFT_OUT = ("pooler.", "bert.pooler.", "cls.", "vocab_", "classifier.", "embeddings.position_ids")
"""Tensors of whole models that are no part of their encoder."""
BERT = "Apache-2.0", "Devlin et al. (2019), NAACL-HLT, arXiv:1810.04805"
"""Licence and citation."""
UNKNOWN = "not known here; ask where it comes from", ""


def origin(source: str) -> Origin:
    """Say whose work an encoder is, by its name.

    Args:
        source: as in a recipe; the last part of a path counts.
    """
    name = Path(source).name
    licence, citation = BERT if name.startswith("bert-") else UNKNOWN
    return Origin(name=name, licence=licence, citation=citation)


def find(source: str) -> Path | None:
    """Find the folder of an encoder; None for a hub name.

    Raises:
        ConfigError: if it is neither.
    """
    folder = folder_of(source)
    if folder is None and (source.count("/") != 1 or source.startswith(("/", "."))):
        raise ConfigError(remedies(source, "no such folder"))
    return folder


def remedies(source: str, why: str) -> str:
    """Say what to do where a text encoder is not to be had.

    Args:
        source: as in a recipe.
        why: it is not to be had.
    """
    return (
        f"text encoder {source!r}: {why}; name a folder of transformers with its config.json, "
        f"{FILE} and weights, set {PLACE} to the folder that holds it, or connect to "
        "the network and name it as on the hub, such as google-bert/bert-base-uncased"
    )


def key(source: str) -> str | list[str]:
    """Name a tokenizer for a cache: by its files in a folder, by the name on the hub.

    Raises:
        ConfigError: if there is no such folder.
    """
    folder = find(source)
    if folder is None:
        return source
    return hashes(folder.glob("*.json")) + hashes(folder.glob("*.txt"))


def description(source: str) -> str:
    """Give the tokenizer of an encoder as its `FILE` has it.

    Raises:
        ConfigError: if it is not there.
        MissingExtra: if transformers is not installed.
    """
    folder = find(source)
    if folder is not None and (folder / FILE).is_file():
        return (folder / FILE).read_text(encoding="utf-8")
    if folder is not None and not any(folder.glob("vocab*")):
        raise ConfigError(f"{folder}: no tokenizer; copy {FILE} of the encoder into it")
    loaded = _from_pretrained(source, "AutoTokenizer")
    text: str = loaded.backend_tokenizer.to_str()
    return text


def tokenizer(source: str, longest: int) -> Tokenizer:
    """Open the tokenizer of an encoder.

    Args:
        source: a folder or a hub name.
        longest: tokens of a text.

    Raises:
        ConfigError: if it is not there, or damaged.
        MissingExtra: if transformers is not installed.
    """
    try:
        return Tokenizer(description(source), longest)
    except ConfigError as error:
        raise ConfigError(f"text encoder {source!r}: {error}") from None


def load(source: str, *, layers: int | None, longest: int, drawn: bool) -> tuple[nn.Module, int]:
    """Load an encoder, strictly, or draw one of its form.

    Args:
        source: a folder or a hub name.
        layers: blocks that are kept, the first ones; None: all.
        longest: tokens that it is to read.
        drawn: with fresh weights.

    Returns:
        The encoder, and the width of its states.

    Raises:
        ConfigError: if it is not there, not whole, of another kind, has fewer blocks or reads
            fewer tokens.
        MissingExtra: if transformers is not installed.
    """
    about = _from_pretrained(source, "AutoConfig")
    kind = about.model_type
    if kind not in BLOCKS:
        raise ConfigError(f"a text encoder of kind {kind!r}; choose one of {sorted(BLOCKS)}")
    if longest > about.max_position_embeddings:
        raise ConfigError(
            f"text encoder {source!r} reads {about.max_position_embeddings} tokens, the front end "
            f"gives it {longest}; write longest: {about.max_position_embeddings}"
        )
    blocks = about.num_hidden_layers
    if layers is not None and not 1 <= layers <= blocks:
        raise ConfigError(
            f"layers={layers} of a text encoder of {blocks}; write 1 to {blocks}, or leave it out"
        )
    model = _drawn(about) if drawn else _weights(source, kind)
    place = model.get_submodule(BLOCKS[kind].rpartition(".")[0])
    place.layer = place.layer[:layers]  # type: ignore[index]
    return model, about.hidden_size


def last_blocks(model: nn.Module, n: int) -> list[nn.Module]:
    """Give the last blocks of an encoder.

    Args:
        model: as of `load`.
        n: so many.

    Raises:
        ConfigError: if it has fewer.
    """
    kind: str = model.config.model_type  # type: ignore[union-attr, assignment]
    blocks = list(model.get_submodule(BLOCKS[kind]).children())
    if n > len(blocks):
        raise ConfigError(
            f"blocks={n} of a text encoder of {len(blocks)}; write 0 to {len(blocks)}, or leave it "
            "out to train all"
        )
    return blocks[len(blocks) - n :]


def _weights(source: str, kind: str) -> nn.Module:
    model, report = _from_pretrained(
        source, "AutoModel", dtype=torch.float32, attn_implementation="eager",
        output_loading_info=True, **_without_pooler(kind),
    )  # fmt: skip
    foreign = {name for name in report["unexpected_keys"] if not name.startswith(LEFT_OUT)}
    if odd := sorted(map(str, {*report["missing_keys"], *report["mismatched_keys"], *foreign})):
        raise ConfigError(
            f"text encoder {source!r} is not whole, first odd tensor {odd[0]}; fetch it anew"
        )
    encoder: nn.Module = model
    return encoder


def _drawn(about: Any) -> nn.Module:
    transformers = pretrained.library()
    model: nn.Module = transformers.AutoModel.from_config(
        about, dtype=torch.float32, attn_implementation="eager", **_without_pooler(about.model_type)
    )
    return model


def _without_pooler(kind: str) -> dict[str, bool]:
    """What of BERT reads the first state for another task; DistilBERT has none."""
    return {"add_pooling_layer": False} if kind == "bert" else {}


def _from_pretrained(source: str, kind: str, **options: Any) -> Any:
    """Call ``from_pretrained`` of a class; what goes wrong is told in one line."""
    transformers = pretrained.library()
    folder = find(source)
    try:
        with muted():
            return getattr(transformers, kind).from_pretrained(folder or source, **options)
    except (OSError, ValueError) as error:  # a name that is none of the hub is a ValueError
        why = "not to be had here or on the hub" if folder is None else str(error)
        raise ConfigError(remedies(source, why.splitlines()[0])) from None
