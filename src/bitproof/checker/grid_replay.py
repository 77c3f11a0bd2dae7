"""The replay of a certificate on a grid of several inputs: the network is evaluated again at every
point, and f is enclosed on blocks of points, halved down to single points where that is needed."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any

from .box_jets import Cell
from .box_targets import BoxTarget, read_box_target
from .claim import check_witness, read_claim
from .document import Invalid, digest, list_of, one_of, place, rational, string, table_of
from .grid_forms import BITS, Quadratic
from .grid_network import Number, Values, values_at
from .interval import Undecided, exactly
from .levels import FixedPoint, read_fixed_point
from .network import FixedProgram, RealProgram, program, read_network

KEYS = "format version claim semantics inputs target network made_by digest"
MAX_INPUTS = 9
MAX_POINTS = 1 << 22
MAX_WORK = 1 << 34
TILE = 1 << 12  # points at which the network is evaluated at once,
TILE_WORK = 1 << 22  # and the work of it, which also bounds the memory
ENCLOSURES = 1 << 19  # allowed for the whole grid, and
ENCLOSURES_PER_TILE = 8  # for each tile besides

Progress = Callable[[int, int], None]
Block = tuple[range, ...]


def prove_grid(data: dict[str, Any], progress: Progress) -> int:
    """Raises Invalid at the first thing that fails; returns the number of points proved."""
    table_of(data, "the certificate", KEYS)
    string(data["made_by"], "made_by")
    if string(data["digest"], "digest") != digest(data):
        raise Invalid("the digest does not fit the content")
    claim = read_claim(data["claim"], _rationals)
    form, levels = _read_levels(data["inputs"])
    network = read_network(data["network"], "network", len(levels))
    if one_of(data["semantics"], "semantics", ("real", "fixed-point")) != network.semantics:
        raise Invalid("the semantics are not the network's")
    target = read_box_target(data["target"], len(levels))
    at = _places(claim.witness, form, levels)
    ready = program(network)
    points = prod(map(len, levels))
    bits = max(abs(form.lowest), form.highest).bit_length() + form.scale.bit_length()
    work = ready.work(bits)
    if work * points > MAX_WORK:
        raise Invalid("could not re-prove: evaluating the network is beyond the work limit")
    found = values_at(ready, [[k] for k in at], form.scale)
    check_witness(claim, found.numbers[0] * found.unit, target.at)
    if claim.upper is None:
        return 0
    tile = max(16, min(TILE, TILE_WORK // work))
    return _Replay(ready, target, form.scale, claim.upper, progress).prove(levels, tile)


def _rationals(data: object, what: str) -> tuple[Fraction, ...]:
    return tuple(rational(entry, what) for entry in list_of(data, what, MAX_INPUTS))


def _read_levels(data: object) -> tuple[FixedPoint, Block]:
    """The format, and the levels of every input between the ends."""
    table = table_of(data, "inputs", "kind lower upper format")
    one_of(table["kind"], "inputs: kind", ("grid",))
    lower = _rationals(table["lower"], "inputs: lower")
    upper = _rationals(table["upper"], "inputs: upper")
    form = read_fixed_point(table["format"], "inputs: format")
    if not 1 <= len(lower) == len(upper):
        raise Invalid("inputs: a lower end and an upper end for each input")
    rows = []
    for low, high in zip(lower, upper, strict=True):
        first, last = -(-low * form.scale // 1), high * form.scale // 1
        rows.append(range(max(int(first), form.lowest), min(int(last), form.highest) + 1))
    sizes = [max(0, row.stop - row.start) for row in rows]
    if not 1 <= prod(sizes) <= MAX_POINTS:
        raise Invalid(f"inputs: no point at all, or more than {MAX_POINTS}")
    return form, tuple(rows)


def _places(point: tuple[Fraction, ...], form: FixedPoint, levels: Block) -> list[int]:
    places = [x * form.scale for x in point]
    if len(places) != len(levels) or any(
        k.denominator != 1 or int(k) not in row for k, row in zip(places, levels, strict=True)
    ):
        raise Invalid("the witness is not one of the inputs")
    return [int(k) for k in places]


def _halves(block: Block) -> tuple[Block, Block]:
    axis = max(range(len(block)), key=lambda i: len(block[i]))
    row = block[axis]
    middle = (row.start + row.stop) // 2
    low, high = range(row.start, middle), range(middle, row.stop)
    return (*block[:axis], low, *block[axis + 1 :]), (*block[:axis], high, *block[axis + 1 :])


class _Replay:
    """Proves |f - N| ≤ upper at all points of a grid."""

    def __init__(
        self,
        network: RealProgram | FixedProgram,
        target: BoxTarget,
        scale: int,
        upper: Fraction,
        progress: Progress,
    ) -> None:
        self.network, self.target, self.scale, self.progress = network, target, scale, progress
        self.upper, self.limit = upper, (upper.numerator << BITS) // upper.denominator
        self.allowed = ENCLOSURES

    def prove(self, levels: Block, size: int) -> int:
        """All points, at most `size` of them at a time."""
        total, done, waiting = prod(map(len, levels)), 0, [levels]
        while waiting:
            tile = waiting.pop()
            points = prod(map(len, tile))
            if points > size:
                low, high = _halves(tile)
                waiting += [high, low]
                continue
            self._prove_tile(tile)
            done += points
            self.progress(done, total)
        return total

    def _prove_tile(self, tile: Block) -> None:
        self.allowed += ENCLOSURES_PER_TILE
        columns = [list(column) for column in zip(*product(*tile), strict=True)]
        values = values_at(self.network, columns, self.scale)
        grid = _Tile(tile, values)
        waiting = [tile]
        while waiting:
            block = waiting.pop()
            if all(len(row) == 1 for row in block):
                self._check_point(tuple(row[0] for row in block), grid)
            elif not self._proved(block, grid):
                waiting += _halves(block)

    def _jet_is_allowed(self) -> None:
        self.allowed -= 1
        if self.allowed < 0:
            raise Invalid("could not re-prove the bound within the work limit")

    def _proved(self, block: Block, grid: _Tile) -> bool:
        self._jet_is_allowed()
        ends = product(*({row[0], row[-1]} for row in block))
        corners = [tuple(Fraction(k, self.scale) for k in corner) for corner in ends]
        try:
            jet = self.target.jet(Cell.around(corners))
        except Undecided:
            return False
        reach = [len(row) - 1 for row in block]
        form = Quadratic.of(jet, len(block), self.scale)
        room = self.limit - form.radius(reach) - 1  # N is rounded down by less than 1
        if room < 0:
            return False
        rows = zip(form.rows(reach), grid.rows(block), strict=True)
        return all(
            -room <= middle - value <= room
            for middles, row in rows
            for middle, value in zip(middles, row, strict=True)
        )

    def _check_point(self, levels: tuple[int, ...], grid: _Tile) -> None:
        """Raises Invalid if the error at one point is not proved to be within the bound."""
        self._jet_is_allowed()
        point = tuple(Fraction(k, self.scale) for k in levels)
        where = ", ".join(place(x) for x in point)
        try:
            error = (self.target.at(point) - exactly(grid.value(levels))).magnitude()
        except Undecided as reason:
            raise Invalid(f"at ({where}): {reason}") from reason
        if error.upper > self.upper:
            what = "is larger than" if error.lower > self.upper else "cannot be told from"
            raise Invalid(f"the error at ({where}) {what} the claimed upper bound")


class _Tile:
    """The network at the points of a tile, the last input running fastest."""

    def __init__(self, levels: Block, values: Values) -> None:
        self.levels, self.exact = levels, values
        numerator, denominator = values.unit.numerator << BITS, values.unit.denominator
        scaled: dict[Number, int] = {
            k: int(k * numerator // denominator) for k in set(values.numbers)
        }
        self.scaled = [scaled[k] for k in values.numbers]
        strides = [prod(map(len, levels[axis + 1 :])) for axis in range(len(levels))]
        self.strides = strides

    def _index(self, levels: tuple[int, ...]) -> int:
        parts = zip(levels, self.levels, self.strides, strict=False)
        return sum((k - row.start) * stride for k, row, stride in parts)

    def value(self, levels: tuple[int, ...]) -> Fraction:
        return Fraction(self.exact.numbers[self._index(levels)]) * self.exact.unit

    def rows(self, block: Block) -> list[list[int]]:
        """N in units of 2^-BITS, rounded down, along the last input for all others in turn."""
        first = block[-1].start - self.levels[-1].start
        last = block[-1].stop - self.levels[-1].start
        starts = (self._index(rest) for rest in product(*block[:-1]))
        return [self.scaled[start + first : start + last] for start in starts]
