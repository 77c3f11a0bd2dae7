"""Two hidden layers for one input: faces at the jumps, and gadgets on stretches between any two.

A gadget that reads a face at one jump and another at a later one moves u on what is between them:
one neuron for a jump up and one down. So the faces are paid once for a jump, and the gadgets only
for the greater of what goes up and what comes down. The jumps are visited from the lowest level
on; partial networks compete by their cost, with the gadgets that a later jump may still close.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from bitproof.construct.fixed_point_faces import Face, Signal
from bitproof.construct.fixed_point_jumps import SignalsAt, steep
from bitproof.construct.fixed_point_machine import Integers, Machine
from bitproof.construct.fixed_point_output import finish
from bitproof.construct.fixed_point_plan import Draft, Plan
from bitproof.construct.fixed_point_stretches import Group, Stretch, Stretches, row_of

WIDTH, WIDTH_OF_MANY = 400, 120
MANY_LEVELS = 64
FINALISTS = 30
CLOSED_AT_ONCE = 3
MARGIN = 3  # a partial network this much dearer than the cheapest is left out


@dataclass(frozen=True)
class _Partial:
    """u after the jumps so far, the gadgets that may still end, and those that have ended."""

    cost: int
    total: int
    open: tuple[Stretch, ...]
    ended: tuple[Stretch, ...]

    @property
    def key(self) -> tuple[int, ...]:
        return (self.total, *sorted(s.moves for s in self.open))


class Intervals:
    """Plans the gadgets of a one-input function of few jumps.

    Args:
        signals: for a threshold l (a jump between l - 1 and l), what faces may read there.
        minimise: `neurons` or `weights`.
        most: what costs as much is given up.
    """

    def __init__(
        self,
        machine: Machine,
        draft: Draft,
        signals: SignalsAt,
        function: Integers,
        minimise: str,
        most: int,
    ) -> None:
        self.machine = machine
        self.draft = draft
        self.function = function
        self.minimise = minimise
        self.most = most
        self.margin = MARGIN if minimise == "neurons" else 2 * MARGIN
        self.jumps = [int(p) for p in np.flatnonzero(np.diff(function)) + 1]
        self.stretches = Stretches(machine, signals, self.jumps)
        self.sides = self.stretches.sides

    def plans(self, method: str, starts: list[int]) -> Iterator[Plan]:
        """The networks found, cheapest first; `starts` are values of u at the lowest level."""
        width = WIDTH if len(self.function) <= MANY_LEVELS else WIDTH_OF_MANY
        partials = [_Partial(0, start, (), ()) for start in starts]
        for number, place in enumerate(self.jumps):
            level = int(self.function[place]) - self.machine.lowest
            low, high = int(self.machine.cell_low[level]), int(self.machine.cell_high[level])
            longer: dict[tuple[int, ...], _Partial] = {}
            for partial in partials:
                for after in self._after(partial, number, low, high):
                    known = longer.get(after.key)
                    if known is None or after.cost < known.cost:
                        longer[after.key] = after
            cheapest = min((p.cost for p in longer.values()), default=0)
            dearest = min(cheapest + self.margin, self.most - 1)
            near = [p for p in longer.values() if p.cost <= dearest]
            partials = sorted(near, key=lambda p: self._rank(p, number))[:width]
        for partial in sorted(partials, key=lambda p: p.cost)[:FINALISTS]:
            plan = self._made(method, partial)
            if plan is not None:
                yield plan

    def _rank(self, partial: _Partial, number: int) -> float:
        """The cost, and an estimate of the gadgets to come: what the open ones do not give back."""
        rest = 0.0
        given = [s.moves for s in partial.open]
        tallest = self._reach(number)
        u = partial.total
        for place in self.jumps[number + 1 :]:
            level = int(self.function[place]) - self.machine.lowest
            low, high = int(self.machine.cell_low[level]), int(self.machine.cell_high[level])
            need = low - u if u < low else min(0, high - u)
            u += need
            for moves in sorted(given, key=abs, reverse=True):
                if need * moves < 0 and abs(need) >= abs(moves) - self.machine.beta // 2:
                    given.remove(moves)
                    need += moves
            if abs(need) >= self.machine.beta // 2:
                rest += max(0.6, abs(need) / tallest)
                given.append(need)
        return partial.cost + rest * (1 if self.minimise == "neurons" else 2)

    def _reach(self, number: int) -> int:
        """What a gadget on one copy of a face moves at most."""
        sides = [side for side in self.sides[number].values() if side]
        heights = [abs(h) for side in sides for h, copies in side.copies.items() if copies == 1]
        return self.machine.heaviest * max(heights, default=1)

    def _after(self, partial: _Partial, number: int, low: int, high: int) -> Iterator[_Partial]:
        """The continuations over one jump into [low, high]."""
        lower = self.sides[number][False]
        down = high < partial.total  # what ends here must move u the right way
        closable = [
            s for s in partial.open if (s.moves > 0) == down and self.stretches.ends_well(s, lower)
        ]
        for closed in _subsets(closable):
            total = partial.total - sum(s.moves for s in closed)
            kept = list(partial.open)
            for stretch in closed:
                kept.remove(stretch)
            ended = partial.ended + tuple(
                Stretch(s.height, s.weight, s.first, number) for s in closed
            )
            needs = [lower.copies[s.height] for s in closed] if lower is not None else []
            for group in self.stretches.groups(number, low - total, high - total, upper=True):
                cost = self._cost(number, group, needs, upper=True)
                made = tuple(Stretch(h, w, number, None) for h, w in group.pairs)
                yield _Partial(partial.cost + cost, total + group.moves, (*kept, *made), ended)
            for group in self.stretches.groups(number, total - high, total - low, upper=False):
                if group.pairs:
                    cost = self._cost(number, group, needs, upper=False)
                    made = tuple(Stretch(h, w, None, number) for h, w in group.pairs)
                    yield _Partial(
                        partial.cost + cost, total - group.moves, tuple(kept), ended + made
                    )

    def _cost(self, number: int, group: Group, needs: list[int], *, upper: bool) -> int:
        """Copies of the faces, and the new gadgets (with their weights, if these count).

        Args:
            upper: whether the new gadgets begin here.
            needs: copies of the face at the end of each gadget that ends here.
        """
        ending = max(needs, default=0)
        if upper:
            copies = {True: group.copies, False: ending}
        else:
            copies = {True: 0, False: max(ending, group.copies)}
        cost = len(group.pairs)
        for way, count in copies.items():
            side = self.sides[number][way]
            if side is not None:
                light = self.minimise == "neurons"
                cost += count * (1 if light else len(side.face.weights))
        return cost if self.minimise == "neurons" else cost + group.reads + sum(needs)

    def _made(self, method: str, partial: _Partial) -> Plan | None:
        draft, weights = self.draft.copy(), dict[int, int]()
        depth = len(draft.layers)
        for stretch in (*partial.open, *partial.ended):
            found = self._faces(stretch)
            choice = self.stretches.options_of(*found)
            row = row_of(choice, stretch.height)
            if row is None:
                return None
            bias, pushes = choice.bias_and_weights(row, found)
            reads: dict[int, int] = {}
            for face, push in zip(found, pushes, strict=True):
                place = draft.neuron(depth - 1, face.weights, face.bias)
                reads[place] = reads.get(place, 0) + push
            gadget = draft.neuron(depth, reads, bias)
            weights[gadget] = weights.get(gadget, 0) + stretch.weight
        return finish(self.machine, draft, method, weights, self.function)

    def _faces(self, stretch: Stretch) -> list[Face]:
        sides = [
            self.sides[number][upper]
            for number, upper in ((stretch.first, True), (stretch.last, False))
            if number is not None
        ]
        return [side.face for side in sides if side is not None]


def intervals(
    machine: Machine,
    function: Integers,
    starts: list[int],
    minimise: str,
    spacing: int,
    most: int,
) -> Iterator[Plan]:
    """Networks of faces and gadgets between any two jumps, cheapest first.

    Args:
        starts: values of u at the lowest level.
        minimise: `neurons` or `weights`.
        spacing: of the carriers that the faces read; 0 if they read the input.
        most: only smaller ones are wanted.
    """
    if spacing:
        draft, signals, used = steep(machine, spacing)
        most -= used
        name = "intervals, carried"
    else:
        itself = (Signal(machine.levels, ((0, 1),)),)
        draft, name = Draft(2), "intervals"

        def signals(_: int) -> list[Signal]:
            return list(itself)

    yield from Intervals(machine, draft, signals, function, minimise, most).plans(name, starts)


def _subsets(stretches: list[Stretch]) -> Iterator[tuple[Stretch, ...]]:
    """Up to three of them, those with the same moves once."""
    seen: set[tuple[int, ...]] = set()
    for count in range(min(CLOSED_AT_ONCE, len(stretches)) + 1):
        for chosen in combinations(stretches, count):
            key = tuple(sorted(s.moves for s in chosen))
            if key not in seen:
                seen.add(key)
                yield chosen
