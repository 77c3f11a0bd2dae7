"""Golden vectors: inputs with the exact outputs, to run through every exported artefact.

Random inputs hardly ever come near an accumulator's bound, so they miss overflow. These vectors
therefore include, besides the ends, 0 and seeded random levels, the inputs found to bring some
accumulator closest to the edge: the network's integer form is run on candidates, and those with
the largest |accumulator| are kept and improved by a short local search.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from bitproof.execute import reference
from bitproof.execute.fast import Engine
from bitproof.execute.ranges import InputGrid, RangeAnalysis
from bitproof.interop.live import LiveNetwork, Quantizer, live_network
from bitproof.network import Network

REFERENCE_OPERATIONS = 200_000
CANDIDATE_OPERATIONS = 4_000_000
MOST_CANDIDATES = 4096
SEARCH_ROUNDS = 4
SEARCHED_NEURONS = 1000
ROUNDING_COST = 50


@dataclass(frozen=True, slots=True)
class GoldenVector:
    """One input and its exact outputs.

    Attributes:
        levels: the input, in steps of the grid.
        outputs: the exact outputs.
        reason: why it is in: `end`, `zero`, `random` or `extreme`.
    """

    levels: tuple[int, ...]
    outputs: tuple[Fraction, ...]
    reason: str


def golden_vectors(
    network: Network,
    grid: InputGrid,
    *,
    count: int = 48,
    seed: int = 0,
    engine: Engine | None = None,
) -> tuple[GoldenVector, ...]:
    """At most `count` vectors (at least the ends), without repetition, always the same.

    The outputs come from `bitproof.execute.reference`, the definition; for networks with too many
    weights for that from the engine, which equals it. An engine that was made for this network
    and grid may be given, to save making it again.

    Raises:
        InputError: the grid does not fit the network.

    >>> from bitproof.network import Layer, SparseMatrix, Activation
    >>> hinge = Layer((0,), SparseMatrix.from_dense([[2]], columns=1), (-1,), denominator=2)
    >>> grid = InputGrid((Fraction(0),), (Fraction(1),), Fraction(1, 8))
    >>> for vector in golden_vectors(Network(1, (hinge,)), grid, count=3):
    ...     print(vector)
    GoldenVector(levels=(0,), outputs=(Fraction(0, 1),), reason='end')
    GoldenVector(levels=(8,), outputs=(Fraction(1, 2),), reason='end')
    GoldenVector(levels=(6,), outputs=(Fraction(1, 4),), reason='random')
    """
    engine = engine or Engine(network, grid)
    live = live_network(network, engine.analysis)
    extremes = _extremes(live, engine.analysis, grid, seed)
    chosen = dict(_ends(grid))
    _fill(chosen, _zero(grid), len(chosen) + 1)
    randoms = _random(grid, seed, 2 * count)
    _fill(chosen, randoms, count - count // 3)
    _fill(chosen, ((levels, "extreme") for levels in extremes), count)
    _fill(chosen, randoms, count)
    inputs = list(chosen)
    outputs = _outputs(network, engine, grid, inputs)
    return tuple(
        GoldenVector(levels, values, chosen[levels])
        for levels, values in zip(inputs, outputs, strict=True)
    )


def _fill(
    chosen: dict[tuple[int, ...], str], more: Iterator[tuple[tuple[int, ...], str]], count: int
) -> None:
    """Adds inputs that are not there yet until there are `count`, or no more."""
    while len(chosen) < count:
        levels, reason = next(more, (None, ""))
        if levels is None:
            return
        chosen.setdefault(levels, reason)


def _outputs(
    network: Network, engine: Engine, grid: InputGrid, inputs: Sequence[tuple[int, ...]]
) -> list[tuple[Fraction, ...]]:
    weights = sum(layer.matrix.nonzero_entries + layer.width for layer in network.layers)
    if weights * len(inputs) <= REFERENCE_OPERATIONS:
        return [
            reference.evaluate(network, [level * grid.step for level in levels])
            for levels in inputs
        ]
    integers = engine.run(np.array(inputs, object)).tolist()
    return [
        tuple(int(k) * granule for k, granule in zip(row, engine.output_granules, strict=True))
        for row in integers
    ]


def _ends(grid: InputGrid) -> Iterator[tuple[tuple[int, ...], str]]:
    """All corners of the box for up to 3 inputs, else the two main ones."""
    low, high = grid.lowest_levels, grid.highest_levels
    corners: Iterable[tuple[int, ...]] = (low, high)
    if grid.inputs <= 3:
        corners = itertools.product(*zip(low, high, strict=True))
    for corner in corners:
        yield tuple(corner), "end"


def _zero(grid: InputGrid) -> Iterator[tuple[tuple[int, ...], str]]:
    levels = (0,) * grid.inputs
    if _inside(grid, levels):
        yield levels, "zero"


def _random(grid: InputGrid, seed: int, count: int) -> Iterator[tuple[tuple[int, ...], str]]:
    generator = random.Random(seed)
    for _ in range(count):
        yield _draw(grid, generator), "random"


def _draw(grid: InputGrid, generator: random.Random) -> tuple[int, ...]:
    return tuple(
        generator.randint(low, high)
        for low, high in zip(grid.lowest_levels, grid.highest_levels, strict=True)
    )


def _inside(grid: InputGrid, levels: Sequence[int]) -> bool:
    return all(
        low <= level <= high
        for low, level, high in zip(grid.lowest_levels, levels, grid.highest_levels, strict=True)
    )


def _extremes(
    live: LiveNetwork, analysis: RangeAnalysis, grid: InputGrid, seed: int
) -> list[tuple[int, ...]]:
    """Inputs that bring some accumulator closest to the edge, the closest first."""
    size = sum(
        len(neuron.sources) + (1 if neuron.quantizer is None else ROUNDING_COST)
        for neuron in live.neurons
    )
    budget = min(MOST_CANDIDATES, max(8, CANDIDATE_OPERATIONS // (size * (SEARCH_ROUNDS + 1))))
    best = [(0, grid.lowest_levels)] * len(live.neurons)
    known = set[tuple[int, ...]]()
    candidates = _candidates(grid, seed, budget)
    span = max(
        high - low for low, high in zip(grid.lowest_levels, grid.highest_levels, strict=True)
    )
    rounds = SEARCH_ROUNDS if len(live.neurons) <= SEARCHED_NEURONS else 1
    for round_number in range(rounds):
        known.update(candidates)
        found = _largest_accumulators(live, analysis, candidates)
        best = [
            max(old, new, key=lambda pair: pair[0]) for old, new in zip(best, found, strict=True)
        ]
        reach = max(1, span >> (3 * round_number + 3))
        candidates = _neighbours(grid, _ranked(best)[: max(1, budget // 4)], reach, known)
        if not candidates:
            break
    return _ranked(best)


def _ranked(best: list[tuple[int, tuple[int, ...]]]) -> list[tuple[int, ...]]:
    """The inputs that are the largest for some neuron, without repetition, the largest first."""
    return list(dict.fromkeys(levels for _, levels in sorted(best, reverse=True)))


def _candidates(grid: InputGrid, seed: int, budget: int) -> list[tuple[int, ...]]:
    """The whole grid where it is small, else even steps along the box and random levels."""
    sides = [
        high - low + 1 for low, high in zip(grid.lowest_levels, grid.highest_levels, strict=True)
    ]
    if grid.inputs == 1 and sides[0] <= budget:
        return [(level,) for level in range(grid.lowest_levels[0], grid.highest_levels[0] + 1)]
    generator = random.Random(seed + 1)
    found = {corner for corner, _ in _ends(grid)}
    if grid.inputs == 1:
        low, half = grid.lowest_levels[0], max(1, budget // 2)
        found |= {(low + index * (sides[0] - 1) // half,) for index in range(half)}
    found |= {_draw(grid, generator) for _ in range(budget)}
    return sorted(found)[:: max(1, len(found) // budget)]


def _neighbours(
    grid: InputGrid, ranked: Sequence[tuple[int, ...]], reach: int, known: set[tuple[int, ...]]
) -> list[tuple[int, ...]]:
    found = set[tuple[int, ...]]()
    for levels in ranked:
        for index, offset in itertools.product(range(grid.inputs), (-reach, -1, 1, reach)):
            moved = (*levels[:index], levels[index] + offset, *levels[index + 1 :])
            if moved not in known and _inside(grid, moved):
                found.add(moved)
    return sorted(found)


def _largest_accumulators(
    live: LiveNetwork, analysis: RangeAnalysis, candidates: Sequence[tuple[int, ...]]
) -> list[tuple[int, tuple[int, ...]]]:
    """Per neuron the largest |accumulator| the candidates reach, and the first that does."""
    dtype = np.int64 if analysis.magnitude < 1 << 62 else object
    columns = np.array(candidates, dtype).T
    values: list[NDArray[np.generic] | None] = list(columns)
    last = _last_readers(live)
    reached = list[tuple[int, tuple[int, ...]]]()
    for number, neuron in enumerate(live.neurons, start=live.inputs):
        total = np.full(len(candidates), neuron.bias, dtype)
        for source, weight in zip(neuron.sources, neuron.weights, strict=True):
            total += weight * values[source]  # type: ignore[operator]
        place = int(np.argmax(np.abs(total)))
        reached.append((abs(int(total[place])), candidates[place]))
        quantizer = neuron.quantizer
        if quantizer is not None:
            values.append(_quantized(quantizer, total, neuron.levels_per_sum))
        else:
            values.append(np.maximum(total, 0) if neuron.relu else total)
        for source in neuron.sources:
            if last[source] == number:
                values[source] = None
    return reached


def _quantized(
    quantizer: Quantizer, sums: NDArray[np.generic], levels_per_sum: Fraction
) -> NDArray[np.generic]:
    """The values of sums, in levels. Equal sums are rounded once."""
    different, places = np.unique(sums, return_inverse=True)
    levels = [quantizer.level(int(one) * levels_per_sum) for one in different]
    return np.array(levels, sums.dtype)[places]


def _last_readers(live: LiveNetwork) -> list[int]:
    last = [0] * (live.inputs + len(live.neurons))
    for number, neuron in enumerate(live.neurons, start=live.inputs):
        for source in neuron.sources:
            last[source] = number
    return last
