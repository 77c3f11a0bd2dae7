"""Which lattice a partition begins with: one whose diagonals follow the network's kinks.

Cuts lie on x_i = c or x_i/s_i - x_j/s_j = c for the steps s of the lattice. A neuron that is affine
in two inputs has kinks along diagonals for one ratio of their steps, negative where the slopes have
the same sign; the most frequent one is taken. Any choice is sound; a good one saves cells.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

from bitproof.certify.boxes.cells import Frame
from bitproof.exact.box import Box
from bitproof.network.layer import Activation
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
    ratios = [_ratio(network, axis, box) for axis in range(1, box.dimension)]
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


def _ratio(network: Network, axis: int, box: Box) -> Fraction | None:
    """The most frequent step of an input over that of the first one."""
    found = Counter[Fraction]()
    for slopes in _affine_arguments(network, box):
        first, other = slopes[0], slopes[axis]
        if first and other:
            found[-first / other] += 1
    return found.most_common(1)[0][0] if found else None


def _affine_arguments(network: Network, box: Box) -> list[Slopes]:
    """The slopes of every neuron's argument that is affine in the inputs on the whole box, as far
    as sums of such neurons show it."""
    inputs = network.inputs
    units = [
        (tuple(Fraction(int(i == axis)) for i in range(inputs)), Fraction(0))
        for axis in range(inputs)
    ]
    known: list[list[tuple[Slopes, Fraction] | None]] = [list(units)]
    arguments = []
    for layer in network.layers:
        read = [value for source in layer.sources for value in known[source]]
        row_values: list[tuple[Slopes, Fraction] | None] = []
        for row in range(layer.width):
            entries, bias = layer.matrix.row(row), layer.bias[row]
            total = _combined(entries, read, bias, layer.denominator, inputs)
            if total is not None:
                arguments.append(total[0])
                if layer.activation is Activation.RELU:
                    total = _rectified(total, box)
            row_values.append(total)
        known.append(row_values)
    return arguments


def _combined(
    entries: tuple[tuple[int, int], ...],
    read: list[tuple[Slopes, Fraction] | None],
    bias: int,
    denominator: int,
    inputs: int,
) -> tuple[Slopes, Fraction] | None:
    slopes = [Fraction(0)] * inputs
    offset = Fraction(bias, denominator)
    for column, numerator in entries:
        value = read[column]
        if value is None:
            return None
        weight = Fraction(numerator, denominator)
        offset += weight * value[1]
        slopes = [a + weight * b for a, b in zip(slopes, value[0], strict=True)]
    if any(s.denominator.bit_length() > MAX_BITS for s in slopes):
        return None
    return tuple(slopes), offset


def _rectified(value: tuple[Slopes, Fraction], box: Box) -> tuple[Slopes, Fraction] | None:
    """The neuron, if its argument has one sign on the box."""
    slopes, offset = value
    ends = [
        sorted((slope * side.lower, slope * side.upper))
        for slope, side in zip(slopes, box.sides, strict=True)
    ]
    if offset + sum(low for low, _ in ends) >= 0:
        return value
    if offset + sum(high for _, high in ends) <= 0:
        return (Fraction(0),) * len(slopes), Fraction(0)
    return None
