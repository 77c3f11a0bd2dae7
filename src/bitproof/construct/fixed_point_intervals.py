"""Two hidden layers for one input: faces at the jumps, and gadgets on stretches between any two.

A gadget that reads a face at one jump and another at a later one moves u on what is between them:
one neuron for a jump up and one down. So the faces are paid once for a jump, and the gadgets only
for the greater of what goes up and what comes down. The jumps are visited from the lowest level
on; partial networks compete by their cost, with the gadgets that a later jump may still close.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from bitproof.construct.fixed_point_faces import Face, Signal, faces
from bitproof.construct.fixed_point_gadgets import Options, options
from bitproof.construct.fixed_point_jumps import SignalsAt, steep
from bitproof.construct.fixed_point_machine import Integers, Machine
from bitproof.construct.fixed_point_output import finish
from bitproof.construct.fixed_point_plan import Draft, Plan

WIDTH = 120
FINALISTS = 10
TALL_FACES = 8  # copies of one face at most
HEIGHTS = 14  # kept for a face
GROUPS = 24  # ways to move u, kept for a jump
MOST_GADGETS = 5
CLOSED_AT_ONCE = 3
TWO = 2
MARGIN = 3  # a partial network this much dearer than the cheapest is left out


@dataclass(frozen=True)
class Side:
    """A face at a jump and the heights of the gadgets on it, with the copies each needs."""

    face: Face
    copies: dict[int, int]


@dataclass(frozen=True)
class Stretch:
    """A gadget: its height and weight, and the jumps that it begins and ends at, if any."""

    height: int
    weight: int
    first: int | None
    last: int | None

    @property
    def moves(self) -> int:
        return self.height * self.weight


@dataclass(frozen=True)
class _Group:
    """Gadgets on one face, (height, weight) each: what they move, the copies of the face that they
    need, and how many of these they read altogether."""

    pairs: tuple[tuple[int, int], ...]
    moves: int
    copies: int
    reads: int


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
        self.choices: dict[tuple[tuple[int, int, int], ...], Options] = {}
        self.groups: dict[tuple[int, bool, int, int], list[_Group]] = {}
        self.jumps = [int(p) for p in np.flatnonzero(np.diff(function)) + 1]
        self.above = {True: False, False: False}
        self.sides = self._best_sides(signals)

    def _best_sides(self, signals: SignalsAt) -> list[dict[bool, Side | None]]:
        """Faces of the widest gap, constant at the top of the activation or at its bottom: those
        on which two at a time carry the tallest gadgets (the cells' residues decide)."""
        best: tuple[float, list[dict[bool, Side | None]]] = -1.0, []
        for above in product((False, True), repeat=2):
            self.above = dict(zip((True, False), above, strict=True))
            self.sides = [
                {upper: self._side(signals, place, upper=upper) for upper in (True, False)}
                for place in self.jumps
            ]
            score = self._score()
            if score > best[0]:
                best = score, self.sides
        return best[1]

    def _score(self) -> float:
        """The heights of gadgets between neighbouring jumps, each divided by its copies."""
        score = 0.0
        for number, sides in enumerate(self.sides[1:]):
            upper, lower = self.sides[number][True], sides[False]
            for height, copies in upper.copies.items() if upper is not None else ():
                if self._ends_well(Stretch(height, 1, number, None), lower):
                    score = score + abs(height) / copies**2
        return score

    def _side(self, signals: SignalsAt, place: int, *, upper: bool) -> Side | None:
        threshold = place + self.machine.lowest
        found = faces(
            self.machine, signals(threshold), threshold if upper else threshold - 1, upper=upper
        )
        if not found:
            return None
        widest = [face for face in found if face.gap == found[0].gap]
        best = min(widest, key=lambda face: face.inside, default=found[0])
        best = max(widest, key=lambda face: face.inside) if self.above[upper] else best
        choice = self._options(best)
        copies: dict[int, int] = {}
        for height, needed in zip(
            choice.heights.tolist(), choice.face_copies[:, 0].tolist(), strict=True
        ):
            copies[height] = min(needed, copies.get(height, needed))
        return Side(best, _tallest(copies))

    def plans(self, method: str, starts: list[int]) -> Iterator[Plan]:
        """The networks found, cheapest first; `starts` are values of u at the lowest level."""
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
            partials = sorted(near, key=lambda p: self._rank(p, number))[:WIDTH]
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
        closable = [s for s in partial.open if (s.moves > 0) == down and self._ends_well(s, lower)]
        for closed in _subsets(closable):
            total = partial.total - sum(s.moves for s in closed)
            kept = list(partial.open)
            for stretch in closed:
                kept.remove(stretch)
            ended = partial.ended + tuple(
                Stretch(s.height, s.weight, s.first, number) for s in closed
            )
            needs = [lower.copies[s.height] for s in closed] if lower is not None else []
            for group in self._new(number, low - total, high - total, upper=True):
                cost = self._cost(number, group, needs, upper=True)
                made = tuple(Stretch(h, w, number, None) for h, w in group.pairs)
                yield _Partial(partial.cost + cost, total + group.moves, (*kept, *made), ended)
            for group in self._new(number, total - high, total - low, upper=False):
                if group.pairs:
                    cost = self._cost(number, group, needs, upper=False)
                    made = tuple(Stretch(h, w, None, number) for h, w in group.pairs)
                    yield _Partial(
                        partial.cost + cost, total - group.moves, tuple(kept), ended + made
                    )

    def _ends_well(self, stretch: Stretch, lower: Side | None) -> bool:
        """Whether a gadget needs no more copies when it reads a second face."""
        assert stretch.first is not None
        upper = self.sides[stretch.first][True]
        if lower is None or upper is None or stretch.height not in lower.copies:
            return False
        choice = self._options(upper.face, lower.face)
        row = _row(choice, stretch.height)
        if row is None:
            return False
        copies = choice.face_copies[row]
        height = stretch.height
        return bool(copies[0] <= upper.copies[height] and copies[1] <= lower.copies[height])

    def _options(self, *read: Face) -> Options:
        key = tuple((face.inside, face.sign, face.gap) for face in read)
        if key not in self.choices:
            self.choices[key] = options(self.machine, read)
        return self.choices[key]

    def _cost(self, number: int, group: _Group, needs: list[int], *, upper: bool) -> int:
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

    def _new(self, number: int, low: int, high: int, *, upper: bool) -> list[_Group]:
        """Groups of gadgets on a face that move u by something in [low, high]."""
        key = number, upper, low, high
        if key not in self.groups:
            found: dict[tuple[int, ...], _Group] = {}
            side = self.sides[number][upper]
            for pairs in self._pairs(side, low, high) if side is not None else ():
                needs = [side.copies[height] for height, _ in pairs] if side is not None else []
                group = _Group(
                    pairs, sum(h * w for h, w in pairs), max(needs, default=0), sum(needs)
                )
                sizes = tuple(sorted(h * w for h, w in pairs))
                if sizes not in found or group.copies < found[sizes].copies:
                    found[sizes] = group
            light = sorted(found.values(), key=lambda g: len(g.pairs) + g.copies)
            self.groups[key] = light[:GROUPS]
        return self.groups[key]

    def _pairs(self, side: Side, low: int, high: int) -> Iterator[tuple[tuple[int, int], ...]]:
        if low <= 0 <= high:
            yield ()
        heaviest = self.machine.heaviest
        up = 1 if low > 0 else -1
        tall: dict[int, int] = {}
        for height, copies in side.copies.items():
            if abs(height) > abs(tall.get(copies, 0)):
                tall[copies] = height
        for height in tall.values():
            whole = (height, heaviest * up * (1 if height > 0 else -1))
            moved = abs(height) * heaviest * up
            for count in range(MOST_GADGETS):
                rest = low - count * moved, high - count * moved
                if count and rest[0] <= 0 <= rest[1]:
                    yield (whole,) * count
                    break
                found = False
                for pair in self._fitting(side, *rest, side.copies[height]):
                    found = True
                    yield (*((whole,) * count), pair)
                if found:
                    yield from self._even(low, high, height, count + 1)
                    break

    def _even(
        self, low: int, high: int, height: int, count: int
    ) -> Iterator[tuple[tuple[int, int], ...]]:
        """Several gadgets of about one size: a later jump may end some of them."""
        if count < TWO:
            return
        aim = low if low > 0 else high
        weight = -(-abs(aim) // (abs(height) * count)) * (1 if aim * height > 0 else -1)
        if abs(weight) <= self.machine.heaviest and low <= weight * height * count <= high:
            yield ((height, weight),) * count

    def _fitting(self, side: Side, low: int, high: int, most: int) -> Iterator[tuple[int, int]]:
        """Single gadgets that move u into [low, high], the nearest and the furthest of each."""
        heaviest = self.machine.heaviest
        for height, copies in side.copies.items():
            if copies > most:
                continue
            ends = (low, high) if height > 0 else (-high, -low)
            size = abs(height)
            least, largest = -(-ends[0] // size), ends[1] // size
            least, largest = max(least, -heaviest), min(largest, heaviest)
            if least <= largest:
                for weight in {least, (least + largest) // 2, largest} - {0}:
                    yield height, weight

    def _made(self, method: str, partial: _Partial) -> Plan | None:
        draft, weights = self.draft.copy(), dict[int, int]()
        depth = len(draft.layers)
        for stretch in (*partial.open, *partial.ended):
            found = self._faces(stretch)
            choice = self._options(*found)
            row = _row(choice, stretch.height)
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


def _row(choice: Options, height: int) -> int | None:
    rows = np.flatnonzero(choice.heights == height)
    return int(rows[0]) if len(rows) else None


def _tallest(copies: dict[int, int]) -> dict[int, int]:
    """Heights spread over what few copies reach, the tallest for each number of copies first."""
    few = {h: c for h, c in copies.items() if c <= TALL_FACES}
    best: dict[tuple[int, bool], int] = {}
    for height, count in few.items():
        key = count, height > 0
        if abs(height) > abs(best.get(key, 0)):
            best[key] = height
    rest = sorted(few, key=lambda h: (few[h], -abs(h)))
    kept = [*sorted(best.values(), key=lambda h: few[h]), *rest]
    return {h: few[h] for h in list(dict.fromkeys(kept))[:HEIGHTS]}


def _subsets(stretches: list[Stretch]) -> Iterator[tuple[Stretch, ...]]:
    """Up to three of them, those with the same moves once."""
    seen: set[tuple[int, ...]] = set()
    for count in range(min(CLOSED_AT_ONCE, len(stretches)) + 1):
        for chosen in combinations(stretches, count):
            key = tuple(sorted(s.moves for s in chosen))
            if key not in seen:
                seen.add(key)
                yield chosen
