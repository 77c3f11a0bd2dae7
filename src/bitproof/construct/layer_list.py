"""A network layer by layer: what the builders of matrices share.

The input is enlarged to fill a good part of [0, 1], constants are made by chains of neurons, and
the output is halved, shifted and doubled as in the march.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from bitproof.construct.fold_matrix_plan import Zoom
from bitproof.construct.march_plan import HALF, OutputPlan
from bitproof.exact import common_denominator
from bitproof.network import Activation, Layer, SparseMatrix
from bitproof.theory.march import InputStage

if TYPE_CHECKING:
    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]

ONE = Fraction(1)


class LayerList:
    """Layers so far; each is named by its number, 0 is the input."""

    def __init__(self) -> None:
        self.layers: list[Layer] = []

    def add(
        self,
        sources: Sequence[int],
        rows: Sequence[Sequence[Fraction | int]],
        bias: Sequence[Fraction | int],
        activation: Activation = Activation.RELU,
    ) -> int:
        """A small layer; the sources ascend and the columns follow them."""
        below = common_denominator(
            [Fraction(value) for value in (*bias, *(w for row in rows for w in row))]
        )
        matrix = SparseMatrix.from_dense(
            [[int(w * below) for w in row] for row in rows], columns=len(rows[0])
        )
        numerators = tuple(int(b * below) for b in bias)
        return self.put(Layer(tuple(sources), matrix, numerators, below, activation))

    def put(self, layer: Layer) -> int:
        self.layers.append(layer)
        return len(self.layers)

    def scaled(self, source: int, weights: Sequence[Fraction]) -> int:
        """Neurons one after the other, each times a weight."""
        for weight in weights:
            source = self.add([source], [[weight]], [0])
        return source


def zoomed(layers: LayerList, zoom: Zoom) -> int:
    """x becomes z in [0, 1]."""
    stage, weight, bias, halvings = zoom.stage
    place = 0
    if stage is InputStage.SPLIT:
        place = layers.add([0], [[1], [-1]], [0, 0])
        for _ in range(halvings):
            place = layers.add([place], [[HALF, 0], [0, HALF]], [0, 0])
        place = layers.add([place], [[1, -1]], [bias])
    else:
        if stage is InputStage.SHIFTED:
            place = layers.add([0], [[weight]], [bias])
        place = layers.scaled(place, [HALF] * halvings)
    for factor, subtracted in zoom.steps:
        place = layers.add([place], [[factor]], [-subtracted])
    return place


def constant_of(layers: LayerList, chain: Sequence[Fraction]) -> int:
    """A constant: the first number of a chain times the others."""
    start = Layer(
        (),
        SparseMatrix.from_rows([()], columns=0),
        (chain[0].numerator,),
        chain[0].denominator,
    )
    return layers.scaled(layers.put(start), chain[1:])


def finish(layers: LayerList, total: int, sink: OutputPlan) -> None:
    """The halvings with the digits of the offset, then the doublings of the signed output."""
    for digit in sink.digits:
        total = layers.add([total], [[HALF]], [-digit])
    if not sink.doublings:
        last = HALF if sink.halvings else ONE
        layers.add([total], [[last]], [-sink.rest], Activation.IDENTITY)
        return
    total = layers.add([total], [[1], [-1]], [-sink.rest, sink.rest])
    total = layers.add([total], [[1, 0], [1, 1], [0, 1]], [0, 0, 0])
    for _ in range(sink.doublings):
        total = layers.add([total], [[1, 1, -1], [1, 1, 1], [-1, 1, 1]], [0, 0, 0])
    layers.add([total], [[1, 0, -1]], [0], Activation.IDENTITY)


def sparse(dense: Integers) -> SparseMatrix:
    """The matrix without its zeros."""
    rows, columns = np.nonzero(dense)
    counts = np.bincount(rows, minlength=len(dense))
    starts = (0, *np.cumsum(counts).tolist())
    return SparseMatrix(
        dense.shape[1], starts, tuple(columns.tolist()), tuple(dense[rows, columns].tolist())
    )
