"""Our layouts with unquantized weights: the sizes quantized networks are compared with.

Edges of the same constructions when every coefficient may be one real weight (a bias is an edge
from the constant 1). None of this is a lower bound: see `sobolev_real_weights` for that.

- d = 1: N - 1 hinges of two edges and one weight each, the first slope and value: 3N - 1 for n ≤ 2;
  for n ≥ 3 each of the n - 1 coefficient functions has its N + 1 weights, and n - 2 gates follow.
- d ≥ 2, n = 1: the envelope with real slopes: a line has N + 1 weights, d - 1 knots and 4 edges in
  the maximum; its error is h/2 + (d - 1)·w/2.
- d = 2, n = 2: switched rows: a row has N_1 + 1 weights, 2 switches, a tent of 3 edges and 2 more.
- else: hats; 4 edges (d = 2) and one weight for each monomial.

A gate of r levels takes 8r + 14 edges: two squares of r teeth (4 edges each), their arguments, the
difference.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import isqrt

from bitproof.theory.function_class import SobolevBall
from bitproof.theory.sobolev_error import (
    coefficient_bound,
    interpolation_constant,
    least_cells,
    monomials,
)

MOST_CELLS = 200


def real_weights(ball: SobolevBall, error: Fraction) -> int:
    """Weights of our unquantized network for every function of the class.

    Raises:
        InputError: an error that is not above 0.

    >>> [real_weights(SobolevBall(1, 1), Fraction(1, n)) for n in (10, 100, 1000)]
    [14, 149, 1499]
    >>> [real_weights(SobolevBall(d, n), Fraction(1, 100)) for d, n in ((1, 2), (2, 2))]
    [11, 250]
    """
    least_cells(ball, error)  # refuses what is not positive
    return min(_counts(ball, error))


def _counts(ball: SobolevBall, error: Fraction) -> Iterator[int]:
    if ball.dimension == 1 and ball.smoothness <= 2:
        yield 3 * _cells(ball, error) - 1
    elif ball.smoothness == 1:
        yield from _envelopes(ball.dimension, error)
    elif (ball.dimension, ball.smoothness) == (2, 2):
        yield from _rows(error)
    else:
        yield from _sums(ball, error)


def _cells(ball: SobolevBall, error: Fraction) -> int:
    """The fewest N with c·N^-n ≤ error."""
    least = least_cells(ball, error)
    before = max(least - 1, 1)
    fits = interpolation_constant(ball) <= error * before**ball.smoothness
    return before if fits else least


def gate_edges(levels: int) -> int:
    """Edges of a product gate with real weights."""
    return 8 * levels + 14


def gate_levels(error: Fraction) -> int:
    """The fewest r ≥ 1 with 4^-(r+1) ≤ error.

    >>> gate_levels(Fraction(1, 100))
    3
    """
    levels = 1
    while error * 4 ** (levels + 1) < 1:
        levels += 1
    return levels


def _envelopes(dimension: int, error: Fraction) -> Iterator[int]:
    others = dimension - 1
    first = (others / (2 * error)).__ceil__()
    for lines in range(first + 1, 4 * first + 4, max(first // 20, 1)):
        columns = (1 / (2 * error - Fraction(others, lines))).__ceil__()
        count = lines**others
        yield count * (columns + 1 + others + 4) + 2 * columns + 2 * lines * others


def _rows(error: Fraction) -> Iterator[int]:
    least = isqrt((1 / (8 * error)).__floor__())
    for second in range(max(least, 1), 3 * least + 6, max(least // 20, 1)):
        for share in (Fraction(1, 4), Fraction(1, 16), Fraction(1, 64)):
            room = error * (1 - share) - Fraction(1, 8 * second * second)
            if room <= 0:
                continue
            first = isqrt((1 / (8 * room)).__floor__()) + 1
            levels = gate_levels(error * share / 8)
            rows = (second + 1) * (first + 1 + 2 + 3 + 2 + 4)
            yield rows + 2 * (first - 1) + 2 * gate_edges(levels) + 8


def _sums(ball: SobolevBall, error: Fraction) -> Iterator[int]:
    """Hinges (d = 1) or hats (d ≥ 2) for every monomial, and the gates between."""
    d, n, parts = ball.dimension, ball.smoothness, monomials(ball)
    least = least_cells(ball, error)
    largest = sum((2 * coefficient_bound(ball, a) for a in parts), Fraction(0))
    for cells in range(least, 2 * least + 4, max(least // MOST_CELLS, 1)):
        room = error - interpolation_constant(ball) / Fraction(cells**n)
        gates = len(parts) - 1
        levels = gate_levels(room / (gates * largest)) if gates else 0
        if d == 1:
            basis = 2 * (cells - 1)
            weights = len(parts) * (cells + 1)
        else:
            basis = _hat_edges(d, cells)
            weights = len(parts) * (cells + 1) ** d
        yield basis + weights + gates * gate_edges(levels)


def _hat_edges(dimension: int, cells: int) -> int:
    if dimension == 2:
        return 4 * (cells + 1) ** 2 + 12 * (cells + 1) + 8 * (2 * cells + 1)
    parts = sum(2 * (2 + axis) * (cells + 1) ** (axis + 1) for axis in range(dimension))
    return int(parts + (2 * dimension + 1) * (cells + 1) ** dimension)
