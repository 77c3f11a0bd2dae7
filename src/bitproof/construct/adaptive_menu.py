"""The digits a scheme offers for knots and slopes, computed once per scale."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from bitproof.construct.adaptive_plan import Sizes
from bitproof.construct.knot_menu import KnotMenu
from bitproof.construct.knot_search import Menu
from bitproof.construct.numerals import BUDGET, Atom, Numerals, few_digit_sums
from bitproof.construct.scheme import Scheme
from bitproof.exact.rationals import to_float

KNOT_DIGITS = 4
FINE_DIGITS = 6
FINE_BUDGET = 400_000
CHAIN_DIGITS = 2
CHAIN_STEPS = 4
SLOPE_DIGITS = 3
FIRST_DIGITS = 4
FINE_SPAN = 1.0
FIRST_MARGIN = 12.0


PlaceKey = tuple[int, Fraction, float, float, float, int]
PlaceCache = dict[PlaceKey, tuple[KnotMenu, ...]]


@dataclass
class MenuMaker:
    """Menus for one scheme, computed on first use; schemes with the same pool share the places."""

    scheme: Scheme
    sizes: Sizes
    places: PlaceCache
    narrow: bool = False
    _made: dict[tuple[float, float, float, float, int], Menu] = field(default_factory=dict)

    def menu(self, scale: float, start: float, end: float, first: float, *, effort: int) -> Menu:
        """For X = scale · distance on [start, end] and a fit whose first slope is `first`.

        An `effort` of 1 adds finer and longer numerals, 2 still more.
        """
        key = (scale, start, end, first, effort)
        if key not in self._made:
            self._made[key] = self._make(scale, start, end, first, effort=effort)
        return self._made[key]

    def _make(self, scale: float, start: float, end: float, first: float, *, effort: int) -> Menu:
        scheme, sizes = self.scheme, self.sizes
        weight = to_float(scheme.hinge_weight)
        room = sizes.slope_room / scale
        steepest = max(4 * (sizes.change + sizes.slope_room), 1.1 * sizes.sharpest) / scale
        margin = FIRST_MARGIN * room
        extra = min(effort, 1)
        return Menu(
            knots=self._kept_knots(scale, start, end, effort=effort),
            changes=few_digit_sums(
                scheme.slope_atoms(weight),
                SLOPE_DIGITS + effort,
                -steepest,
                steepest,
                room / 4,
                zero=False,
                budget=FINE_BUDGET if effort > 1 else BUDGET,
            ),
            first=few_digit_sums(
                scheme.slope_atoms(1.0),
                FIRST_DIGITS + 3 * extra,
                first - margin,
                first + margin,
                room / 4,
                zero=True,
                budget=FINE_BUDGET if effort else BUDGET,
            ),
            hinge_cost=2.0 if scheme.count == "dense" else 1.0,
        )

    def _kept_knots(
        self, scale: float, start: float, end: float, *, effort: int
    ) -> tuple[KnotMenu, ...]:
        key = (len(self.scheme.pool.nodes), self.scheme.hinge_weight, scale, start, end, effort)
        if key not in self.places:
            self.places[key] = self._knots(scale, start, end, effort=effort)
        return self.places[key]

    def _knots(
        self, scale: float, start: float, end: float, *, effort: int
    ) -> tuple[KnotMenu, ...]:
        scheme = self.scheme
        weight = to_float(scheme.hinge_weight)
        finest = self.sizes.finest * scale
        if self.narrow:
            return (KnotMenu(self._steps(end - start, finest), None, chained=True),)
        menus = [self._places(1 / weight, start, end, finest, KNOT_DIGITS, effort=effort)]
        if scheme.chained:
            menus.append(self._places(1.0, 0.0, end - start, finest, CHAIN_DIGITS, effort=effort))
        fine = self._fine(1 / weight, finest) if effort else None
        return tuple(
            KnotMenu(places, fine, chained=number == 1) for number, places in enumerate(menus)
        )

    def _steps(self, furthest: float, finest: float) -> Numerals:
        """Distances by biases alone: several make neurons in between."""
        scheme = self.scheme
        atoms = [
            Atom(-weight, step, 2 * min(step, 1), digit)
            for step in range(CHAIN_STEPS)
            for digit, weight in enumerate(scheme.floats)
            if weight < 0
        ]
        return few_digit_sums(atoms, CHAIN_STEPS, finest / 64, furthest, finest / 64, zero=False)

    def _places(
        self, scale: float, start: float, end: float, finest: float, digits: int, *, effort: int
    ) -> Numerals:
        smallest = finest * (FINE_SPAN if effort else 1 / 16)
        atoms = self.scheme.bias_atoms(scale)
        atoms += self.scheme.knot_atoms(scale, smallest, 4 * end)
        lowest = start if start else finest / 64
        return few_digit_sums(atoms, digits, lowest, end, finest / 64, zero=False)

    def _fine(self, scale: float, finest: float) -> Numerals:
        span = finest * FINE_SPAN
        step = self.sizes.knot_room * finest / self.sizes.finest / 2
        atoms = self.scheme.knot_atoms(scale, step / 2, span * 0.999)
        return few_digit_sums(
            atoms, FINE_DIGITS, -2 * span, 2 * span, step, zero=True, budget=FINE_BUDGET
        )
