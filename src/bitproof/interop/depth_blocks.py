"""Neurons that can be computed by one matrix product: of one depth, finished in one way."""

from __future__ import annotations

from collections.abc import Iterator

from bitproof.interop.live import LiveNetwork, Quantizer

SPLIT_SLACK = 1 << 16
SPLIT_RATIO = 64


def depth_blocks(live: LiveNetwork) -> Iterator[list[int]]:
    """Values of one depth and one kind of activation and rounding, split where a dense matrix
    would be mostly zeros."""
    groups = dict[tuple[int, int, bool], list[int]]()
    kinds = dict[Quantizer | None, int]()
    depth = live.levels()
    for value, neuron in enumerate(live.neurons, start=live.inputs):
        kind = kinds.setdefault(neuron.quantizer, len(kinds))
        groups.setdefault((depth[value], kind, neuron.relu), []).append(value)
    for key in sorted(groups):
        yield from _split(live, groups[key])


def _split(live: LiveNetwork, values: list[int]) -> Iterator[list[int]]:
    edges = sum(len(live.neuron(value).sources) for value in values)
    columns = len({source for value in values for source in live.neuron(value).sources})
    if len(values) == 1 or len(values) * columns <= SPLIT_RATIO * edges + SPLIT_SLACK:
        yield values
        return
    half = len(values) // 2
    yield from _split(live, values[:half])
    yield from _split(live, values[half:])
