"""The fold matrix: a shallow network that reads one matrix of slope changes, exactly.

The path of `bitproof.theory.march` on n = R·C cells, C a power of 2, laid out as a matrix: column c
is the cells cR, ..., (c + 1)R - 1. With X the position in cells, log2 C folds u → |2u - 1| give the
triangle wave T with T = R at X = 0, 2R, ... and T = 0 at X = R, 3R, ...; the rows are
f_r = relu(T - r), so the path on column c is v_c(T) = v_c(0) + Σ_r D_rc·f_r, D the changes of
slope. Let σ_c = (-1)^c, K the largest difference of two slopes of the path, and

    N_0 = relu(v_0(T) + base + (K/2)(X + T - R)),
    N_c = relu(K(X - cR) + σ_c·(v_c - v_{c-1})(T)),  c ≥ 1.        Then Σ_c σ_c·N_c = path + base.

*Proof.* v_c = v_{c-1} where the columns meet, and the slope of v_c - v_{c-1} in T is at most K in
magnitude; T moves at speed 1, so |(v_c - v_{c-1})(T)| ≤ K·|X - cR| and the argument of N_c has the
sign of X - cR everywhere. X + T ≥ R, so N_0 is its argument where v_0 + base ≥ 0. For X in column k
the sum is therefore v_k(T) + base + (K/2)(X + T - R) + K·S, S = Σ_{1 ≤ c ≤ k} σ_c(X - cR). For even
k the pairs (1, 2), (3, 4), ... give S = -kR/2, and T = (k + 1)R - X; for odd k the pairs (2, 3),
... give S = -(X - R) + R(k - 1)/2, and T = X - kR: both times S = -(X + T - R)/2. ∎

No value is decoded and nothing is approximate: the error is the path's. An entry of the matrix is a
difference of two changes of slope, at most 2m steps, so m ≤ (largest numerator)/2.

**Blocks.** A narrow network takes the columns in blocks, two layers each: the rows f_r once more,
and then the N_c of the block while the sum of those before is updated. That sum passes a ReLU, so
it must not be negative: every block but the last ends at an even column k, where it is, from there
on, v_k(T) + base + (K/2)(X + T - (k + 1)R) ≥ v_k(T) + base ≥ 0 (the pairs above; X + T is at least
(k + 1)R beyond column k). T passes from layer to layer, X and the constants skip.

The setting is that of Ou, Schenkel, Bölcskei 2024; construction and constants are our own.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from bitproof.errors import InputError
from bitproof.theory.march import InputStage, path_error
from bitproof.theory.references import OU_2024, Reference


@dataclass(frozen=True, slots=True)
class FoldMatrixShape:
    """What the sizes of a fold matrix network depend on.

    Attributes:
        rows: R, cells in a column.
        blocks: columns of each block; together those that meet the domain.
        folds: log2 C.
        input_stage, input_halvings: how the input becomes a number in [0, 1].
        zooms: layers that enlarge the part of [0, 1] the domain takes.
        position_layers: layers that scale the position X.
        amplitude_layers: layers that scale the triangle wave, at least one.
        row_constants: constants the rows read beside their bias (the first of the bank).
        bank: the lengths of the chains that make the constants; the columns read them all.
        output_factors: layers that multiply by an odd number after the first.
        output_halvings, output_doublings: as for the march.
    """

    rows: int
    blocks: tuple[int, ...]
    folds: int
    input_stage: InputStage
    input_halvings: int
    zooms: int
    position_layers: int
    amplitude_layers: int
    row_constants: int
    bank: tuple[int, ...]
    output_factors: int
    output_halvings: int
    output_doublings: int

    @property
    def columns(self) -> int:
        return sum(self.blocks)

    @property
    def depth(self) -> int:
        """Affine maps on the longest path to the output."""
        last = self._first_columns + 2 * (len(self.blocks) - 1)
        return last + 1 + self.output_factors + self._tail_layers

    @property
    def width(self) -> int:
        """Values alive at once, if the matrix is larger than the head."""
        carried = 1 + len(self.bank)
        first, *others = self.blocks
        if not others:
            return max(first, self.rows + carried)
        *middle, last = others
        wide = [first, *(size + 1 for size in middle)]
        return max(max(wide) + 1 + carried, self.rows + 1 + carried, last + 1)

    @property
    def _wave(self) -> int:
        """The depth of T."""
        head = {InputStage.PLAIN: 0, InputStage.SHIFTED: 1, InputStage.SPLIT: 2}[self.input_stage]
        return head + self.input_halvings + self.zooms + self.folds + self.amplitude_layers

    @property
    def _first_columns(self) -> int:
        """The depth of the first block's columns."""
        position = self._wave - self.folds - self.amplitude_layers + self.position_layers
        rows = max(self._wave, *self.bank[: self.row_constants], 0) + 1
        return max(rows, position, *self.bank) + 1

    @property
    def passes(self) -> int:
        """Layers that hand T on to later blocks."""
        if len(self.blocks) == 1:
            return 0
        return self._first_columns + 2 * (len(self.blocks) - 1) - 1 - self._wave

    @property
    def dense_weights(self) -> int:
        """Entries of all affine maps, biases included."""
        return self._head_weights + self._matrix_weights + self._tail_weights

    @property
    def _matrix_weights(self) -> int:
        thresholds = len(self.blocks) * (self.rows - 1) * (2 + self.row_constants)
        sums = self.columns + 2 * len(self.blocks) - 1
        return thresholds + self.columns * (self.rows + 2 + len(self.bank)) + sums + 2 * self.passes

    @property
    def _head_weights(self) -> int:
        count = {
            InputStage.PLAIN: 2 * self.input_halvings,
            InputStage.SHIFTED: 2 + 2 * self.input_halvings,
            InputStage.SPLIT: 4 + 6 * self.input_halvings + 3,
        }[self.input_stage]
        count += 2 * (self.zooms + self.position_layers)
        count += 4 + 6 * (self.folds - 1) + 3 + 2 * (self.amplitude_layers - 1)
        return count + sum(2 * length - 1 for length in self.bank)

    @property
    def _tail_layers(self) -> int:
        if self.output_doublings:
            return self.output_halvings + 3 + self.output_doublings
        return max(self.output_halvings, 1)

    @property
    def _tail_weights(self) -> int:
        count = 2 * self.output_factors
        if self.output_doublings:
            return count + 2 * self.output_halvings + 4 + 9 + 12 * self.output_doublings + 4
        return count + 2 * max(self.output_halvings, 1)


@dataclass(frozen=True, slots=True)
class FoldMatrixTheorem:
    """The fold matrix for K-Lipschitz functions on an interval.

    Hypotheses: m odd, 2m ≤ the largest numerator of the format, m·half_spacing ≥ lipschitz > 0,
    cell > 0.
    Promise: sup |f - N| ≤ `error`; the sizes are those of a `FoldMatrixShape`.

    Raises:
        InputError: a hypothesis does not hold.

    >>> theorem = FoldMatrixTheorem(7, 15, Fraction(1), Fraction(5, 32), Fraction(1, 1024))
    >>> theorem.error * 1024, theorem.limit_memory(5)
    (Fraction(1319, 2048), Fraction(6595, 2048))
    """

    levels: int
    largest_numerator: int
    lipschitz: Fraction
    half_spacing: Fraction
    cell: Fraction

    def __post_init__(self) -> None:
        if self.levels < 1 or self.levels % 2 == 0:
            raise InputError(f"{self.levels} levels", remedy="an odd number m ≥ 1")
        if 2 * self.levels > self.largest_numerator:
            raise InputError(
                f"{self.levels} levels with numerators up to {self.largest_numerator}",
                remedy="2m is at most the largest numerator",
            )
        if self.lipschitz <= 0 or self.cell <= 0:
            raise InputError(
                f"Lipschitz constant {self.lipschitz}, cell {self.cell}", remedy="both above 0"
            )
        if self.levels * self.half_spacing < self.lipschitz:
            raise InputError(
                f"the steepest slope {self.levels * self.half_spacing} is below the Lipschitz "
                f"constant {self.lipschitz}",
                remedy="take a larger half-spacing",
            )

    @property
    def error(self) -> Fraction:
        """The proved sup error."""
        return path_error(self.cell, self.lipschitz, self.half_spacing)

    @property
    def reference(self) -> Reference:
        """The setting's source."""
        return OU_2024

    def limit_memory(self, bits_per_weight: int) -> Fraction:
        """κ = error · dense bits as the number of cells grows, per unit K·(length of the domain):
        one weight a cell; all else is of the order of the square root of the number of cells."""
        return bits_per_weight * self.error / (self.cell * self.lipschitz)
