"""Places every tensor in one static block of memory: those never alive together share bytes."""

import random
from dataclasses import dataclass

from lightspeech.export.c99.graph import Simplified
from lightspeech.export.c99.layer import Step

ALIGNMENT = 4
"""Bytes; a Cortex-M reads words fastest from their own places."""
TRIES = 300
"""Orders of placing that are tried at random; seeded, so that code is written the same twice."""


@dataclass(frozen=True)
class Plan:
    """Where what lies.

    Attributes:
        tensors: offset of each computed tensor, bytes.
        scratch: offset of each step's own memory, 0 where it needs none.
        live: bytes in use during each step.
        size: of the whole block, bytes.
    """

    tensors: dict[int, int]
    scratch: list[int]
    live: list[int]
    size: int


@dataclass
class Block:
    """Bytes in use from the step that first writes them to the last that reads them."""

    size: int
    first: int
    last: int
    offset: int = 0

    @property
    def bytes(self) -> int:
        """Size, up to where the next block may begin."""
        return -(-self.size // ALIGNMENT) * ALIGNMENT


def plan(simplified: Simplified, steps: list[Step], *, repeated: int = 0) -> Plan:
    """Plan the memory of a simplified graph, as tightly as `TRIES` orders of placing find.

    Args:
        simplified: the graph, without operations that only rename memory.
        steps: what is computed, in order.
        repeated: how many of the first go through the input frame by frame; what they note lives
            on.

    Returns:
        Offsets and sizes, all in bytes.
    """
    blocks = _blocks(simplified, steps, steps[:repeated][-1:])
    scratch = [Block(step.scratch, i, i) for i, step in enumerate(steps)]
    for noted in scratch[:repeated]:
        noted.first, noted.last = 0, len(steps)
    for place in simplified.graph.inputs if repeated else ():
        blocks[simplified.memory[place]].last = repeated - 1
    each = list({id(block): block for block in [*blocks.values(), *scratch] if block.size}.values())
    live = arrange(each, len(steps))
    memory = enumerate(simplified.memory)
    tensors = {i: blocks[root].offset for i, root in memory if root in blocks}
    return Plan(tensors, [block.offset for block in scratch], live, size(each))


def arrange(blocks: list[Block], n_steps: int) -> list[int]:
    """Give each block its offset, as low as `TRIES` orders of placing find.

    Args:
        blocks: in place.
        n_steps: from the first step to the last that any is in use.

    Returns:
        Bytes in use during each step.
    """
    live = [sum(b.bytes for b in blocks if b.first <= i <= b.last) for i in range(n_steps)]
    _place(blocks, max(live, default=0))
    return live


def size(blocks: list[Block]) -> int:
    """Count the bytes that placed blocks take together."""
    return max((block.offset + block.bytes for block in blocks), default=0)


def _place(blocks: list[Block], least: int) -> None:
    """Give each block its offset; ``least`` are the bytes that no order beats."""
    shuffle = random.Random(0).sample
    order = sorted(blocks, key=lambda block: -block.size)
    best, offsets = _tried(order), [block.offset for block in blocks]
    for _ in range(TRIES):
        if best <= least:
            break
        bytes = _tried(shuffle(blocks, len(blocks)))
        if bytes < best:
            best, offsets = bytes, [block.offset for block in blocks]
    for block, offset in zip(blocks, offsets, strict=True):
        block.offset = offset


def _tried(order: list[Block]) -> int:
    """Place blocks in this order, each as low as it fits, and return the bytes of all."""
    for i, block in enumerate(order):
        block.offset = _lowest(block, order[:i])
    return size(order)


def _blocks(simplified: Simplified, steps: list[Step], kept: list[Step]) -> dict[int, Block]:
    """The block of each tensor that is computed or given; one that may lie on another shares it.

    What steps that are ``kept`` give may be asked for again.
    """
    graph, memory = simplified.graph, simplified.memory
    last = {memory[i]: at for at, step in enumerate(steps) for i in step.inputs}
    last |= {memory[i]: len(steps) for i in (*graph.outputs, *(step.output for step in kept))}
    blocks = {
        memory[i]: Block(graph.tensors[i].size, 0, last.get(memory[i], 0)) for i in graph.inputs
    }
    for at, step in enumerate(steps):
        output = memory[step.output]
        if output in blocks:  # a further part of a concatenation
            continue
        size, end = graph.tensors[step.output].size, last.get(output, at)
        ending = [memory[step.inputs[i]] for i in step.over]
        ending = [i for i in ending if i in blocks and blocks[i].last == at]
        if ending:
            blocks[output] = blocks[ending[0]]
            blocks[output].last = end
        else:
            blocks[output] = Block(size, at, end)
    return blocks


def _lowest(block: Block, placed: list[Block]) -> int:
    """The lowest offset where a block meets none that lives at the same time."""
    offset = 0
    for other in sorted(placed, key=lambda other: other.offset):
        together = other.first <= block.last and block.first <= other.last
        if together and other.offset < offset + block.bytes:
            offset = max(offset, other.offset + other.bytes)
    return offset
