"""An int8 network as C99: its interface, its code and the kernels that it calls."""

from collections.abc import Sequence
from importlib.resources import files

from lightspeech import __version__
from lightspeech.errors import BundleError
from lightspeech.export import tflite_file
from lightspeech.export.c99 import recurrent, stream, stream_text, text
from lightspeech.export.c99.graph import simplify
from lightspeech.export.c99.plan import plan
from lightspeech.export.c99.steps import steps
from lightspeech.export.tflite_file import Graph, Tensor

KERNELS = (
    "ls_integers.h", "ls_pairs.h", "ls_kernels.h", "ls_kernels.c", "ls_smlad.c", "ls_vectors.c",
    "ls_simd128.c",
)  # fmt: skip
RECURRENT = ("ls_lstm.h", "ls_lstm.c")
"""Of networks with such layers."""
STREAMED = ("ls_rows.h", "ls_rows.c")
"""Of networks that hear a stream."""


def sources(
    model: bytes,
    labels: Sequence[str],
    *,
    temperature: float = 1.0,
    thresholds: Sequence[float] = (),
    title: str = "A network.",
    note: str = "",
) -> dict[str, str]:
    """Write a network as C99 with no dependency but the C library.

    Args:
        model: a ``.tflite`` file with int8 weights, activations, input and output.
        labels: of its outputs, in order.
        temperature: > 0; the scores are divided by it before the softmax.
        thresholds: of each label, 0 to 1; an answer less likely than its own is uncertain. Without
            any, none is.
        title: what it is, one line.
        note: what else must be known, lines of a comment.

    Returns:
        File name to text: ``ls_model.h`` (the interface), ``ls_model.c`` and the kernels. Where
        layers with a state come first, the interface takes single frames too.

    Raises:
        BundleError: if the file is damaged, or has an operation that C99 has no kernel for; the
            message names the operation and its layer.
    """
    graph = tflite_file.read(model)
    source, output = ends(graph)
    if output.size != len(labels):
        raise BundleError(f"the model has {output.size} outputs, {len(labels)} labels are given")
    single = recurrent.by_frame(graph)
    repeated, n_frames = (single.n_layers, single.n_frames) if single else (0, 1)
    simplified = simplify(single.graph if single else graph)
    calls = steps(simplified.graph)
    memory = plan(simplified, calls, repeated=repeated)
    graph = simplified.graph
    heard = stream.find(simplified, calls)
    recurs = any(step.kernel == "lstm" for step in calls)
    layers = (*(RECURRENT if recurs else ()), *(STREAMED if heard else ()))
    code = stream_text.Code(simplified, heard, calls) if heard else None
    header = text.HEADER.format(
        title=text.comment(title),
        version=__version__,
        note=note,
        macs=n_frames * sum(step.macs for step in calls[:repeated])
        + sum(step.macs for step in calls[repeated:]),
        table=text.table(calls, memory),
        input_size=source.size,
        frames=source.size // source.shape[-1],
        features=source.shape[-1],
        input_scale=text.real(float(source.scales[0])),
        input_zero=source.zeros[0],
        output_size=output.size,
        output_scale=text.real(float(output.scales[0])),
        output_zero=output.zeros[0],
        thresholds=", ".join(map(text.real, thresholds or [0.0] * len(labels))),
        arena=memory.size,
        streaming=text.STREAMING if repeated else stream_text.header(code) if code else "",
    )
    written = text.SOURCE.format(
        arena=memory.size,
        constants=text.constants(graph, calls),
        labels="{" + ", ".join(text.quoted(label) for label in labels) + "}",
        input=memory.tensors[graph.inputs[0]],
        output=memory.tensors[graph.outputs[0]],
        factor=text.real(float(output.scales[0]) / temperature),
        includes="".join(f'#include "{name}"\n' for name in layers if name.endswith(".h")),
        run=text.run(graph, calls, memory, repeated),
        stream=stream_text.source(code) if code else "",
    )
    return {"ls_model.h": header, "ls_model.c": written, **fixed((*KERNELS, *layers))}


def fixed(names: Sequence[str]) -> dict[str, str]:
    """Read C that is the same for every model: file name to text.

    Args:
        names: of files in this package.
    """
    return {name: (files(__package__) / name).read_text("utf-8") for name in names}


def ends(graph: Graph) -> tuple[Tensor, Tensor]:
    """Give the one input and the one output, both int8.

    Args:
        graph: of a ``.tflite`` file.

    Raises:
        BundleError: if there are more, or they are no int8.
    """
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise BundleError(
            f"the model has {len(graph.inputs)} inputs and {len(graph.outputs)} outputs; "
            "C99 takes one of each"
        )
    source, output = graph.tensors[graph.inputs[0]], graph.tensors[graph.outputs[0]]
    for tensor in (source, output):
        if tensor.dtype != "int8" or len(tensor.scales) != 1 or tensor.data is not None:
            raise BundleError(
                f"the model takes or gives {tensor.dtype} ({tensor.name!r}), C99 only int8; "
                "quantize it first"
            )
    return source, output
