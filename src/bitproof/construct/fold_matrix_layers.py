"""The layers of a fold matrix network; skip connections carry the position and the constants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from bitproof.construct.fold_matrix_plan import FoldMatrixPlan, shape_of
from bitproof.construct.layer_list import LayerList, constant_of, finish, sparse, zoomed
from bitproof.construct.march_plan import OutputPlan
from bitproof.network import Layer, Network, SparseMatrix

if TYPE_CHECKING:
    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]

ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class MatrixPath:
    """A path on the columns of a plan.

    Attributes:
        nodes: t at the ends of the cells: the path is at base + granule·t/2.
        base: in granules, an integer.
    """

    nodes: Integers
    base: int


def fold_matrix_network(found: FoldMatrixPlan, path: MatrixPath, sink: OutputPlan) -> Network:
    """The network of a plan, a path and the offset's digits."""
    layers = LayerList()
    place = zoomed(layers, found.zoom)
    bank = [constant_of(layers, channel.chain) for channel in found.bank.channels]
    position = layers.scaled(place, found.position_weights)
    wave = _folded(layers, found, place)
    sums = _blocks(layers, found, path, (position, wave, *bank))
    _output_layers(layers, found, sums, sink)
    return Network(1, tuple(layers.layers), found.form)


def _blocks(
    layers: LayerList, found: FoldMatrixPlan, path: MatrixPath, named: tuple[int, ...]
) -> list[int]:
    """The rows and the columns, once for each block; the sum of all blocks but the last, and the
    columns of the last."""
    position, wave, *bank = named
    waves = [wave]
    for _ in range(shape_of(found, 0, 0).passes):
        waves.append(layers.add([waves[-1]], [[ONE]], [0]))
    matrix, constants = column_numerators(found, path)
    start, sums = 0, list[int]()
    for block, size in enumerate(found.blocks):
        # T as the columns read it; the rows of later blocks read the one a layer before
        at = len(waves) - 1 - 2 * (len(found.blocks) - 1 - block)
        rows = layers.put(_row_layer(found, waves[at - 1] if block else wave, bank))
        part = slice(start, start + size)
        read = (position, waves[at], rows, *bank)
        columns = layers.put(_column_layer(found, matrix[part], constants[part], read, start))
        if block < len(found.blocks) - 1:
            signs = _signs(start, size, ONE)
            sums = [layers.add([*sums, columns], [[ONE] * len(sums) + signs], [0])]
        else:
            sums.append(columns)
        start += size
    return sums


def _signs(start: int, size: int, weight: Fraction) -> list[Fraction]:
    """What the columns from `start` on count, even ones positive."""
    return [weight if column % 2 == 0 else -weight for column in range(start, start + size)]


def _folded(layers: LayerList, found: FoldMatrixPlan, place: int) -> int:
    """T: each fold is |scale·u - scale·(largest u)/2| as two neurons."""
    top, inputs = ONE, 1
    for scale in found.fold_scales:
        top = scale * top / 2
        place = layers.add([place], [[scale] * inputs, [-scale] * inputs], [-top, top])
        inputs = 2
    first, *others = found.amplitude_weights
    return layers.scaled(layers.add([place], [[first, first]], [0]), others)


def _row_layer(found: FoldMatrixPlan, wave: int, bank: Sequence[int]) -> Layer:
    """relu(T - r), r = 1..R - 1, from T and the first constants."""
    count, below = found.row_constants, found.form.denominator
    sources = sorted([wave, *bank[:count]])
    at_wave, *at_bank = (sources.index(source) for source in (wave, *bank[:count]))
    rows, biases = list[list[tuple[int, int]]](), list[int]()
    for row in range(1, found.rows):
        digits, bias = found.bank.digits(-row * below, count)
        rows.append([(at_wave, below), *zip(at_bank, digits, strict=True)])
        biases.append(bias)
    return Layer(
        tuple(sources), SparseMatrix.from_rows(rows, columns=len(sources)), tuple(biases), below
    )


def column_numerators(found: FoldMatrixPlan, path: MatrixPath) -> tuple[Integers, list[int]]:
    """The matrix of N_c in f_0..f_{R-1}, in units of 2^-b, and the constants in granules."""
    matrix, constants = path_numerators(path.nodes, found.rows, found.columns, found.levels)
    turned = found.levels * found.first * found.rows
    constants = [constant - turned for constant in constants]
    constants[0] += path.base + turned // 2
    return matrix, constants


def path_numerators(
    nodes: Integers, height: int, wide: int, levels: int
) -> tuple[Integers, list[int]]:
    """As `column_numerators`, for a path above 0 whose first column starts at X = 0.

    Args:
        nodes: heights in half-granules at the ends of the cells.
        height, wide: R (even) and C.
        levels: m, odd.
    """
    slopes = np.diff(nodes).reshape(wide, height)
    slopes[::2] = -slopes[::2, ::-1]
    changes = np.diff(slopes, axis=1, prepend=0)
    signs = np.where(np.arange(wide) % 2 == 0, 1, -1)
    matrix = changes.copy()
    matrix[1:] -= changes[:-1]
    matrix[0, 0] += levels
    matrix = matrix * signs[:, None] // 2
    constants = [int(nodes[height]) // 2 - levels * height // 2]
    for column in range(1, wide):
        constant = -levels * column * height
        if column % 2 == 0:
            ends = int(nodes[(column + 1) * height]) - int(nodes[(column - 1) * height])
            constant += ends // 2
        constants.append(constant)
    return matrix, constants


def _column_layer(
    found: FoldMatrixPlan,
    matrix: Integers,
    constants: Sequence[int],
    named: Sequence[int],
    start: int,
) -> Layer:
    """The N_c of a block, from X/2, T, the other rows, the constants (`named`, in this order)."""
    starts = dict[int, int]()
    at = 0
    for source in sorted(named):
        starts[source] = at
        at += found.rows - 1 if source == named[2] else 1
    where = np.array(
        [starts[named[1]], *range(starts[named[2]], starts[named[2]] + found.rows - 1)]
    )
    dense = np.zeros((len(matrix), at), dtype=np.int64)
    dense[:, where] = matrix
    dense[:, starts[named[0]]] = 2 * found.levels
    if start == 0:
        dense[0, starts[named[0]]] = found.levels
    biases = list[int]()
    channels = len(found.bank.channels)
    for row, constant in enumerate(constants):
        digits, bias = found.bank.digits(constant, channels)
        dense[row, [starts[source] for source in named[3:]]] = digits
        biases.append(bias)
    return Layer(tuple(sorted(named)), sparse(dense), tuple(biases), found.form.denominator)


def _output_layers(
    layers: LayerList, found: FoldMatrixPlan, sums: Sequence[int], sink: OutputPlan
) -> None:
    """Σ σ_c·N_c times the odd numbers, then the halvings and the offset as in the march."""
    first, *others = found.output_weights
    size = found.blocks[-1]
    row = [first] * (len(sums) - 1) + _signs(found.columns - size, size, first)
    total = layers.scaled(layers.add(sums, [row], [0]), others)
    finish(layers, total, sink)
