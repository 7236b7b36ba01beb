"""Writes the C99 of a network that hears a stream: what ``ls_model.h`` and ``ls_model.c`` gain."""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lightspeech.export.c99 import text
from lightspeech.export.c99.graph import Simplified
from lightspeech.export.c99.layer import Step
from lightspeech.export.c99.stream import Buffer, Stream

WIDTH = 100

HEADER = """
/* The same network as a stream: every frame goes through every layer once, and what later rows
 * need of it is kept. After LS_MODEL_INPUT_FRAMES frames, and a multiple of LS_STREAM_STRIDE more,
 * the scores are those of ls_model_run over the last LS_MODEL_INPUT_FRAMES, bit for bit.
 * {macs:,} multiplications with weights every LS_STREAM_STRIDE frames. */
#define LS_STREAM_STRIDE {stride}
#define LS_STREAM_MACS {macs}
#define LS_STREAM_ARENA_SIZE {arena}

/* One stream; two of them share nothing. */
typedef struct {{
    int32_t arena[LS_STREAM_ARENA_SIZE / 4]; /* aligned as words */
    int32_t held[{buffers}]; /* rows that each layer keeps */
}} ls_stream;

/* Nothing was heard yet. */
void ls_stream_reset(ls_stream *stream);
/* LS_MODEL_INPUT_FEATURES numbers. */
void ls_stream_hear(ls_stream *stream, const int8_t *frame);
/* LS_MODEL_OUTPUT_SIZE scores; they stay until the next frame is heard. */
const int8_t *ls_stream_decide(ls_stream *stream);
/* LS_MODEL_OUTPUT_SIZE probabilities of the scores. */
void ls_stream_probabilities(ls_stream *stream, float *probabilities);
"""

SOURCE = """
void ls_stream_reset(ls_stream *stream) {{ memset(stream, 0, sizeof *stream); }}

/* Every layer computes the rows that what was heard allows, and keeps what later rows need. */
static void move_on(ls_stream *stream) {{
    int8_t *const arena = (int8_t *)stream->arena;
    int32_t *const held = stream->held;
{along}
}}

void ls_stream_hear(ls_stream *stream, const int8_t *frame) {{
    int8_t *const rows = (int8_t *)stream->arena + {input};
    memcpy(rows + LS_MODEL_INPUT_FEATURES * stream->held[0], frame, LS_MODEL_INPUT_FEATURES);
    if (++stream->held[0] == {capacity}) {{
        move_on(stream);
    }}
}}

const int8_t *ls_stream_decide(ls_stream *stream) {{
    int8_t *const arena = (int8_t *)stream->arena;
    move_on(stream);
{behind}
    return arena + {output};
}}

void ls_stream_probabilities(ls_stream *stream, float *probabilities) {{
    find_probabilities(ls_stream_decide(stream), probabilities);
}}
"""


def header(code: "Code") -> str:
    """Write the interface.

    Args:
        code: the network.
    """
    macs = 0
    for n in code.stream.along:
        track = code.stream.tracks[code.root(code.steps[n].output)]
        rows = code.simplified.graph.tensors[code.steps[n].output].shape[1]
        macs += code.steps[n].macs // rows * (code.stream.stride // track.stride)
    return HEADER.format(
        stride=code.stream.stride,
        macs=macs,
        arena=code.stream.size,
        buffers=len(code.stream.buffers),
    )


def source(code: "Code") -> str:
    """Write the functions.

    Args:
        code: the network.
    """
    [output] = code.simplified.graph.outputs
    frames = code.stream.buffers[code.root(code.simplified.graph.inputs[0])]
    return SOURCE.format(
        along="\n".join(line for n in code.stream.along for line in code.lines(n)),
        input=frames.offset,
        capacity=frames.capacity,
        behind="\n".join(code.call(n) for n in code.stream.behind),
        output=code.offset(output),
    )


@dataclass(frozen=True)
class Code:
    """A network that hears a stream, as calls of kernels.

    Attributes:
        simplified: its graph.
        stream: its memory and the pace of its layers.
        steps: of its window, in order.
    """

    simplified: Simplified
    stream: Stream
    steps: Sequence[Step]

    def root(self, tensor: int) -> int:
        """Give the tensor in whose memory one lies."""
        return self.simplified.memory[tensor]

    def offset(self, tensor: int) -> int:
        """Tell where a tensor begins in the memory of the stream, bytes."""
        root = self.root(tensor)
        track = self.stream.tracks.get(root)
        held = self.stream.buffers.get(track.source if track else root)
        if held is None:
            return self.stream.offsets[root]
        return held.offset + held.width * (track.begin if track else 0)

    def lines(self, n: int) -> Iterator[str]:
        """Write what a layer along time does with the rows that are due.

        Args:
            n: number of its step.
        """
        step = self.steps[n]
        output = self.root(step.output)
        first = self._first_of_its_pace(n)
        if first == n:
            held = next(b for b in map(self._heard, step.inputs) if b)
            span, stride = held.use.span, held.use.stride
            yield f"    const int32_t rows_{n} = ls_rows_due({self._held(held)}, {span}, {stride});"
        to = self.stream.buffers.get(output)
        places = [f"arena + {self.offset(i)}" for i in (*step.inputs, step.output)]
        if to:
            places[-1] += f" + {to.width} * {self._held(to)}"
        yield _wrapped(f"ls_{step.kernel}_rows({', '.join(self._arguments(n, first, places))});")
        if to:
            yield f"    {self._held(to)} += rows_{first};"
            if to.use.pooled:
                yield self._keep(to, f"{self._held(to)} - {to.use.span}")
        for held in {b.source: b for b in map(self._heard, step.inputs) if b}.values():
            if n == max(self._users(held)):
                yield self._keep(held, f"{held.use.stride} * rows_{first}")

    def call(self, n: int) -> str:
        """Write the call of a layer behind the means and maxima.

        Args:
            n: number of its step.
        """
        step, graph = self.steps[n], self.simplified.graph
        places = [
            f"operand_{n}" if graph.tensors[i].data is not None else f"arena + {self.offset(i)}"
            for i in (*step.inputs, step.output)
        ]
        return text.call(n, step, places, f"arena + {self.stream.scratch.get(n)}")

    def _arguments(self, n: int, first: int, places: list[str]) -> list[str]:
        step = self.steps[n]
        if step.kernel == "add":
            width = self.simplified.graph.tensors[step.output].shape[-1]
            return [f"&layer_{n}", f"rows_{first}", str(width), *places]
        return [f"&layer_{n}", f"rows_{first}", *places, f"arena + {self.stream.scratch[n]}"]

    def _first_of_its_pace(self, n: int) -> int:
        def pace(each: int) -> tuple[int, int]:
            return self.stream.tracks[self.root(self.steps[each].output)].pace

        return next(each for each in self.stream.along if pace(each) == pace(n))

    def _heard(self, tensor: int) -> Buffer | None:
        return self.stream.buffers.get(self.stream.tracks[self.root(tensor)].source)

    def _users(self, held: Buffer) -> list[int]:
        along = self.stream.along
        return [n for n in along if held in map(self._heard, self.steps[n].inputs)]

    def _held(self, buffer: Buffer) -> str:
        return f"held[{list(self.stream.buffers).index(buffer.source)}]"

    def _keep(self, buffer: Buffer, left_out: str) -> str:
        held = self._held(buffer)
        rows = f"arena + {buffer.offset}, {buffer.width}, {held}, {left_out}"
        return f"    {held} = ls_rows_keep({rows});"


def _wrapped(call: str) -> str:
    return textwrap.fill(call, WIDTH, initial_indent="    ", subsequent_indent="        ")
