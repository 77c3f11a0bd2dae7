"""The layers of a comb matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from bitproof.construct.comb_constants import Digits, chain_of
from bitproof.construct.comb_matrix_class import METHOD, ClassCombMatrix
from bitproof.construct.construction import Construction
from bitproof.construct.fold_matrix_layers import path_numerators
from bitproof.construct.layer_list import LayerList, constant_of, sparse, zoomed
from bitproof.construct.march import lipschitz_constant
from bitproof.construct.march_class import require_member
from bitproof.construct.march_code import Samples
from bitproof.construct.march_plan import floor_log2
from bitproof.construct.path_code import nearest_path
from bitproof.errors import NoDesignError
from bitproof.exact import to_float
from bitproof.network import Activation, Layer, Network

if TYPE_CHECKING:
    import numpy.typing as npt

    from bitproof.target.target import Target

    Integers = npt.NDArray[np.int64]


def build(target: Target, plan: ClassCombMatrix) -> Construction:
    """The network of a function of the family.

    Raises:
        InputError: the function is not of the family.
        NoDesignError: its values leave the family's range.
    """
    require_member(target, lipschitz_constant(target), plan.family)
    form, comb = plan.form, plan.comb
    matrix, heights = path_numerators(_nodes(target, plan), comb.rows, comb.columns, plan.levels)
    layers = LayerList()
    boost = Fraction(1 << floor_log2(form.largest))
    place = layers.scaled(zoomed(layers, plan.zoom), [boost] * comb.scalings)
    constants = {e: constant_of(layers, chain_of(e, form)) for e in plan.constants}
    below = form.denominator
    teeth = np.full((comb.columns, 1), int(comb.speed * below))
    starts = [-column for column in range(comb.columns)]
    teeth_at = _layer(layers, plan, place, teeth, (starts, plan.comb_digits), constants)
    rows_at = _rows(layers, plan, teeth_at, constants)
    columns = np.zeros((comb.columns, comb.rows + 1), dtype=np.int64)
    columns[:, : comb.rows] = matrix
    columns[:, comb.rows] = 2 * plan.levels
    columns[0, comb.rows] = plan.levels
    total = _layer(layers, plan, rows_at, columns, (heights, plan.column_digits), constants)
    _output(layers, plan, total)
    return Construction(METHOD, Network(1, tuple(layers.layers), form), plan.error, plan.cells)


def _nodes(target: Target, plan: ClassCombMatrix) -> Integers:
    """The path above the offset, in half-granules.

    Raises:
        NoDesignError: it falls below 0.
    """
    start = plan.family.domain.lower - plan.zoom.lower / plan.zoom.stretch
    points = to_float(start) + to_float(plan.cell) * np.arange(plan.cells + 1)
    values = Samples(target).at(points) + to_float(plan.offset)
    nodes = nearest_path(values / to_float(plan.granule / 2), plan.levels)
    if int(nodes.min()) < 0:
        raise NoDesignError(f"{target.text} leaves the range", remedy="plan for the range")
    return nodes


def _rows(
    layers: LayerList, plan: ClassCombMatrix, teeth_at: int, constants: Mapping[int, int]
) -> int:
    """relu(T - r·t), r < R, and μX/2 from the comb."""
    rows, columns, below = plan.comb.rows, plan.comb.columns, plan.form.denominator
    speed = int(plan.comb.amplitude * below)
    wave = [-speed, *(2 * speed if column % 2 else -2 * speed for column in range(1, columns))]
    weights = np.array([wave] * rows + [[speed // 2] + [0] * (columns - 1)])
    thresholds = [*range(rows, 0, -1), 0]
    return _layer(layers, plan, teeth_at, weights, (thresholds, plan.row_digits), constants)


def _layer(
    layers: LayerList,
    plan: ClassCombMatrix,
    source: int,
    weights: Integers,
    biases: tuple[Sequence[int], Digits],
    constants: Mapping[int, int],
) -> int:
    """A layer that reads one other and the constants its biases take."""
    values, digits = biases
    split = [digits.of(value) for value in values]
    parts = {source: weights}
    for number, exponent in enumerate(digits.exponents):
        parts[constants[exponent]] = np.array([[numerators[number]] for numerators, _ in split])
    sources = tuple(sorted(parts))
    dense = np.hstack([parts[at] for at in sources]).astype(np.int64)
    offsets = tuple(bias for _, bias in split)
    return layers.put(Layer(sources, sparse(dense), offsets, plan.form.denominator))


def _output(layers: LayerList, plan: ClassCombMatrix, columns_at: int) -> None:
    """ω·Σ σ_c·N_c, made smaller by the tail, minus the offset."""
    signs = [plan.output if c % 2 == 0 else -plan.output for c in range(plan.comb.columns)]
    row, source = [signs], columns_at
    for _ in range(plan.comb.tail):
        source = layers.add([source], row, [0])
        row = [[Fraction(1, plan.form.denominator)]]
    layers.add([source], row, [-plan.offset], Activation.IDENTITY)
