"""What no network can beat: lower bounds on the worst-case error, as objects with hypotheses.

All are non-asymptotic: memory, precision and shattering in the setting of Ou, Schenkel, Bölcskei
2024 with every constant stated, and a bound by the number of affine pieces for shallow networks.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from bitproof.errors import InputError
from bitproof.theory.logarithms import E_ABOVE, log2_above
from bitproof.theory.references import BARTLETT_2019, OU_2024, Reference

LEAST_WEIGHTED = 3
"""2e·3 ≥ 16, from where the lemma of the shattering bound holds; it grows with R."""


@dataclass(frozen=True, slots=True)
class MemoryBound:
    """Anything stored in B bits errs by at least K·width/(B + 1) on some K-Lipschitz function.

    Hypotheses: the functions are K-Lipschitz on an interval of the given width, with values in a
    range of at least 2·K·width around one value.

    *Proof.* Cut the interval into B + 1 cells of length h. The 2^(B+1) paths that start at that
    value with slope ±K on each cell are in the class; two of them differ by 2Kh at the end of the
    first cell where they part. B bits tell 2^B apart, so two paths share a code, and an error below
    Kh for both would put them less than 2Kh apart. ∎

    Raises:
        InputError: a negative constant, width or number of bits.

    >>> unit = MemoryBound(Fraction(1), Fraction(1))
    >>> unit.least_error(1023), unit.least_bits(Fraction(1, 1024))
    (Fraction(1, 1024), 1023)
    """

    lipschitz: Fraction
    width: Fraction

    def __post_init__(self) -> None:
        _require_positive(self.lipschitz, self.width)

    def least_error(self, bits: int) -> Fraction:
        """No method that stores `bits` bits has a smaller worst-case error."""
        if bits < 0:
            raise InputError(f"{bits} bits", remedy="0 or more")
        return self.lipschitz * self.width / (bits + 1)

    def least_bits(self, error: Fraction) -> int:
        """No method with this worst-case error stores fewer bits."""
        if error <= 0:
            raise InputError(f"the error {error}", remedy="above 0")
        return max(0, (self.lipschitz * self.width / error).__ceil__() - 1)

    def overhead(self, error: Fraction, bits: int) -> Fraction:
        """How many times the least memory (K·width/error bits, to one bit) a design takes: κ.

        >>> MemoryBound(Fraction(1), Fraction(1)).overhead(Fraction(1, 1000), 14500)
        Fraction(29, 2)
        """
        return error * bits / (self.lipschitz * self.width)

    @property
    def reference(self) -> Reference:
        return OU_2024


@dataclass(frozen=True, slots=True)
class PrecisionBound:
    """Depth L with weights in 2^-b·Z errs by at least 2^-(L·b + 1) on some constant function.

    Hypotheses: every weight and bias is a multiple of 2^-b, the activation is ReLU or none, the
    domain contains 0, the constants are in the class.

    *Proof.* At x = 0 every value after the l-th affine map is a multiple of 2^-(l·b), so N(0) is a
    multiple of 2^-(L·b); the constant 2^-(L·b + 1) is half a step away from all of them. ∎

    >>> PrecisionBound(depth=3, fraction_bits=2).least_error
    Fraction(1, 128)
    """

    depth: int
    fraction_bits: int

    def __post_init__(self) -> None:
        if self.depth < 1 or self.fraction_bits < 0:
            raise InputError(
                f"depth {self.depth} with {self.fraction_bits} fraction bits",
                remedy="depth ≥ 1 and b ≥ 0",
            )

    @property
    def least_error(self) -> Fraction:
        """No network of this depth and precision has a smaller worst-case error."""
        return Fraction(1, 1 << (self.depth * self.fraction_bits + 1))

    @property
    def reference(self) -> Reference:
        return OU_2024


@dataclass(frozen=True, slots=True)
class ShatteringBound:
    """Networks of one size err by at least K·width/(2V), whatever their weights (VC bound).

    Hypotheses: one input, ReLU, feed-forward layers with at most `parameters_so_far` = S = Σ W_i,
    W_i the number of parameters of the first i affine maps, and `weighted_neurons` = R = Σ i·k_i,
    k_i the width of layer i; arbitrary real weights; the class contains the K-Lipschitz functions
    on an interval of the given width within K·width/(2V) of one value.

    *Proof.* Given the signs of all neurons in front of layer i, its k_i pre-activations at m points
    are polynomials of degree ≤ i in W_i parameters; by Warren's theorem they have at most
    2(2e·m·k_i·i/W_i)^(W_i) sign patterns (m·k_i ≥ W_i; otherwise m < S and nothing is left to
    prove). The product over the layers is at most 2^L·(2emR/S)^S by the inequality of the weighted
    means, so m shattered points need 2^m ≤ 2^L·(2emR/S)^S. With r = 2eR ≥ 16 this fails for every
    m > V := L + S·log2(2r·log2 r): at m = V it fails if V·r/S ≤ 2r·log2 r, and indeed
    V/S ≤ 1 + log2(2r·log2 r) = 2 + log2 r + log2 log2 r ≤ 2·log2 r; beyond V the left side grows
    faster. All signs f(j·width/V) = ±K·width/(2V), j = 0..V, belong to K-Lipschitz functions;
    an error below K·width/(2V) for all of them would shatter V + 1 points. ∎

    The constant follows Bartlett, Harvey, Liaw, Mehrabian 2019, Theorem 7 with d = p = 1.

    >>> ShatteringBound(Fraction(1), Fraction(1), depth=2, parameters_so_far=10,
    ...                 weighted_neurons=8).dimension
    91
    """

    lipschitz: Fraction
    width: Fraction
    depth: int
    parameters_so_far: int
    weighted_neurons: int

    def __post_init__(self) -> None:
        _require_positive(self.lipschitz, self.width)
        if min(self.depth, self.parameters_so_far, self.weighted_neurons) < 1:
            raise InputError("a network without layers or neurons", remedy="all counts at least 1")

    @property
    def dimension(self) -> int:
        """V, an upper bound of the VC dimension, rounded up."""
        ratio = 2 * E_ABOVE * max(self.weighted_neurons, LEAST_WEIGHTED)
        factor = log2_above(2 * ratio * log2_above(ratio))
        return (self.depth + self.parameters_so_far * factor).__ceil__()

    @property
    def least_error(self) -> Fraction:
        """No network of this size has a smaller worst-case error."""
        return self.lipschitz * self.width / (2 * self.dimension)

    @property
    def reference(self) -> Reference:
        return BARTLETT_2019


@dataclass(frozen=True, slots=True)
class PiecesBound:
    """Networks of width W and depth L err by at least K·width/(2(p + 1)), p = (W + 1)^(L - 1).

    Hypotheses: one input, ReLU, feed-forward; arbitrary real weights; the K-Lipschitz functions
    within K·width/(2(p + 1)) of one value are in the class.

    *Proof.* Each hidden layer multiplies the number of affine pieces by at most W + 1, so there are
    at most p. Let f take the values ±K·width/(2(p + 1)) in turn at p + 2 equidistant points. A
    smaller error would give N a zero between every two neighbours, p + 1 in all, hence two in one
    piece, which would vanish between them; but N is not 0 at the point between two zeros. ∎

    For shallow networks this is far sharper than shattering: at depth 2, W neurons cannot do
    better than K·width/(2(W + 2)).

    >>> PiecesBound(Fraction(1), Fraction(1), neurons=8, depth=2).least_error
    Fraction(1, 20)
    """

    lipschitz: Fraction
    width: Fraction
    neurons: int
    depth: int

    def __post_init__(self) -> None:
        _require_positive(self.lipschitz, self.width)
        if self.neurons < 1 or self.depth < 1:
            raise InputError(
                f"width {self.neurons} and depth {self.depth}", remedy="both are at least 1"
            )

    @property
    def pieces(self) -> int:
        """The most affine pieces such a network has."""
        return int((self.neurons + 1) ** (self.depth - 1))

    @property
    def least_error(self) -> Fraction:
        """No network of this size has a smaller worst-case error."""
        return self.lipschitz * self.width / (2 * (self.pieces + 1))

    @property
    def reference(self) -> Reference:
        return BARTLETT_2019


@dataclass(frozen=True, slots=True)
class MonotoneBound:
    """Networks of width 1, and affine ones, err by at least K·width/4, whatever their depth.

    Hypotheses: one input, feed-forward, every hidden layer is one ReLU neuron (or there is none);
    arbitrary real weights; the function that rises by K·width/2 and falls again is in the class.

    *Proof.* x → relu(w·x + b) is monotone, so is a composition of such maps, and so is N. Let f
    rise from v to v + K·width/2 in the middle and fall back to v. If N is nondecreasing and errs by
    less than K·width/4, then N(middle) > v + K·width/4 > N(end) ≥ N(middle); if it is
    nonincreasing, the same with the other end. ∎

    >>> MonotoneBound(Fraction(1), Fraction(1)).least_error
    Fraction(1, 4)
    """

    lipschitz: Fraction
    width: Fraction

    def __post_init__(self) -> None:
        _require_positive(self.lipschitz, self.width)

    @property
    def least_error(self) -> Fraction:
        """No such network has a smaller worst-case error."""
        return self.lipschitz * self.width / 4

    @property
    def reference(self) -> Reference:
        return OU_2024


def _require_positive(lipschitz: Fraction, width: Fraction) -> None:
    if lipschitz <= 0 or width <= 0:
        raise InputError(
            f"Lipschitz constant {lipschitz} on a width of {width}", remedy="both above 0"
        )
