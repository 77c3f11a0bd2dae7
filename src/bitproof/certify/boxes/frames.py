"""Which lattice a partition begins with: one whose diagonals follow the network's kinks.

Cuts lie on x_i = c or x_i/s_i - x_j/s_j = c for the steps s of the lattice. A neuron that is affine
in two inputs has kinks along diagonals for one ratio of their steps, negative where the slopes have
the same sign; the most frequent one is taken, as if no ReLU before did anything. Any choice is
sound; a good one saves cells.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

from bitproof.certify.boxes.cells import Frame
from bitproof.exact.box import Box
from bitproof.network.network import Network

Slopes = tuple[Fraction, ...]
MAX_STEPS = 1 << 16
MAX_BITS = 64


def frame_for(network: Network, box: Box) -> Frame:
    """The lattice to begin with: the sides of the box as steps, or steps in the network's ratio.

    >>> from bitproof.network import Layer, SparseMatrix
    >>> tilted = Layer((0,), SparseMatrix.from_dense([[3, -2]], columns=2), (0,))
    >>> frame_for(Network(2, (tilted,)), Box.unit(2)).counts
    (3, 2)
    >>> summed = Layer((0,), SparseMatrix.from_dense([[1, 1]], columns=2), (-1,))
    >>> [str(step) for step in frame_for(Network(2, (summed,)), Box.unit(2)).step]
    ['1', '-1']
    """
    plain = Frame.of(box, 1)
    ratios = _ratios(network)
    if all(ratio is None for ratio in ratios):
        return plain
    steps = [box.widths[0]]
    for ratio, width in zip(ratios, box.widths[1:], strict=True):
        steps.append(width if ratio is None else box.widths[0] * ratio)
    counts = [abs(width / step) for width, step in zip(box.widths, steps, strict=True)]
    factor = Fraction(1)
    for count in counts:
        factor *= (count * factor).denominator
    scaled = tuple(int(count * factor) for count in counts)
    if max(scaled) > MAX_STEPS:
        return plain
    origin = (side.lower if s > 0 else side.upper for side, s in zip(box.sides, steps, strict=True))
    return Frame(tuple(origin), tuple(step / factor for step in steps), scaled)


def _ratios(network: Network) -> list[Fraction | None]:
    """The steps of the inputs but the first, over that of the first one: for every pair of inputs
    the most frequent ratio counts."""
    votes: dict[tuple[int, int], Counter[Fraction]] = {}
    for slopes in _arguments(network):
        moving = [axis for axis, slope in enumerate(slopes) if slope]
        if len(moving) == 2:
            i, j = moving
            votes.setdefault((i, j), Counter())[-slopes[i] / slopes[j]] += 1
    known: list[Fraction | None] = [Fraction(1)]
    for axis in range(1, network.inputs):
        found = None
        for before, ratio in enumerate(known):
            counted = votes.get((before, axis))
            if counted and ratio is not None and found is None:
                found = ratio * counted.most_common(1)[0][0]
        known.append(found)
    return known[1:]


def _arguments(network: Network) -> list[Slopes]:
    """The slopes every neuron's argument would have if no ReLU did anything."""
    inputs = network.inputs
    known: list[list[Slopes | None]] = [
        [tuple(Fraction(int(i == axis)) for i in range(inputs)) for axis in range(inputs)]
    ]
    arguments = list[Slopes]()
    for layer in network.layers:
        read = [value for source in layer.sources for value in known[source]]
        values = [
            _combined(layer.matrix.row(row), read, layer.denominator, inputs)
            for row in range(layer.width)
        ]
        arguments += [slopes for slopes in values if slopes is not None]
        known.append(values)
    return arguments


def _combined(
    entries: tuple[tuple[int, int], ...],
    read: list[Slopes | None],
    denominator: int,
    inputs: int,
) -> Slopes | None:
    slopes = [Fraction(0)] * inputs
    for column, numerator in entries:
        value = read[column]
        if value is None:
            return None
        weight = Fraction(numerator, denominator)
        slopes = [a + weight * b for a, b in zip(slopes, value, strict=True)]
    if any(s.denominator.bit_length() > MAX_BITS for s in slopes):
        return None
    return tuple(slopes)
