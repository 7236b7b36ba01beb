"""Tensors as safetensors, written whole or not at all."""

from pathlib import Path

from safetensors.torch import save
from torch import Tensor

from lightspeech.files import replacing


def write_tensors(
    path: Path, tensors: dict[str, Tensor], metadata: dict[str, str] | None = None
) -> None:
    """Write tensors as safetensors, atomically.

    The library's own writer tells a full disk by an error of its own.

    Args:
        path: the file.
        tensors: by name, contiguous, none of them sharing memory.
        metadata: to go with them.

    Raises:
        OutputError: if the folder cannot be written or the disk is full.
    """
    content = save(tensors, metadata)
    with replacing(path) as temporary:
        temporary.write_bytes(content)
