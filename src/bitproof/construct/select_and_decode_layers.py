"""The layers of a select-and-decode network; every neuron reads what it needs and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from bitproof.construct.fold_matrix_bank import scaling_weights
from bitproof.construct.layer_list import LayerList, constant_of, finish, sparse, zoomed
from bitproof.construct.march_plan import HALF, OutputPlan
from bitproof.construct.select_and_decode_code import Plane, height_numerators, planes
from bitproof.construct.select_and_decode_plan import SelectAndDecodePlan
from bitproof.network import Layer, Network, SparseMatrix
from bitproof.theory.select_and_decode import Digit

if TYPE_CHECKING:
    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]

ONE = Fraction(1)
Edge = tuple[int, Fraction | int]


class _Neurons(LayerList):
    """Layers of one neuron."""

    def neuron(self, edges: Sequence[Edge], bias: Fraction | int = 0) -> int:
        """A neuron; an edge may have the weight 0."""
        ordered = sorted(edges)
        twice = [int(2 * weight) for _, weight in ordered]
        matrix = SparseMatrix.from_dense([twice], columns=len(ordered))
        sources = tuple(source for source, _ in ordered)
        return self.put(Layer(sources, matrix, (int(2 * bias),), 2))


@dataclass(frozen=True, slots=True)
class _Selected:
    """What is selected: the folded position in a cell, the rows and the columns' pulses."""

    wave: int
    rows: tuple[int, ...]
    pulses: tuple[int, ...]


def select_and_decode_network(
    found: SelectAndDecodePlan, nodes: Integers, sink: OutputPlan
) -> Network:
    """The network of a plan, a path and the offset's digits.

    Args:
        nodes: t at the ends of the fine cells: the path is at base/2 + t/4.
    """
    layers = _Neurons()
    place = layers.scaled(zoomed(layers, found.zoom), found.place_weights(found.amplitudes[0]))
    folds = _folded(layers, found, place)
    constants = _constants(layers, found)
    heights = _heights(layers, found, nodes, (folds, constants))
    selected = _Selected(
        folds[-1],
        _rows(layers, found, folds, constants),
        _pulses(layers, found, folds, constants),
    )
    gates = _decoded(layers, found, planes(found, nodes), (selected, constants))
    first, *others = found.output_weights
    signed = [(gate, first if at % 2 == 0 else -first) for at, gate in enumerate(gates)]
    total = layers.scaled(layers.neuron([(heights, first), *signed]), others)
    finish(layers, total, sink)
    return Network(1, tuple(layers.layers), found.form)


def _folded(layers: _Neurons, found: SelectAndDecodePlan, place: int) -> list[int]:
    """The position after every fold: from [0, top] to min(y, top - y), twice that if top is 1."""
    folds = [place]
    for top in found.amplitudes[:-1]:
        factor = ONE if top > 1 else Fraction(2)
        half = layers.neuron([(place, factor)], -factor * top / 2)
        place = layers.neuron([(place, factor), (half, -2)])
        folds.append(place)
    return folds


def _constants(layers: _Neurons, found: SelectAndDecodePlan) -> list[int]:
    first, *others = found.constant_weights
    made = [constant_of(layers, first)]
    for weights in others:
        made.append(layers.scaled(made[-1], weights))
    return made


def _heights(
    layers: _Neurons,
    found: SelectAndDecodePlan,
    nodes: Integers,
    parts: tuple[list[int], list[int]],
) -> int:
    """The polygon through the ends of the cells."""
    folds, constants = parts
    half = layers.scaled(folds[0], found.position_weights)
    position = layers.neuron([(half, 2)])
    clips = _clips(layers, found, layers.scaled(folds[found.column_bits], found.wave_weights))
    bank = [constants[at] for at in found.bank_at]
    matrix, sums = height_numerators(found, nodes)
    digits = [found.bank.digits(value, len(bank)) for value in sums]
    length = np.full((found.columns, 1), found.length, dtype=np.int64)
    rows = np.concatenate(
        (length, matrix, np.array([d for d, _ in digits], dtype=np.int64)), axis=1
    )
    columns = list[int]()
    for part, place in ((slice(0, 1), half), (slice(1, None), position)):
        sources = [place, *clips, *bank]
        order = np.argsort(sources)
        columns.append(
            layers.put(
                Layer(
                    tuple(sorted(sources)),
                    sparse(rows[part][:, order]),
                    tuple(bias for _, bias in digits[part]),
                    2,
                )
            )
        )
    signs = [1 if column % 2 == 0 else -1 for column in range(found.columns)]
    return layers.add(columns, [signs], [0])


def _clips(layers: _Neurons, found: SelectAndDecodePlan, wave: int) -> list[int]:
    """min(1, relu(T - r)) for every row r."""
    clips, segment, last = list[int](), found.segment, found.rows - 1
    for row in range(found.rows):
        place = row % segment
        if row and not place:
            wave = layers.neuron([(wave, 1)], -segment)
        if row == last:
            clips.append(layers.neuron([(wave, 1)], -place))
        else:
            rest = layers.neuron([(wave, -1)], place + 1)
            clips.append(layers.neuron([(rest, -1)], 1))
    return clips


def _digit(
    layers: _Neurons,
    found: SelectAndDecodePlan,
    digit: Digit,
    parts: tuple[list[int], list[int]],
) -> dict[int, int]:
    """The pulses of a digit: 1 on a piece, 0 from 1/E of a piece outside of it.

    With Y the position in pieces, D their number and V the sum of folds for which V + (D/2)Y is
    half the parabola's polygon φ/2: φ/2 less its tangent is V' - (k + 1/2 - D/2)Y + k(k + 1)/2 with
    V' = -V, and the pulse is 1 less E times that.
    """
    folds, constants = parts
    form = found.form
    place = layers.scaled(folds[digit.level], scaling_weights(found.position_scale(digit), form))
    weights, enlarged = found.bow_weights(digit)
    next_folds = folds[digit.level + 1 : digit.level + digit.bits + 1]
    bow = layers.neuron(list(zip(next_folds, weights, strict=True)))
    bow = layers.scaled(bow, enlarged)
    constant = constants[found.constants.index(found.sharp(digit))]
    middle = Fraction((1 << digit.bits) - 1, 2)
    return {
        piece: layers.neuron(
            [(place, piece - middle), (bow, 1), (constant, -piece * (piece + 1) // 2)], 1
        )
        for piece in found.pieces(digit)
    }


def _rows(
    layers: _Neurons, found: SelectAndDecodePlan, folds: list[int], constants: list[int]
) -> tuple[int, ...]:
    """For each row what is α in it and 0 in the others."""
    digits = found.digits
    made = [_digit(layers, found, digit, (folds, constants)) for digit in digits]
    if len(made) == 1:
        return tuple(made[0][row] for row in range(found.rows))
    return tuple(
        layers.neuron(
            [
                (pulses[found.row_digit(row, digit)], HALF)
                for digit, pulses in zip(digits, made, strict=True)
            ],
            -HALF * (len(digits) - 1),
        )
        for row in range(found.rows)
    )


def _pulses(
    layers: _Neurons, found: SelectAndDecodePlan, folds: list[int], constants: list[int]
) -> tuple[int, ...]:
    """For each column what is S in it and 0 in the others."""
    digits, height = found.column_digits, found.gate.pulse
    made = [_digit(layers, found, digit, (folds, constants)) for digit in digits]
    return tuple(
        layers.neuron(
            [
                (pulses[found.column_digit(column, digit)], height)
                for digit, pulses in zip(digits, made, strict=True)
            ],
            -height * (len(digits) - 1),
        )
        for column in range(found.first, found.first + found.columns)
    )


def _decoded(
    layers: _Neurons,
    found: SelectAndDecodePlan,
    strings: Sequence[Plane],
    parts: tuple[_Selected, list[int]],
) -> list[int]:
    """The gates of all bits: rising and mean by turns."""
    selected, constants = parts
    times = _times(layers, found, selected.wave)
    guard = _guard(layers, found, selected.wave) if found.guarded else []
    gates, at = list[int](), 0
    for plane, bits, whole in zip(strings, found.strings, found.full, strict=True):
        word = _word(layers, found, plane, selected)
        extra = list[Edge]()
        if whole:
            shift = constants[found.shift_at]
            word = _unshifted(layers, found.form.bits, word, shift)
            extra = [(shift, -1)]
        for bit in range(bits):
            top = Fraction(1 << (bits - bit - 1)) - HALF
            bias = HALF if extra else -top
            above = layers.neuron([(word, 1), *extra], bias)
            extra = []
            if bit < bits - 1:
                word = layers.neuron([(word, 1), (above, -2)])
            following = [(time, -HALF) for time in times[at + 1 : at + 2]]
            closing = [(above, -1), *guard]
            gates.append(layers.neuron([(times[at], HALF), *following, *closing]))
            gates.append(layers.neuron([(selected.wave, HALF), *closing]))
            at += 1
    return gates


def _word(layers: _Neurons, found: SelectAndDecodePlan, plane: Plane, selected: _Selected) -> int:
    """The string that is selected."""
    columns = list[int]()
    order = np.argsort(selected.rows)
    rows = sorted(selected.rows)
    for entries, weight, bias, pulse in zip(
        plane.entries, plane.weights, plane.biases, selected.pulses, strict=True
    ):
        numerators = [*entries[order].tolist(), int(2 * weight)]
        matrix = SparseMatrix.from_dense([numerators], columns=len(numerators))
        columns.append(layers.put(Layer((*rows, pulse), matrix, (int(2 * bias),), 2)))
    scale = 2 / found.height
    return layers.neuron([(column, scale) for column in columns])


def _unshifted(layers: _Neurons, bits: int, word: int, shift: int) -> int:
    """A whole number below 2^(bits + 1) modulo 2^bits; `shift` is 2^(bits - 1)."""
    ends = layers.add([shift, word], [[-4, 2], [-4, 2]], [2, 0])
    first = 1 << ((bits - 1) // 2)
    over = layers.add([ends], [[first, -first]], [0])
    return layers.neuron([(word, 1), (over, -Fraction(1 << (bits - 1), first))])


def _guard(layers: _Neurons, found: SelectAndDecodePlan, wave: int) -> list[Edge]:
    """At least 1 where strings may be garbage, 0 from twice as far from the end of the cell on."""
    half = layers.neuron([(wave, 2)], -1)
    distance = layers.neuron([(wave, 2), (half, -2)])
    distance = layers.scaled(distance, found.guard_weights)
    return [(layers.neuron([(distance, -1)], 2), -1)]


def _times(layers: _Neurons, found: SelectAndDecodePlan, wave: int) -> list[int]:
    """relu(Aτ - j) for j = 0..A - 1."""
    made = [layers.scaled(wave, found.length_weights)]
    for at in range(1, found.length):
        back = min(at, found.segment)
        made.append(layers.neuron([(made[at - back], 1)], -back))
    return made
