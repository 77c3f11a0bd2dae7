"""The comb matrix: the fold matrix at depth 4, its triangle wave made by one layer of hinges.

With X = w·2^e·z, z the input moved into [0, 1], and P the length of a column in X,

    comb        p_c = relu(X - cP), c < C:    T = μ·(P - p_0 + 2·p_1 - 2·p_2 + ...) is the triangle
                wave of `bitproof.theory.fold_matrix`, for it turns at every cP
    rows        f_r = relu(T - r·t), r < R, R·t = μP, and the position relu(μ·p_0/2)
    columns     N_c, as there: Σ_c σ_c·N_c = path + base
    output      ω·Σ_c σ_c·N_c - offset.

T is linear in the comb, so the rows read the comb itself and the wave costs no layer: R·C cells
take four affine maps, where folds take log2 C + 4 and more. That N_c has the sign of X - cP, and
with it the sum, is proved in `bitproof.theory.fold_matrix`; only the way T is made differs. The
price is a second matrix, R x C, and that no factor grows X or T: places, thresholds and constants
must be as coarse as biases and short chains of constants allow. Layers in front that enlarge X, and
the longer chains that they leave time for, allow cells as fine as one likes.

**Constants.** A constant neuron of a chain of n layers is 2^-i, i ≤ n·b, or 2^i, i ≤ n·log2(largest
power of two). Biases and numerators of weights times such constants are digits: with M the largest
numerator, units u_0 = 1, u_i ≤ 2M·(u_0 + ... + u_(i-1)) + 1 leave no gap.

The offset is the class's own: the least multiple of 2^-b that keeps path + base ≥ 0; which node of
the lattice the path starts at is told by the constant of N_0.
"""

from __future__ import annotations

from dataclasses import dataclass

from bitproof.theory.ledger import Ledger, enter, several
from bitproof.theory.march import InputStage


@dataclass(frozen=True, slots=True)
class CombMatrixShape:
    """What the sizes of a comb matrix depend on.

    Attributes:
        rows, columns: R and C.
        input_stage, input_halvings, zooms: as for the fold matrix.
        scalings: layers that enlarge z before the comb.
        constants: the length of each chain of constants.
        comb_reads, row_reads, column_reads: which constants (by number) the layers read.
        tail: layers that make the sum smaller.

    >>> plain = CombMatrixShape(4, 4, InputStage.PLAIN, 0, 0, 0, (), (), (), (), 0)
    >>> plain.depth, plain.width, plain.dense_weights
    (4, 5, 62)
    """

    rows: int
    columns: int
    input_stage: InputStage
    input_halvings: int
    zooms: int
    scalings: int
    constants: tuple[int, ...]
    comb_reads: tuple[int, ...]
    row_reads: tuple[int, ...]
    column_reads: tuple[int, ...]
    tail: int

    def _counted(self) -> Ledger:
        ledger = Ledger()
        ends = list[str]()
        for number, length in enumerate(self.constants):
            first = ledger.add(f"constant.{number}", 1, {})
            ends.append(ledger.chain(f"constant.{number}", first, length - 1))
        place = enter(ledger, self.input_stage, self.input_halvings, self.zooms)
        place = ledger.chain("scaled", place, self.scalings)
        comb = ledger.add(
            "comb", self.columns, {place: 1, **several(ends[i] for i in self.comb_reads)}
        )
        rows = ledger.add(
            "rows", self.rows + 1, {comb: self.columns, **several(ends[i] for i in self.row_reads)}
        )
        reads = {rows: self.rows + 1, **several(ends[i] for i in self.column_reads)}
        columns = ledger.add("columns", self.columns, reads)
        ledger.chain("tail", ledger.add("sum", 1, {columns: self.columns}), self.tail)
        return ledger

    @property
    def depth(self) -> int:
        """Affine maps on the longest path to the output."""
        return self._counted().depth

    @property
    def width(self) -> int:
        """Values alive at once."""
        return self._counted().width

    @property
    def dense_weights(self) -> int:
        """Entries of all affine maps, biases included."""
        return self._counted().dense_weights
