"""Networks that hear a stream: every row of every layer is computed once, none is padded.

Where layers along time neither pad nor look at more than their window, a layer needs of the past
only the rows that its next window still covers. Rows are counted by their track: row ``i`` is known
once ``stride * i + reach`` frames were heard.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from lightspeech.export.c99.graph import Simplified
from lightspeech.export.c99.layer import Step
from lightspeech.export.c99.plan import Block, arrange, size

ROWS = 6
"""Of the last layer that are computed at once: as many as a convolution takes side by side."""
POOLS = ("mean", "reduce_max")
NEVER = (0, 0)
"""Pace of what hears other than the last rows."""
KERNELS = ("conv_2d", "depthwise_conv_2d", "add")
"""That compute any number of rows."""


@dataclass(frozen=True)
class Track:
    """How the rows of a tensor come as frames do.

    Attributes:
        stride: frames from a row to the next.
        reach: frames after which the first row is known.
        source: the tensor that holds them.
        begin: its row that is the first of this tensor: a slice lies in what it is cut from.
    """

    stride: int
    reach: int
    source: int
    begin: int = 0

    @property
    def pace(self) -> tuple[int, int]:
        """Tensors of one pace get the same number of rows at once, always."""
        return self.stride, self.reach

    def rows(self, n_frames: int) -> int:
        """Count the rows that are known after so many frames."""
        return max((n_frames - self.reach) // self.stride + 1, 0)


@dataclass(frozen=True)
class Use:
    """A layer's view of a tensor along time.

    Attributes:
        source: the tensor that holds the rows.
        span: of its rows that one row of the layer hears, from the first that any user needs on.
        stride: rows from one of the layer to its next.
        pace: of the layer's output.
        pooled: it is a mean or a maximum, of the last rows.
    """

    source: int
    span: int
    stride: int
    pace: tuple[int, int]
    pooled: bool = False


@dataclass(frozen=True)
class Buffer:
    """Rows that are held: those kept of earlier ones, then new ones.

    Attributes:
        source: the tensor they are of.
        width: of a row, bytes.
        capacity: rows, at most.
        use: of the layers that hear it, one stands for all.
        offset: in the memory of the stream, bytes.
    """

    source: int
    width: int
    capacity: int
    use: Use
    offset: int = 0


@dataclass(frozen=True)
class Stream:
    """A network that hears a stream.

    Attributes:
        stride: frames between two answers are a multiple of it.
        tracks: of every tensor along time.
        buffers: by the tensor they hold, that of the input first.
        along: numbers of the steps along time, in order.
        behind: of those behind the means and maxima.
        offsets: of every tensor that is in no buffer, bytes.
        scratch: of every step's own memory, by its number, bytes.
        size: of all memory, bytes.
    """

    stride: int
    tracks: dict[int, Track]
    buffers: dict[int, Buffer]
    along: tuple[int, ...]
    behind: tuple[int, ...]
    offsets: dict[int, int]
    scratch: dict[int, int]
    size: int


def find(simplified: Simplified, steps: list[Step]) -> Stream | None:
    """Make a network one that hears a stream, with its memory; None where it pads or looks ahead.

    Args:
        simplified: the graph, without operations that only rename memory.
        steps: what is computed, in order.
    """
    tracks = _tracks(simplified, steps)
    if tracks is None:
        return None
    uses = [use for step in steps for use in _uses(simplified, step, tracks)]
    pools = [use for use in uses if use.pooled]
    paces = {use.pace for use in pools}
    if len(paces) != 1 or NEVER in paces or (1, 1) in paces:
        return None
    groups = {use.source: [u for u in uses if u.source == use.source] for use in uses}
    alike = all(
        len({(u.pace, u.stride, u.pooled) for u in group}) == 1 for group in groups.values()
    )
    if not alike or not _in_step(simplified, steps, tracks):
        return None
    stride = pools[0].pace[0]
    held = {i: group for i, group in groups.items() if _is_held(simplified, i, group, tracks)}
    buffers = {i: _buffer(simplified, group, tracks[i], stride) for i, group in held.items()}
    along = [n for n, step in enumerate(steps) if simplified.memory[step.output] in tracks]
    along = [n for n in along if steps[n].kernel != "move"]
    behind = [n for n, step in enumerate(steps) if simplified.memory[step.output] not in tracks]
    return _placed(simplified, steps, Stream(
        stride, tracks, buffers, tuple(along), tuple(behind), {}, {}, 0
    ))  # fmt: skip


def _tracks(simplified: Simplified, steps: list[Step]) -> dict[int, Track] | None:
    """The track of each tensor along time; None where there is a layer that no stream computes."""
    graph, memory = simplified.graph, simplified.memory
    root = memory[graph.inputs[0]]
    n_frames = graph.tensors[graph.inputs[0]].shape[1]
    tracks = {root: Track(1, 1, root)}
    for step in steps:
        tracked = [tracks.get(memory[i]) for i in step.inputs]
        if not any(tracked) or step.kernel in POOLS:
            continue
        heard = [track for track in tracked if track]
        output = memory[step.output]
        whole = len(heard) == len(step.inputs) and _takes_rows(simplified, step, heard, n_frames)
        track = _track(step, heard, output) if whole else None
        if track is None:
            return None
        is_slice = step.kernel == "move"
        if not is_slice and graph.tensors[step.output].shape[1] != track.rows(n_frames):
            return None
        tracks[output] = track
    return tracks


def _takes_rows(simplified: Simplified, step: Step, heard: list[Track], n_frames: int) -> bool:
    """Whether a convolution reads its input row by row, and not as another shape."""
    window, before = step.layer.get("window"), heard[0]
    if window is None:
        return True
    width = simplified.graph.tensors[before.source].shape[-1]
    found = window["in_h"], window["in_w"], window["in_c"]
    return found == (before.rows(n_frames), 1, width) and not before.begin


def _track(step: Step, heard: list[Track], output: int) -> Track | None:
    """The track of what a step gives, of those of what it hears."""
    before = heard[0]
    if step.kernel == "move":
        width = step.layer["shape"][3]
        starts = step.layer["in_start"], step.layer["out_start"], step.layer["fill_size"]
        rows_apart = step.layer["in_stride"][1] == step.layer["out_stride"][1] == width
        begin, within = divmod(starts[0], width)
        if within or any(starts[1:]) or not rows_apart or step.layer["shape"][2] != 1:
            return None
        return replace(
            before, reach=before.reach + before.stride * begin, begin=before.begin + begin
        )
    if step.kernel == "add":
        same = step.layer["shape"][:3] == [1, 1, 1] and len({t.stride for t in heard}) == 1
        return Track(before.stride, max(t.reach for t in heard), output) if same else None
    if step.kernel not in KERNELS:
        return None
    window = step.layer["window"]
    if window["kernel_w"] != 1 or window["pad_h"] or window["pad_w"]:
        return None
    span = _span(step)
    stride = before.stride * window["stride_h"]
    return Track(stride, before.reach + before.stride * (span - 1), output)


def _span(step: Step) -> int:
    """Rows of its input that one row of a step hears."""
    window = step.layer.get("window")
    return (window["kernel_h"] - 1) * window["dilation_h"] + 1 if window else 1


def _uses(simplified: Simplified, step: Step, tracks: dict[int, Track]) -> Iterator[Use]:
    """What a step needs of each tensor along time."""
    if step.kernel == "move":  # of a slice; those that hear it count
        return
    for i in step.inputs:
        track = tracks.get(simplified.memory[i])
        if track is None:
            continue
        if step.kernel in POOLS:
            rows, tensor = step.layer["count"], simplified.graph.tensors[track.source]
            shape = step.layer["outer"], rows, step.layer["inner"]
            whole = shape == (1, tensor.shape[1], tensor.shape[-1])
            pace = track.pace if whole and not track.begin else NEVER
            yield Use(track.source, rows, 1, pace, pooled=True)
        else:
            after = tracks[simplified.memory[step.output]]
            stride = after.stride // track.stride
            yield Use(track.source, track.begin + _span(step), stride, after.pace)


def _in_step(simplified: Simplified, steps: list[Step], tracks: dict[int, Track]) -> bool:
    """Whether each layer can move on by as many rows as it hears new ones, however many come."""
    for step in steps:
        heard = [tracks.get(simplified.memory[i]) for i in step.inputs]
        after = tracks.get(simplified.memory[step.output])
        if step.kernel != "add" or after is None:
            continue
        if not any(track and track.pace == after.pace and not track.begin for track in heard):
            return False
    return all(track.stride > 0 for track in tracks.values())


def _is_held(
    simplified: Simplified, source: int, uses: list[Use], tracks: dict[int, Track]
) -> bool:
    """Whether rows must be kept until later ones come."""
    is_input = source == simplified.memory[simplified.graph.inputs[0]]
    late = any(use.pace != tracks[source].pace for use in uses)
    return is_input or late or any(use.pooled or use.span > 1 for use in uses)


def _buffer(simplified: Simplified, uses: list[Use], track: Track, stride: int) -> Buffer:
    span = max(use.span for use in uses)
    new = ROWS * stride // track.stride
    kept = span if uses[0].pooled else span - 1
    tensor = simplified.graph.tensors[track.source]
    width = tensor.shape[-1]
    return Buffer(track.source, width, kept + new, replace(uses[0], span=span))


def _placed(simplified: Simplified, steps: list[Step], stream: Stream) -> Stream:
    """Plan the memory: buffers always, what else is computed while it is needed."""
    memory = simplified.memory
    order = {n: at for at, n in enumerate((*stream.along, *stream.behind))}
    end = len(order)
    held = {i: Block(b.width * b.capacity, 0, end) for i, b in stream.buffers.items()}
    scratch = {n: Block(steps[n].scratch, at, at) for n, at in order.items() if steps[n].scratch}
    last = {memory[i]: order[n] for n in order for i in steps[n].inputs}
    last |= {memory[i]: end for i in simplified.graph.outputs}
    blocks: dict[int, Block] = {}
    for n, at in order.items():
        output = memory[steps[n].output]
        if output in held or output in blocks:
            continue
        over = [memory[steps[n].inputs[i]] for i in steps[n].over]
        over = [i for i in over if i in blocks and blocks[i].last == at]
        blocks[output] = (
            blocks[over[0]] if over else Block(_bytes(simplified, stream, output), at, at)
        )
        blocks[output].last = last.get(output, at)
    each = list({id(b): b for b in (*held.values(), *blocks.values(), *scratch.values())}.values())
    arrange(each, end)
    buffers = {i: replace(b, offset=held[i].offset) for i, b in stream.buffers.items()}
    return replace(
        stream,
        buffers=buffers,
        offsets={i: block.offset for i, block in blocks.items()},
        scratch={n: block.offset for n, block in scratch.items()},
        size=size(each),
    )


def _bytes(simplified: Simplified, stream: Stream, tensor: int) -> int:
    """Of a tensor that is computed: along time no more than the rows that come at once."""
    shape = simplified.graph.tensors[tensor].shape
    track = stream.tracks.get(tensor)
    if track is None:
        return simplified.graph.tensors[tensor].size
    return ROWS * stream.stride // track.stride * shape[-1]
