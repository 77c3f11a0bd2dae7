"""The replay of a certificate on a box: every leaf of its partition is proved again."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from .box_cells import MAX_INPUTS, Bounds, Place, corners, halves, leaves, whole
from .box_jets import BoxJet, Cell, second_order
from .box_network import Form, forms, values_at
from .box_targets import BoxTarget, read_box_target
from .claim import Claim, check_witness, read_claim
from .document import (
    Invalid,
    digest,
    list_of,
    one_of,
    place,
    rational,
    string,
    table_of,
)
from .interval import Interval, Undecided, exactly
from .network import RealProgram, read_network

KEYS = "format version claim semantics inputs target network partition made_by digest"
MAX_WORK = 1 << 33
MAX_HALVINGS = 12
MAX_COUNT = 1 << 48
BLOCK_VALUES = 1 << 21

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Lattice:
    """The points x_i = origin_i + step_i·k_i, 0 ≤ k_i ≤ counts_i: the box from `lower` to `upper`,
    origin_i being its lower end, or the upper one where the step is negative."""

    lower: tuple[Fraction, ...]
    upper: tuple[Fraction, ...]
    steps: tuple[Fraction, ...]
    counts: Place

    def point(self, place: Place, halvings: int) -> tuple[Fraction, ...]:
        """The point of a place on the lattice halved so often."""
        parts = zip(self.lower, self.upper, self.steps, place, strict=True)
        return tuple(
            (low if step > 0 else high) + step * Fraction(k, 1 << halvings)
            for low, high, step, k in parts
        )


def prove_box(data: dict[str, Any], progress: Progress) -> int:
    """Raises Invalid at the first thing that fails; returns the number of cells proved."""
    table_of(data, "the certificate", KEYS)
    string(data["made_by"], "made_by")
    if string(data["digest"], "digest") != digest(data):
        raise Invalid("the digest does not fit the content")
    claim = read_claim(data["claim"], _rationals)
    lattice = _read_lattice(data["inputs"], data["partition"])
    inputs = len(lattice.lower)
    network = read_network(data["network"], "network", inputs)
    one_of(data["semantics"], "semantics", ("real",))
    if network.semantics != "real":
        raise Invalid("a fixed-point network on a box")
    program = RealProgram(network)
    target = read_box_target(data["target"], inputs)
    ends = zip(lattice.lower, lattice.upper, strict=True)
    if len(claim.witness) != inputs or not all(
        low <= x <= high for x, (low, high) in zip(claim.witness, ends, strict=True)
    ):
        raise Invalid("the witness is not one of the inputs")
    _check_witness(claim, program, target)
    if claim.upper is None:
        return 0
    cells = list(leaves(data["partition"]["tree"], whole(lattice.counts)))
    return _Replay(program, target, lattice, claim.upper, progress).prove(cells)


def _rationals(data: object, what: str) -> tuple[Fraction, ...]:
    return tuple(rational(entry, what) for entry in list_of(data, what, MAX_INPUTS))


def _read_lattice(inputs: object, partition: object) -> Lattice:
    table = table_of(inputs, "inputs", "kind lower upper")
    one_of(table["kind"], "inputs: kind", ("box",))
    lower = _rationals(table["lower"], "inputs: lower")
    upper = _rationals(table["upper"], "inputs: upper")
    steps = _rationals(table_of(partition, "partition", "steps tree")["steps"], "a step")
    if not 1 <= len(lower) == len(upper) == len(steps):
        raise Invalid("inputs: a lower end, an upper end and a step for each input")
    counts = []
    for low, high, step in zip(lower, upper, steps, strict=True):
        count = (high - low) / abs(step) if step else Fraction(0)
        if count.denominator != 1 or not 1 <= count <= MAX_COUNT:
            raise Invalid("partition: the steps do not divide the sides of the box")
        counts.append(int(count))
    return Lattice(lower, upper, steps, tuple(counts))


def _over_one(points: Sequence[tuple[Fraction, ...]]) -> tuple[list[Place], int]:
    """Numerators over a common denominator."""
    scale = math.lcm(*(x.denominator for point in points for x in point))
    return [tuple(int(x * scale) for x in point) for point in points], scale


def _check_witness(
    claim: Claim[tuple[Fraction, ...]], program: RealProgram, target: BoxTarget
) -> None:
    places, scale = _over_one([claim.witness])
    _limit_work(program, scale.bit_length() + 64, 1)
    check_witness(claim, values_at(program, places, scale)[0], target.at)


def _limit_work(program: RealProgram, bits: int, evaluations: int) -> None:
    if program.work(bits) * evaluations > MAX_WORK:
        raise Invalid("could not re-prove: evaluating the network is beyond the work limit")


class _Replay:
    """Proves |f - N| ≤ upper on cells, halving those where it does not succeed at once."""

    def __init__(
        self,
        program: RealProgram,
        target: BoxTarget,
        lattice: Lattice,
        upper: Fraction,
        progress: Progress,
    ) -> None:
        self.program, self.target, self.lattice, self.upper = program, target, lattice, upper
        self.progress = progress

    def prove(self, cells: list[Bounds]) -> int:
        total, done, allowed = len(cells), 0, 8 * len(cells) + 4096
        for halvings in range(MAX_HALVINGS + 1):
            left: list[Bounds] = []
            size = max(4, BLOCK_VALUES // (8 * (len(self.program.steps) + 1)))
            for start in range(0, len(cells), size):
                block = cells[start : start + size]
                left += self._unproved(block, halvings)
                done += len(block)
                if done > allowed:
                    raise Invalid("could not re-prove the bound within the work limit")
                self.progress(min(done, total), total)
            if not left:
                return total
            cells = [half for cell in left for half in halves(cell)]
        raise Invalid("could not re-prove the bound on every cell")

    def _unproved(self, cells: Sequence[Bounds], halvings: int) -> list[Bounds]:
        """The cells on which the bound is not proved.

        Raises:
            Invalid: the error is proved to be larger somewhere.
        """
        found = [(cell, corners(cell)) for cell in cells]
        found = [(cell, places) for cell, places in found if places]
        if not found:
            return []
        points = [[self.lattice.point(place, halvings) for place in places] for _, places in found]
        flat, scale = _over_one([point for cell in points for point in cell])
        _limit_work(self.program, scale.bit_length() + 64, len(flat))
        numbers, taken = [], 0
        for cell in points:
            numbers.append(flat[taken : taken + len(cell)])
            taken += len(cell)
        network = forms(self.program, numbers, scale)
        return [
            cell
            for (cell, _), places, form in zip(found, points, network, strict=True)
            if not self._proved(places, form)
        ]

    def _proved(self, points: Sequence[tuple[Fraction, ...]], form: Form) -> bool:
        cell = Cell.around(points)
        try:
            jet = self.target.jet(cell)
            error = error_bounds(jet, cell, form)
        except Undecided:
            return False
        if error.magnitude().upper <= self.upper:
            return True
        if form.low == form.high == 0:
            self._refute(points, form)
        return False

    def _refute(self, points: Sequence[tuple[Fraction, ...]], form: Form) -> None:
        """Stops at once if the error at a corner is proved larger than the bound."""
        for point, value in zip(points, form.values, strict=True):
            try:
                error = (self.target.at(point) - exactly(value)).magnitude()
            except Undecided:
                return
            if error.lower > self.upper:
                where = ", ".join(place(x) for x in point)
                raise Invalid(f"the error at ({where}) is larger than the claimed upper bound")


def error_bounds(jet: BoxJet, cell: Cell, form: Form) -> Interval:
    """Encloses f - N on the cell.

    N is affine up to the form's error. Three forms, cut with one another: the range of f minus
    N's; f(c) + s·t - N for s in the difference quotients, convex in t for the largest such s, so
    largest at a corner; f(c) + f'(c)·t - N, affine, plus the rest of second order.
    """
    values = [exactly(value) for value in form.values]
    spread = values[0]
    for value in values[1:]:
        spread = spread.hull(value)
    result = jet.range - spread
    if jet.slopes is not None:
        result = result.meet(_at_corners(jet, jet.slopes, cell, values))
    if jet.slope is not None and jet.curvature is not None:
        affine = _at_corners(jet, jet.slope, cell, values)
        result = result.meet(affine + second_order(jet.curvature, cell))
    if result.lo > result.hi:
        raise Undecided("two enclosures without a common point")
    return result - exactly(form.low).hull(exactly(form.high))


def _at_corners(
    jet: BoxJet, slopes: Sequence[Interval], cell: Cell, values: Sequence[Interval]
) -> Interval:
    found = [
        jet.along(slopes, offset) - value
        for offset, value in zip(cell.offsets, values, strict=True)
    ]
    whole = found[0]
    for other in found[1:]:
        whole = whole.hull(other)
    return whole
