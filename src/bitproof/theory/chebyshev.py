"""Chebyshev networks: a polynomial of f by squares of neurons, every error explicit.

On [0, 1] let T_k be the Chebyshev polynomials of 2u - 1 and s_k = (1 + T_k)/2 in [0, 1]. With
F the teeth's square (`construct.gates`, 0 ≤ F - v² ≤ g, g = 4^-(r+1)),

    s_(2k)   = F(|2 s_k - 1|),
    s_(2k+1) = F(|s_k + s_(k+1) - 1|) - F(|s_k - s_(k+1)|) + 1 - s_1,

because T_2k = 2T_k² - 1 and 2·T_k·T_(k+1) = T_(2k+1) + T_1.

**Errors.** If s_k is off by e_k, then e_2k ≤ 4e_k + 4e_k² + g and, with a = e_k + e_(k+1),
e_(2k+1) ≤ 2a + 2a² + g. *Proof.* |T + 2e|² - T² ≤ 4e|T| + 4e²; beyond v = 1 the teeth vanish and
F(v) = v lies between 1 and v², which is no further off. For the odd ones A = (T_k + T_(k+1))/2 and
B = (T_k - T_(k+1))/2 have |A| + |B| ≤ 1, each is off by at most a, and the errors of the two
squares have one sign each. ∎

**Tail.** Interpolation of f at the K + 1 Chebyshev nodes of an interval of width w is off by at
most 2·(w/4)^(K+1)·max |f^(K+1)|/(K+1)!; the derivative is enclosed over the whole interval, so the
tail is a theorem and no estimate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import factorial

from bitproof.errors import InputError
from bitproof.theory.references import DING_2019, Reference

ZERO, HALF = Fraction(0), Fraction(1, 2)
ROUNDED = Fraction(1, 1 << 96)
"""The nodes are rationals at most this far from Chebyshev's."""
REFERENCE: Reference = DING_2019


def tail(width: Fraction, degree: int, derivative: Fraction) -> Fraction:
    """The error of interpolation at degree + 1 (rounded) Chebyshev nodes.

    Args:
        width: w ≤ 1.
        degree: K ≥ 0.
        derivative: at least |f^(K+1)| on the interval.

    >>> float(tail(Fraction(1), 3, Fraction(24)))
    0.0078125
    """
    if degree < 0:
        raise InputError(f"degree {degree}", remedy="0 or more")
    moved = (degree + 1) * 2 * ROUNDED
    return (2 * (width / 4) ** (degree + 1) + moved) * derivative / factorial(degree + 1)


def needed(indices: Sequence[int]) -> tuple[int, ...]:
    """All k whose s_k is needed for those listed, ascending; 1 comes free.

    >>> needed([5])
    (1, 2, 3, 5)
    """
    found: set[int] = {1}
    waiting = list(indices)
    while waiting:
        k = waiting.pop()
        if k > 1 and k not in found:
            found.add(k)
            waiting += [k // 2] if k % 2 == 0 else [k // 2, k // 2 + 1]
    return tuple(sorted(found))


def deviations(levels: Mapping[int, int]) -> dict[int, Fraction]:
    """e_k of every s_k from the teeth r_k of its squares (k ≥ 2), rounded up.

    >>> deviations({2: 3})[2]
    Fraction(1, 256)
    """
    result = {1: ZERO}
    for k in sorted(levels):
        gate = Fraction(1, 4 ** (levels[k] + 1))
        if k % 2 == 0:
            inner = result[k // 2]
            total = 4 * inner + 4 * inner * inner + gate
        else:
            inner = result[k // 2] + result[k // 2 + 1]
            total = 2 * inner + 2 * inner * inner + gate
        result[k] = Fraction((total * (1 << 120)).__ceil__(), 1 << 120)
    return result


def to_chebyshev(nodes: Sequence[Fraction], values: Sequence[Fraction]) -> list[Fraction]:
    """Coefficients in T_0, T_1, ... (of 2u - 1) of the polynomial through the points, exactly.

    >>> [str(c) for c in to_chebyshev([ZERO, HALF, Fraction(1)], [Fraction(1), ZERO, Fraction(1)])]
    ['1/2', '0', '1/2']
    """
    differences = list(values)
    for order in range(1, len(nodes)):
        for i in range(len(nodes) - 1, order - 1, -1):
            change = differences[i] - differences[i - 1]
            differences[i] = change / (nodes[i] - nodes[i - order])
    result = [differences[-1]]
    for i in range(len(nodes) - 2, -1, -1):
        result = _times_linear(result, nodes[i])
        result[0] += differences[i]
    return result


def _times_linear(coefficients: list[Fraction], root: Fraction) -> list[Fraction]:
    """Times u - root, by u·T_k = T_k/2 + (T_(k+1) + T_|k-1|)/4."""
    result = [ZERO] * (len(coefficients) + 1)
    for k, c in enumerate(coefficients):
        result[k] += c * (HALF - root)
        result[k + 1] += c / 4
        result[abs(k - 1)] += c / 4
    return result
