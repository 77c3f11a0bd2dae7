"""Ou's class R_b^a(W, L): networks of width ≤ W and depth ≤ L whose weights lie in Q_b^a."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from bitproof.errors import InputError
from bitproof.exact.weight_format import Q
from bitproof.theory.logarithms import log2_above, log2_factorial_below
from bitproof.theory.references import OU_2024, Reference


@dataclass(frozen=True, slots=True)
class NetworkClass:
    """R_b^a(W, L): one input and output, at most W neurons a layer, at most L affine maps, every
    weight and bias in Q_b^a. All counts are those of the largest member, 1-W-...-W-1.

    Raises:
        InputError: a width or depth below 1.
        FormatError: Q(a, b) does not exist.

    >>> ou = NetworkClass(width=1000, depth=10, a=1, b=3)
    >>> ou.dense_weights, ou.bits, ou.paper_bits
    (8011001, 48066006, 60000000)
    """

    width: int
    depth: int
    a: int
    b: int

    def __post_init__(self) -> None:
        if self.width < 1 or self.depth < 1:
            raise InputError(
                f"width {self.width} and depth {self.depth}", remedy="both are at least 1"
            )
        Q(self.a, self.b)

    @property
    def form(self) -> Q:
        return Q(self.a, self.b)

    @property
    def dense_weights(self) -> int:
        """P = Σ N_l·(N_(l-1) + 1): entries of all affine maps, biases included."""
        if self.depth == 1:
            return 2
        inner = (self.depth - 2) * self.width * (self.width + 1)
        return 2 * self.width + inner + self.width + 1

    @property
    def bits(self) -> int:
        """P·(a + b + 2): what storing every entry takes."""
        return self.dense_weights * self.form.bits

    @property
    def paper_bits(self) -> int:
        """W²L(a + b + 2), the paper's count."""
        return self.width * self.width * self.depth * self.form.bits

    @property
    def distinct_bits(self) -> int:
        """An upper bound on the log2 of how many functions the class has.

        A weight has 2^w - 1 values (w = a + b + 2), and the neurons of a hidden layer may be put
        in any order, so each layer counts as a multiset of its M possible rows: at most
        (M + W - 1)^W / W! of them. Never above `bits`.

        >>> march = NetworkClass(width=3, depth=100, a=0, b=1)
        >>> march.bits, march.distinct_bits
        (3558, 3076)
        """
        values = (1 << self.form.bits) - 1
        if self.depth == 1:
            return min(self.bits, log2_above(Fraction(values**2)).__ceil__())
        order = log2_factorial_below(self.width)
        total = log2_above(Fraction(values)) * (self.width + 1)
        for inputs, layers in ((1, 1), (self.width, self.depth - 2)):
            rows = self._log_rows(values, inputs)
            total += layers * (self.width * rows - order)
        return min(self.bits, total.__ceil__())

    def _log_rows(self, values: int, inputs: int) -> Fraction:
        """At least log2(M + W - 1), with M = values^(inputs + 1)."""
        entries = inputs + 1
        if entries * values.bit_length() <= 64:
            return log2_above(Fraction(values**entries + self.width - 1))
        # log2(1 + W/M) ≤ 3W/(2M), and M ≥ 2^((w - 1)·entries)
        excess = Fraction(3 * self.width, 1 << (entries * (values.bit_length() - 1) + 1))
        return entries * log2_above(Fraction(values)) + excess

    @property
    def parameters_so_far(self) -> int:
        """S = Σ W_i, with W_i the number of parameters of the first i affine maps."""
        if self.depth == 1:
            return 2
        first, inner = 2 * self.width, self.width * (self.width + 1)
        hidden = self.depth - 1
        return hidden * first + inner * (hidden * (hidden - 1) // 2) + self.dense_weights

    @property
    def weighted_neurons(self) -> int:
        """R = Σ i·k_i, with k_i the width of layer i (1 for the last)."""
        return self.width * (self.depth * (self.depth - 1) // 2) + self.depth

    @property
    def reference(self) -> Reference:
        return OU_2024
