"""Writes the C99 of a planned network: ``ls_model.h`` and ``ls_model.c``."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lightspeech.export.c99.layer import Step
from lightspeech.export.c99.plan import Plan
from lightspeech.export.tflite_file import Graph

WIDTH = 100
INDENT = "    "
LINE = re.compile(rf"(.{{1,{WIDTH - len(INDENT)}}}|\S+)(?: +|$)")
"""As many words as a line holds, one at least; ``textwrap`` takes ten times as long for weights."""

HEADER = """\
/* {title}
 *
 * Written by lightspeech {version}; all constants are in flash, all memory is the struct below.
 *
{note} *     static ls_model model;
 *     memcpy(ls_model_input(&model), features, LS_MODEL_INPUT_SIZE);
 *     ls_model_run(&model);
 *     const int8_t *scores = ls_model_output(&model);
 *
 * real value = (int8 - ZERO_POINT) * SCALE. {macs:,} multiplications with weights a run.
 *
 * Memory in use, bytes:
{table}
 */
#ifndef LS_MODEL_H
#define LS_MODEL_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {{
#endif

#define LS_MODEL_INPUT_SIZE {input_size}
#define LS_MODEL_INPUT_FRAMES {frames}
#define LS_MODEL_INPUT_FEATURES {features}
#define LS_MODEL_INPUT_SCALE {input_scale}
#define LS_MODEL_INPUT_ZERO_POINT ({input_zero})
#define LS_MODEL_OUTPUT_SIZE {output_size}
#define LS_MODEL_OUTPUT_SCALE {output_scale}
#define LS_MODEL_OUTPUT_ZERO_POINT ({output_zero})
/* An answer whose likeliest class is less likely than its number here is uncertain. */
#define LS_MODEL_THRESHOLDS {{{thresholds}}}
#define LS_MODEL_ARENA_SIZE {arena}
#define LS_MODEL_MACS {macs}

/* One instance; two of them share nothing. */
typedef struct {{
    int32_t arena[LS_MODEL_ARENA_SIZE / 4]; /* aligned as words */
}} ls_model;

/* Where the caller writes LS_MODEL_INPUT_SIZE numbers before each run, which overwrites them. */
int8_t *ls_model_input(ls_model *model);
void ls_model_run(ls_model *model);
/* LS_MODEL_OUTPUT_SIZE scores; they stay until the input is written again. */
const int8_t *ls_model_output(const ls_model *model);
/* LS_MODEL_OUTPUT_SIZE probabilities of the scores. */
void ls_model_probabilities(const ls_model *model, float *probabilities);
/* The label of a score. */
const char *ls_model_label(int index);
{streaming}
#ifdef __cplusplus
}}
#endif

#endif
"""

SOURCE = """\
#include "ls_model.h"

#include <string.h>

#include "ls_kernels.h"
{includes}
typedef char arena_is_large_enough[LS_MODEL_ARENA_SIZE < {arena} ? -1 : 1];

{constants}
static const char *const labels[LS_MODEL_OUTPUT_SIZE] = {labels};

int8_t *ls_model_input(ls_model *model) {{ return (int8_t *)model->arena + {input}; }}

const int8_t *ls_model_output(const ls_model *model) {{
    return (const int8_t *)model->arena + {output};
}}

const char *ls_model_label(int index) {{
    return index < 0 || index >= LS_MODEL_OUTPUT_SIZE ? "" : labels[index];
}}

/* e^x of a number that is not above 0, the same bits on every IEEE machine, unlike expf.
 * x = n log 2 + r with |r| < 0.35; log 2 has two parts, so that r is exact, and the series of e^r
 * is cut where the next term is below 1e-8. */
static float exponential(float x) {{
    if (x < -87.0F) {{
        return 0.0F;
    }}
    const int32_t n = (int32_t)(x * 1.44269504F - 0.5F);
    const float r = (x - (float)n * 0.693359375F) + (float)n * 2.12194440e-4F;
    const float head = 1.0F / 24 + r * (1.0F / 120 + r * (1.0F / 720 + r * (1.0F / 5040)));
    const float series = 1.0F + r * (1.0F + r * (0.5F + r * (1.0F / 6 + r * head)));
    const int32_t bits = (n + 127) * (1 << 23);
    float power;
    memcpy(&power, &bits, sizeof power);
    return series * power;
}}

static void find_probabilities(const int8_t *scores, float *probabilities) {{
    const float scale = {factor}; /* of a score, over the temperature */
    int8_t most = scores[0];
    float sum = 0.0F;
    for (int i = 1; i < LS_MODEL_OUTPUT_SIZE; ++i) {{
        most = scores[i] > most ? scores[i] : most;
    }}
    for (int i = 0; i < LS_MODEL_OUTPUT_SIZE; ++i) {{
        probabilities[i] = exponential((float)(scores[i] - most) * scale);
        sum += probabilities[i];
    }}
    for (int i = 0; i < LS_MODEL_OUTPUT_SIZE; ++i) {{
        probabilities[i] /= sum;
    }}
}}

void ls_model_probabilities(const ls_model *model, float *probabilities) {{
    find_probabilities(ls_model_output(model), probabilities);
}}

{run}{stream}"""

FUNCTION = """\
void ls_model_{name}(ls_model *model{frame}) {{
    int8_t *arena = (int8_t *)model->arena;
{lines}
}}
"""

STREAM = """\

void ls_model_run(ls_model *model) {
    const int8_t *frames = ls_model_input(model);
    ls_model_reset(model);
    for (int i = 0; i < LS_MODEL_INPUT_FRAMES; ++i) {
        ls_model_hear(model, frames + i * LS_MODEL_INPUT_FEATURES);
    }
    ls_model_decide(model);
}
"""

STREAMING = """
/* The same frame by frame: states are kept from frame to frame until they are set to zero. */
#define LS_MODEL_STREAMS 1
void ls_model_reset(ls_model *model);
/* LS_MODEL_INPUT_FEATURES numbers, anywhere; no window needs to be held. */
void ls_model_hear(ls_model *model, const int8_t *frame);
/* Scores of what was heard since; it may go on afterwards. */
void ls_model_decide(ls_model *model);
"""


def comment(text: str) -> str:
    """What of a name, which the file's author chose, may stand in a comment."""
    return re.sub(r"[^A-Za-z0-9_.:>, -]", "", text)[:WIDTH]


def quoted(label: str) -> str:
    """A C string; what is no plain character is written as octal bytes."""
    plain = (
        chr(b) if chr(b).isalnum() and b < 128 or b in b" _-" else f"\\{b:03o}"
        for b in label.encode()
    )
    return f'"{"".join(plain)}"'


def real(value: float) -> str:
    """A float32 of C, exact to its last bit."""
    text = np.format_float_scientific(np.float32(value), unique=True, trim="0")
    return f"{text}F"


def table(steps: Sequence[Step], plan: Plan) -> str:
    """Memory in use during each step, the peak marked, as lines of a comment.

    Args:
        steps: what is computed, in order.
        plan: of their memory, in bytes.
    """
    peak = max(plan.live, default=0)
    lines = [
        f" * {live:>9,}{'  <-- peak' if live == peak else ''}  {step.title}"
        for step, live in zip(steps, plan.live, strict=True)
    ]
    return "\n".join([*lines, f" * {plan.size:>9,}  in all"])


def constants(graph: Graph, steps: Sequence[Step]) -> str:
    """Weights, biases, scales and the layers that name them.

    Args:
        graph: of the network.
        steps: what is computed, in order.
    """
    written = [text for i, step in enumerate(steps) for text in _layer(graph, i, step)]
    return "\n".join(written)


def run(graph: Graph, steps: Sequence[Step], plan: Plan, repeated: int) -> str:
    """Write the functions that call the kernels, one line a step.

    Args:
        graph: of the network.
        steps: what is computed, in order.
        plan: of their memory, in bytes.
        repeated: how many of the first go through the input frame by frame, see `recurrent`.
    """
    lines = [_call(graph, at, step, plan) for at, step in enumerate(steps)]
    resets = {at: _reset(at, plan) for at, step in enumerate(steps) if step.kernel == "lstm"}
    if not repeated:
        whole = [f"{resets.get(at, '')}{line}" for at, line in enumerate(lines)]
        return _function("run", whole)
    heard = _function("hear", lines[:repeated], frame=", const int8_t *frame")
    parts = (_function("reset", list(resets.values())), heard)
    return "\n".join((*parts, _function("decide", lines[repeated:]))) + STREAM


def _function(name: str, lines: Sequence[str], *, frame: str = "") -> str:
    body = "\n".join(line.rstrip("\n") for line in lines) or "    (void)arena;"
    return FUNCTION.format(name=name, frame=frame, lines=body)


def _reset(at: int, plan: Plan) -> str:
    return f"    ls_lstm_reset(&layer_{at}, arena + {plan.scratch[at]});\n"


def _call(graph: Graph, at: int, step: Step, plan: Plan) -> str:
    places = [_place(graph, at, i, plan) for i in step.inputs]
    places.append(f"arena + {plan.tensors[step.output]}")
    return call(at, step, places, f"arena + {plan.scratch[at]}")


def call(at: int, step: Step, places: Sequence[str], scratch: str) -> str:
    """Write the call of a step's kernel.

    Args:
        at: its number.
        step: of which layer.
        places: of its inputs and its output, as C.
        scratch: of its own memory, as C.
    """
    own = [scratch] if step.scratch else []
    return f"    ls_{step.kernel}(&layer_{at}, {', '.join([*places, *own])});"


def _place(graph: Graph, at: int, tensor: int, plan: Plan) -> str:
    if graph.tensors[tensor].data is not None:
        return f"operand_{at}"
    return f"arena + {plan.tensors[tensor]}" if tensor in plan.tensors else "frame"


def _layer(graph: Graph, at: int, step: Step) -> Iterator[str]:
    for i in step.inputs:
        data = graph.tensors[i].data
        if data is not None:
            yield _array("int8_t", f"operand_{at}", data)
    fields = {}
    for name, value in step.layer.items():
        fields[name] = value
        if isinstance(value, np.ndarray):
            fields[name] = f"{name}_{at}"
            yield _array("int8_t" if value.dtype == np.int8 else "int32_t", fields[name], value)
        elif name == "scale" and isinstance(value, list):
            del fields[name]
            for part, kind in (("multiplier", np.int32), ("shift", np.int8)):
                fields[f"{part}s"] = f"{part}s_{at}"
                values = np.array([scale[part] for scale in value], kind)
                yield _array(f"{kind.__name__}_t", f"{part}s_{at}", values)
    yield f"/* {step.title} */"
    yield f"static const ls_{step.struct} layer_{at} = {{\n{wrapped(_fields(fields))}\n}};\n"


def _array(kind: str, name: str, values: npt.NDArray[Any]) -> str:
    # The lowest int32 has no literal of its own: 2147483648 is a long, and then negated.
    numbers = ["INT32_MIN" if v == -(2**31) else str(v) for v in values.ravel().tolist()]
    return f"static const {kind} {name}[] = {{\n{wrapped(', '.join(numbers))}\n}};"


def _fields(fields: dict[str, Any]) -> str:
    return ", ".join(f".{name} = {_value(value)}" for name, value in fields.items())


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + _fields(value) + "}"
    if isinstance(value, list):
        return "{" + ", ".join(map(_value, value)) + "}"
    return str(value)


def wrapped(text: str) -> str:
    """Put words into lines of at most `WIDTH`, indented; a longer word has one of its own.

    Args:
        text: words with spaces between them.
    """
    return LINE.sub(rf"{INDENT}\1\n", text).rstrip("\n")
