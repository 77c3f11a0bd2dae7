"""Grids of Kuhn's triangulation that a codebook can address exactly."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from bitproof.construct.kuhn_fit import KuhnGrid
from bitproof.exact.box import Point
from bitproof.exact.rationals import to_float
from bitproof.target.box_target import BoxTarget


@dataclass(frozen=True, slots=True)
class Grid:
    """Nodes origin_i + k·spacing_i, 0 ≤ k ≤ counts_i. A spacing may be negative: then the diagonals
    run the other way in that input."""

    origin: Point
    spacing: Point
    counts: tuple[int, ...]

    def floats(self) -> KuhnGrid:
        """The same in floats, for proposals."""
        return KuhnGrid(
            tuple(map(to_float, self.origin)), tuple(map(to_float, self.spacing)), self.counts
        )


def grid_of(target: BoxTarget, counts: tuple[int, ...], base: int, flips: tuple[bool, ...]) -> Grid:
    """About so many steps along the sides, with y_i = x_i/h_i - o_i/h_i of b-adic coefficients; a
    grid that does not fit the domain's ends reaches over them. An input that is flipped is counted
    from its upper end."""
    origin, spacing, steps = [], [], []
    for side, n, flipped in zip(target.domain.sides, counts, flips, strict=True):
        turn = -1 if flipped else 1
        low, high = sorted((turn * side.lower, turn * side.upper))
        rate = Fraction(n) / side.width
        start = rate * low
        if not (is_adic(rate, base) and is_adic(start, base)):
            fine = base**6
            rate = max(Fraction(1, fine), Fraction((rate * fine).__floor__(), fine))
            start = Fraction((rate * low * fine).__floor__(), fine)
        spacing.append(turn / rate)
        origin.append(turn * start / rate)
        steps.append(max(1, ceil(rate * high - start)))
    return Grid(tuple(origin), tuple(spacing), tuple(steps))


def is_adic(value: Fraction, base: int) -> bool:
    """Whether the denominator divides a small power of the base."""
    return (value * base**12).denominator == 1
