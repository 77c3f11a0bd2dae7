"""The march: a long, narrow network that draws a path, one slope decision per layer.

The path has m + 1 slopes (2j - m)·s, j = 0..m (m odd), and one knot per cell of length H. Coded
with one cell of look-ahead it follows every K-Lipschitz function with m·s ≥ K to within

    H·(s + (K² - s²)/(2K))        (s < K),        H·s        (s ≥ K).

*Proof.* At the ends of a cell the nearest node of the lattice of spacing 2sH is always reachable,
because the steepest slope is at least K; so the error there is at most sH. Inside a cell with slope
|t| < K the error at a distance x from its start is at most sH + min(x(K - t), (H - x)(K + t)),
which is largest at sH + H(K² - t²)/(2K), and |t| ≥ s since m is odd. Where |t| ≥ K the error is
monotone in the cell. ∎

The network keeps (u, y) with u' = relu(u - 1), y' = relu(y + c·u): width 2, one knot per layer.
The setting (weights and biases in one finite format, the same for the whole network, depth against
memory) is that of Ou, Schenkel, Bölcskei 2024; the constants here are this construction's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from bitproof.errors import InputError
from bitproof.theory.references import OU_2024, Reference


def path_error(cell: Fraction, lipschitz: Fraction, half_spacing: Fraction) -> Fraction:
    """The sup error the coded path is proved to have on K-Lipschitz functions.

    Args:
        cell: H, the length of a cell in units of x.
        lipschitz: K > 0, in units of f per unit of x.
        half_spacing: s, half the difference of neighbouring slopes.

    >>> path_error(Fraction(1, 1024), Fraction(1), Fraction(3, 8)) * 1024
    Fraction(103, 128)
    """
    if half_spacing >= lipschitz:
        return cell * half_spacing
    inside = (lipschitz * lipschitz - half_spacing * half_spacing) / (2 * lipschitz)
    return cell * (half_spacing + inside)


class InputStage(Enum):
    """How the input becomes a number in [0, 1]: as it is, by one shifted neuron, or as the
    difference of its positive and negative parts."""

    PLAIN = "plain"
    SHIFTED = "shifted"
    SPLIT = "split"


@dataclass(frozen=True, slots=True)
class MarchShape:
    """What the sizes of a march network depend on.

    Attributes:
        cells: n, the number of cells.
        input_stage: how the input is made non-negative.
        input_halvings: layers that halve the input.
        input_mantissa: binary digits of the factor in [1, 2) the input is multiplied by.
        input_doublings: k, doublings of the input and of the constant that keeps y non-negative.
        output_mantissa: binary digits of the factor in [1, 2) y is multiplied by.
        output_halvings: layers that halve y and subtract the binary digits of the offset.
        output_doublings: doublings of the (signed) output.
    """

    cells: int
    input_stage: InputStage
    input_halvings: int
    input_mantissa: int
    input_doublings: int
    output_mantissa: int
    output_halvings: int
    output_doublings: int

    @property
    def depth(self) -> int:
        """Affine maps from the input to the output."""
        head = self.input_halvings
        head += {InputStage.PLAIN: 0, InputStage.SHIFTED: 1, InputStage.SPLIT: 2}[self.input_stage]
        head += max(self.input_mantissa - 1, 0) + self.input_doublings + 1
        tail = max(self.output_mantissa - 1, 0) + self.output_halvings
        if self.output_doublings:
            tail += 3 + self.output_doublings
        elif not self.output_halvings:
            tail += 1
        return head + self.cells + tail

    @property
    def dense_weights(self) -> int:
        """Entries of all affine maps, biases included."""
        return self._head_weights + 6 * (self.cells - 1) + self._tail_weights

    def nonzero_weights(self, varying: int) -> int:
        """Non-zero entries: those every such network has, and `varying` that depend on the
        function: its changes of slope, the binary digits, the offset."""
        head = {
            InputStage.PLAIN: self.input_halvings,
            InputStage.SHIFTED: 2 + self.input_halvings,
            InputStage.SPLIT: 2 + 2 * self.input_halvings + 3,
        }[self.input_stage]
        head += 2 if self.input_mantissa == 1 else 2 + 2 * (self.input_mantissa - 2) + 4
        head += 9 * (self.input_doublings - 1) + 5
        tail = 1 if self.output_mantissa == 1 else 2 + 2 * (self.output_mantissa - 2) + 2
        tail += self.output_halvings
        if self.output_doublings:
            tail += 2 + 4 + 9 * self.output_doublings + 2
        elif not self.output_halvings:
            tail += 1
        return head + 3 * (self.cells - 1) + tail + varying

    @property
    def _head_weights(self) -> int:
        count = {
            InputStage.PLAIN: 2 * self.input_halvings,
            InputStage.SHIFTED: 2 + 2 * self.input_halvings,
            InputStage.SPLIT: 4 + 6 * self.input_halvings + 3,
        }[self.input_stage]
        if self.input_mantissa == 1:
            count += 6
        else:
            count += 4 + 6 * (self.input_mantissa - 2) + 9
        return count + 12 * (self.input_doublings - 1) + 8

    @property
    def _tail_weights(self) -> int:
        one_digit = self.output_mantissa == 1
        count = 3 if one_digit else 6 + 6 * (self.output_mantissa - 2) + 3
        count += 2 * self.output_halvings
        if self.output_doublings:
            return count + 4 + 9 + 12 * self.output_doublings + 4
        return count if self.output_halvings else count + 2


@dataclass(frozen=True, slots=True)
class MarchTheorem:
    """The march for K-Lipschitz functions on an interval.

    Hypotheses: m odd, m·half_spacing ≥ lipschitz > 0, cell > 0.
    Promise: sup |f - N| ≤ `error`; the sizes are those of a `MarchShape`.

    Raises:
        InputError: a hypothesis does not hold.

    >>> theorem = MarchTheorem(3, Fraction(1), Fraction(3, 8), Fraction(1, 1024))
    >>> theorem.error * 1024, theorem.limit_memory(3)
    (Fraction(103, 128), Fraction(927, 64))
    """

    levels: int
    lipschitz: Fraction
    half_spacing: Fraction
    cell: Fraction

    def __post_init__(self) -> None:
        if self.levels < 1 or self.levels % 2 == 0:
            raise InputError(f"{self.levels} levels", remedy="the march takes an odd number m ≥ 1")
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

    @property
    def asymptotic(self) -> str:
        """The paper's form beside it."""
        return "error of order 1/memory, so memory-optimal up to a constant (proper quantization)"

    def limit_memory(self, bits_per_weight: int) -> Fraction:
        """κ = error · dense bits as the number of cells grows, per unit K·(length of the domain).

        Six weights a cell; the head and the tail are logarithmic in the number of cells.
        """
        return 6 * bits_per_weight * self.error / (self.cell * self.lipschitz)
