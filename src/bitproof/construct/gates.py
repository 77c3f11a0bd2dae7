"""Squares and products from codebook weights, for every base b (Yarotsky's teeth, generalised).

The interpolant of u² at the multiples of b^-r on [0, 1] is f_r(u) = u - Σ t_s, s = 1..r, where t_s
is the difference of the interpolants of two neighbouring levels. With v_0 = u and
a_j = (v - j·b^(1-2s))⁺, v = v_(s-1),

    t_s = (b-1)/b·v - (2/b)·Σ a_j,        v_s = v/b + (2/b)·Σ (-1)^j·a_j,        j = 1..b-1,

so every value stays in [0, 1] and only the weights 1/b, 2/b, (b-1)/b and -1 occur. The interpolant
lies above u²: 0 ≤ f_r(u) - u² ≤ b^(-2r)/4. Two squares make a product whose one-sided errors
cancel: P(x, y) = f_r((x+y)/b) - f_r(|x-y|/b) is within b^(-2r)/4 of (4/b²)·x·y, and P(x, 0) =
P(0, y) = 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from bitproof.network.wiring import ONE, Term, Wiring

UNIT = Fraction(1)
HALF = Fraction(1, 2)


def square(wiring: Wiring, u: Sequence[Term], levels: int) -> list[Term]:
    """Terms whose sum is f_levels(u).

    Args:
        u: terms of a linear value in [0, 1].
        levels: r ≥ 0.

    >>> from bitproof.exact.weight_format import Codebook
    >>> from bitproof.execute.reference import evaluate
    >>> wiring = Wiring(Codebook.linear(3))
    >>> network = wiring.output(square(wiring, [(wiring.inputs[0], UNIT)], 2))
    >>> [str(evaluate(network, [Fraction(k, 9)])[0]) for k in range(4)]
    ['0', '1/81', '4/81', '1/9']
    """
    result, value = list(u), list(u)
    for level in range(levels):
        value, tooth = _tooth(wiring, value, level)
        result += [(node, -weight) for node, weight in tooth]
    return result


def _tooth(wiring: Wiring, value: list[Term], level: int) -> tuple[list[Term], list[Term]]:
    """The terms of v_s and of t_s from those of v_(s-1), s = level + 1."""
    base = wiring.kit.base
    hinge = UNIT if UNIT in wiring.form else Fraction(1, base)
    step = Fraction(1, base ** (2 * level + 1))
    kinks = [
        wiring.combination([*_times(value, hinge), (ONE, -hinge * j * step)])
        for j in range(1, base)
    ]
    slope = Fraction(2, base) / hinge
    following = _times(value, Fraction(1, base))
    following += [(kink, slope if j % 2 else -slope) for j, kink in enumerate(kinks)]
    node = wiring.combination(following)
    if base == 2:
        return [(node, UNIT)], [(node, UNIT)]
    tooth = _times(value, Fraction(base - 1, base)) + [(kink, -slope) for kink in kinks]
    return [(node, UNIT)], [(wiring.combination(tooth), UNIT)]


def _times(terms: Sequence[Term], factor: Fraction) -> list[Term]:
    return [(node, factor * weight) for node, weight in terms]


def product(wiring: Wiring, x: Sequence[Term], y: Sequence[Term], levels: int) -> int:
    """A neuron of value P(x, y) ≥ 0, within b^(-2·levels)/4 of (4/b²)·x·y.

    Args:
        x, y: terms of linear values in [0, 1].
        levels: r ≥ 0.

    >>> from bitproof.exact.weight_format import Codebook
    >>> from bitproof.execute.reference import evaluate
    >>> wiring = Wiring(Codebook.nested(3), inputs=2)
    >>> x, y = ([(node, UNIT)] for node in wiring.inputs)
    >>> network = wiring.output([(product(wiring, x, y, 5), UNIT)])
    >>> value = evaluate(network, [Fraction(1, 3), Fraction(3, 4)])[0]
    >>> abs(value - Fraction(1, 4)) <= product_error(2, 5), network.inputs
    (True, 2)
    """
    unit = Fraction(1, wiring.kit.base)
    total = [*_times(x, unit), *_times(y, unit)]
    above = wiring.combination([*_times(x, unit), *_times(y, -unit)])
    below = wiring.combination([*_times(x, -unit), *_times(y, unit)])
    distance: list[Term] = [(above, UNIT), (below, UNIT)]
    if UNIT in wiring.form:
        total = [(wiring.combination(total), UNIT)]
        distance = [(wiring.combination(distance), UNIT)]
        squares = square(wiring, total, levels)
        squares += _times(square(wiring, distance, levels), -UNIT)
        return wiring.combination(squares)
    plus = wiring.combination(square(wiring, total, levels))
    minus = wiring.combination(square(wiring, distance, levels))
    return wiring.combination([(plus, UNIT), (minus, -UNIT)])


def product_gain(base: int) -> Fraction:
    """x·y is about this times P(x, y): b²/4."""
    return Fraction(base * base, 4)


def product_error(base: int, levels: int) -> Fraction:
    """|P(x, y) - (4/b²)·x·y| is at most this.

    >>> product_error(2, 3)
    Fraction(1, 256)
    """
    return Fraction(1, 4 * base ** (2 * levels))
