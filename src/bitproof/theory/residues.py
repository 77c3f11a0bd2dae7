"""Which sets of levels one network can output: arcs on the circle of residues.

The sum of an output neuron is, over all inputs, one integer c modulo D (the gcd of the
differences of the activation's levels). It can become level k if and only if the cell of k holds
an integer congruent to c. The residues that suit a level form an arc of the circle Z/n; a set of
levels can be output by one network if and only if their arcs share a point.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import gcd

from bitproof.theory.arithmetic import Arithmetic


@dataclass(frozen=True)
class Circle:
    """The residues c in gZ modulo D.

    Attributes:
        arithmetic: whose cells are meant.
        modulus: D ≥ 0 in the units of sums; 0 means that sums do not depend on the input.
        step: g ≥ 1, a divisor of D.
    """

    arithmetic: Arithmetic
    modulus: int
    step: int

    @property
    def points(self) -> int:
        """n = D/g: the residues are 0, g, ..., (n-1)g."""
        return self.modulus // self.step

    def arc(self, level: int) -> tuple[int, int] | None:
        """The residues that suit a level, as first ≤ last < first + n (last - first + 1 of them,
        in multiples of g, first in 0..n-1); None where every residue does.

        A last below first means that no residue does.
        """
        low, high = self.arithmetic.cell(level)
        if low is None or high is None:
            return None
        first, last = -(-low // self.step), high // self.step
        if last - first + 1 >= self.points:
            return None
        turn = first % self.points
        return turn, turn + last - first

    def common(self, levels: Iterable[int]) -> int | None:
        """The least c ≥ 0 that suits all the levels, or None.

        >>> from bitproof.exact.fixed_point import FixedPoint
        >>> circle = Circle(Arithmetic.of(FixedPoint.symmetric(2, 3)), modulus=6, step=3)
        >>> circle.common((-3, -2, 0, 2, 3)), circle.common((0, 1))
        (0, None)
        """
        arcs = {arc for level in levels if (arc := self.arc(level)) is not None}
        changes: dict[int, int] = {0: 0}
        for first, last in arcs:
            wraps = last >= self.points
            changes[first] = changes.get(first, 0) + 1
            changes[0] += wraps
            end = last + 1 - self.points * wraps
            changes[end] = changes.get(end, 0) - 1
        suited = 0
        for point, change in sorted(changes.items()):
            suited += change
            if suited == len(arcs) and point < self.points:
                return point * self.step
        return None

    def all_common(self, levels: Iterable[int]) -> list[int]:
        """Every c in 0..D-1 that suits all the levels."""
        arcs = {arc for level in levels if (arc := self.arc(level)) is not None}
        return [
            point * self.step
            for point in range(self.points)
            if all(_on(arc, point, self.points) for arc in arcs)
        ]

    def conflict(self) -> tuple[int, ...]:
        """A smallest set of levels that no single residue suits; empty if one suits all.

        The complements of the arcs must cover the circle; a shortest cover by arcs is found by
        going as far as possible from each start.
        """
        gaps: dict[tuple[int, int], int] = {}
        for level in sorted(self.arithmetic.levels, key=lambda k: (abs(k), k < 0)):
            arc = self.arc(level)
            if arc is None:
                continue
            first, last = arc
            if last < first:
                return (level,)
            start = (last + 1) % self.points
            gaps.setdefault((start, start + self.points - (last - first + 1)), level)
        return tuple(sorted(_shortest_cover(sorted(gaps.items()), self.points)))


def circle_of(table: Sequence[int], arithmetic: Arithmetic) -> Circle:
    """The circle of an activation's table: D and g, times the unit of the weights."""
    unit = arithmetic.unit
    modulus = 0
    for level in table:
        modulus = gcd(modulus, level - table[0])
    step = gcd(unit * modulus, unit * table[0], arithmetic.beta)
    return Circle(arithmetic, unit * modulus, step)


def _on(arc: tuple[int, int], point: int, points: int) -> bool:
    first, last = arc
    return first <= point <= last or first <= point + points <= last


def _shortest_cover(gaps: Sequence[tuple[tuple[int, int], int]], points: int) -> tuple[int, ...]:
    """The levels of a fewest half-open arcs (first, end) that cover 0..points-1; or none."""
    if not gaps:
        return ()
    best: tuple[int, ...] = ()
    furthest = _furthest(gaps, points)
    for (start, end), level in gaps:
        chosen, reached = [level], end
        while reached < start + points:
            step_end, step_level = furthest[reached % points]
            if step_end <= 0:
                break
            chosen.append(step_level)
            reached += step_end
            if best and len(chosen) >= len(best):
                break
        if reached >= start + points and (not best or len(chosen) < len(best)):
            best = tuple(chosen)
    return best


def _furthest(
    gaps: Sequence[tuple[tuple[int, int], int]], points: int
) -> dict[int, tuple[int, int]]:
    """For every residue at which an arc ends: how much further an arc that holds it goes."""
    found: dict[int, tuple[int, int]] = {}
    for reached in {end % points for (_, end), _ in gaps}:
        best = (0, 0)
        for (start, end), level in gaps:
            ahead = end - start - (reached - start) % points
            if ahead > best[0]:
                best = (ahead, level)
        found[reached] = best
    return found
