"""The gadgets of a one-input function that begin at one jump and may end at another.

Each jump has at most two faces: one that is constant from the jump on, where gadgets begin, and one
that is constant before it, where they end. What a face carries is its gadgets' heights and the
copies of the face that each of them needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from bitproof.construct.fixed_point_faces import Face, faces
from bitproof.construct.fixed_point_gadgets import Options, options
from bitproof.construct.fixed_point_jumps import SignalsAt
from bitproof.construct.fixed_point_machine import Machine

TALL_FACES = 8  # copies of one face at most
HEIGHTS = 14  # kept for a face
GROUPS = 24  # ways to move u, kept for a jump
MOST_GADGETS = 5
TWO = 2


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
class Group:
    """Gadgets on one face, (height, weight) each: what they move, the copies of the face that they
    need, and how many of these they read altogether."""

    pairs: tuple[tuple[int, int], ...]
    moves: int
    copies: int
    reads: int


class Stretches:
    """The faces at every jump, and the groups of gadgets on them.

    Args:
        signals: for a threshold l (a jump between l - 1 and l), what faces may read there.
        jumps: the places where another value begins, ascending.
    """

    def __init__(self, machine: Machine, signals: SignalsAt, jumps: Sequence[int]) -> None:
        self.machine = machine
        self.jumps = jumps
        self._choices: dict[tuple[tuple[int, int, int], ...], Options] = {}
        self._groups: dict[tuple[int, bool, int, int], list[Group]] = {}
        self._above = {True: False, False: False}
        self.sides = self._best_sides(signals)

    def _best_sides(self, signals: SignalsAt) -> list[dict[bool, Side | None]]:
        """Faces of the widest gap, constant at the top of the activation or at its bottom: those
        on which two at a time carry the tallest gadgets (the cells' residues decide)."""
        best: tuple[float, list[dict[bool, Side | None]]] = -1.0, []
        for above in product((False, True), repeat=2):
            self._above = dict(zip((True, False), above, strict=True))
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
                if self.ends_well(Stretch(height, 1, number, None), lower):
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
        best = max(widest, key=lambda face: face.inside) if self._above[upper] else best
        choice = self.options_of(best)
        copies: dict[int, int] = {}
        for height, needed in zip(
            choice.heights.tolist(), choice.face_copies[:, 0].tolist(), strict=True
        ):
            copies[height] = min(needed, copies.get(height, needed))
        return Side(best, _tallest(copies))

    def ends_well(self, stretch: Stretch, lower: Side | None) -> bool:
        """Whether a gadget needs no more copies when it reads a second face."""
        assert stretch.first is not None
        upper = self.sides[stretch.first][True]
        if lower is None or upper is None or stretch.height not in lower.copies:
            return False
        choice = self.options_of(upper.face, lower.face)
        row = row_of(choice, stretch.height)
        if row is None:
            return False
        copies = choice.face_copies[row]
        height = stretch.height
        return bool(copies[0] <= upper.copies[height] and copies[1] <= lower.copies[height])

    def options_of(self, *read: Face) -> Options:
        key = tuple((face.inside, face.sign, face.gap) for face in read)
        if key not in self._choices:
            self._choices[key] = options(self.machine, read)
        return self._choices[key]

    def groups(self, number: int, low: int, high: int, *, upper: bool) -> list[Group]:
        """Groups of gadgets on a face that move u by something in [low, high]."""
        key = number, upper, low, high
        if key not in self._groups:
            found: dict[tuple[int, ...], Group] = {}
            side = self.sides[number][upper]
            for pairs in self._pairs(side, low, high) if side is not None else ():
                needs = [side.copies[height] for height, _ in pairs] if side is not None else []
                group = Group(
                    pairs, sum(h * w for h, w in pairs), max(needs, default=0), sum(needs)
                )
                sizes = tuple(sorted(h * w for h, w in pairs))
                if sizes not in found or group.copies < found[sizes].copies:
                    found[sizes] = group
            light = sorted(found.values(), key=lambda g: len(g.pairs) + g.copies)
            self._groups[key] = light[:GROUPS]
        return self._groups[key]

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


def row_of(choice: Options, height: int) -> int | None:
    """The gadget of a height; None if there is none."""
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
