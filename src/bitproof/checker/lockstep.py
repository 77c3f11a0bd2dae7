"""Upper bounds of linear forms of one or two networks on a box, in integers.

Numbers are integers in units of 2^-44. A form Σ e·h + r over the values of some layers is replaced
by one over earlier layers that is nowhere smaller: relu(z) by a line above it where e > 0 and below
it where e < 0; the common part of two opposite coefficients, where that is the better choice, by a
line for relu(z1) - relu(z2); z by W·h + b. Whatever is rounded is paid for: a coefficient that is
off by k units costs k·max|h| units, and the sums of these costs over a layer are added once.
"""

from __future__ import annotations

from dataclasses import dataclass

from .document import Invalid
from .layered import Layered
from .lines import UNIT, Ends, Known, Lines, apart, lines_of, relax
from .packed import Slots

MAX_WORK = 1 << 38
HALF = 64  # rows are in units of 2^-64
LARGEST = 1 << 126  # and their sums fit into slots of 128 bits


class Work:
    """Counts multiplications; hostile certificates end here."""

    def __init__(self) -> None:
        self.left = MAX_WORK

    def spend(self, amount: int) -> None:
        self.left -= amount
        if self.left < 0:
            raise Invalid("could not re-prove: beyond the work limit")


@dataclass(frozen=True, slots=True)
class PackedLayer:
    """A layer of one network: its rows packed, with the bias as one more column.

    Attributes:
        sources, relu, width: as they are.
        columns: source values, the bias not counted.
        slots, rows: packed, in units of 2^-64.
        plain: the rows in units of 2^-44, rounded down, the bias last.
        largest: no |weight| or |bias| in units of 2^-64 is larger.
    """

    sources: tuple[int, ...]
    relu: bool
    width: int
    columns: int
    slots: Slots
    rows: tuple[int, ...]
    plain: tuple[tuple[int, ...], ...]
    largest: int


def packed_layers(network: Layered) -> tuple[PackedLayer, ...]:
    """Raises Invalid: a weight beyond 2^40."""
    found = []
    for layer in network.layers:
        rows, plain, largest = [], [], 1
        slots = Slots(layer.columns + 1, 2 * HALF)
        for entries, bias in zip(layer.rows, layer.bias, strict=True):
            row = [0] * (layer.columns + 1)
            for column, numerator in entries:
                row[column] = (numerator << HALF) // layer.denominator
            row[layer.columns] = (bias << HALF) // layer.denominator
            largest = max(largest, *map(abs, row))
            if largest > 1 << (HALF + 40):
                raise Invalid("could not re-prove: a weight beyond 2^40")
            rows.append(slots.pack(row))
            plain.append(tuple(w >> (HALF - UNIT) for w in row))
        made = (layer.sources, layer.relu, len(layer.bias), layer.columns, slots)
        found.append(PackedLayer(*made, tuple(rows), tuple(plain), largest))
    return tuple(found)


class Lockstep:
    """One or two networks of one shape."""

    def __init__(self, networks: tuple[Layered, ...], work: Work) -> None:
        self.networks = networks
        self.layers = tuple(packed_layers(network) for network in networks)
        self.widths = networks[0].widths
        self.work = work

    def node(self, box: Ends, bits: int, before: tuple[Known, ...] | None) -> Node:
        """Proves ranges on a box, its ends in units of 2^-bits; `before` holds on an enclosing
        one."""
        return Node(self, box, bits, before)


class Node:
    """What is known on one box."""

    def __init__(
        self, pair: Lockstep, box: Ends, bits: int, before: tuple[Known, ...] | None
    ) -> None:
        self._pair = pair
        self._box = box
        self._bits = bits
        shift = UNIT - bits
        lower, upper = box
        if shift >= 0:
            inputs = [n << shift for n in lower], [n << shift for n in upper]
        else:
            inputs = [n >> -shift for n in lower], [-(-n >> -shift) for n in upper]
        self._values: list[tuple[Ends, ...]] = [(inputs,) * len(pair.networks)]
        self._lines: list[Lines | None] = [None]
        self._reach = [self._largest(0)]
        self.known: list[Known] = []
        for position, layer in enumerate(pair.layers[0], 1):
            found = self._interval(position) if before is None else before[position - 1]
            if layer.relu:
                found = self._refined(position, found)
            self.known.append(found)
            self._lines.append(lines_of(found) if layer.relu else None)
            self._values.append(
                tuple(_activated(ends) if layer.relu else ends for ends in found.copies)
            )
            self._reach.append(self._largest(position))

    def upper(self, forms: tuple[list[int], ...]) -> tuple[int, list[int]]:
        """An upper bound of a form over the outputs, coefficients in units, one list for each
        network; and its coefficients of the inputs."""
        return self._down(len(self._pair.layers[0]), {len(self._pair.layers[0]): list(forms)}, 0)

    # -- inside ----------------------------------------------------------------------------------

    def _largest(self, position: int) -> int:
        """Σ max|h| over a layer's values and networks, in units of 1, rounded up."""
        total = 0
        for lower, upper in self._values[position]:
            total += sum(map(max, upper, [-n for n in lower]))
        return (total >> UNIT) + 1

    def _cost(self, position: int) -> int:
        """What coefficients of a layer's sources that are off by 2 units cost, with the bias."""
        layer = self._pair.layers[0][position - 1]
        return 2 * sum(self._reach[source] for source in layer.sources) + 4

    def _interval(self, position: int) -> Known:
        """Interval arithmetic."""
        found = []
        for copy, network in enumerate(self._pair.networks):
            layer = network.layers[position - 1]
            lows = [n for s in layer.sources for n in self._values[s][copy][0]]
            highs = [n for s in layer.sources for n in self._values[s][copy][1]]
            lower, upper = [], []
            self._pair.work.spend(len(layer.rows) * layer.columns)
            for row, bias in zip(layer.rows, layer.bias, strict=True):
                low = high = bias << UNIT
                for column, n in row:
                    if n > 0:
                        low += n * lows[column]
                        high += n * highs[column]
                    else:
                        low += n * highs[column]
                        high += n * lows[column]
                lower.append(low // layer.denominator)
                upper.append(-(-high // layer.denominator))
            found.append((lower, upper))
        return Known(tuple(found), apart(found))

    def _refined(self, position: int, known: Known) -> Known:
        """Bounds the neurons again whose sign is not settled."""
        copies = [(list(lower), list(upper)) for lower, upper in known.copies]
        for copy, (lower, upper) in enumerate(copies):
            for row, (low, high) in enumerate(zip(*known.copies[copy], strict=True)):
                if low < 0 < high:
                    upper[row] = min(high, self._neuron(position, row, {copy: 1}))
                    lower[row] = max(low, -self._neuron(position, row, {copy: -1}))
        if known.apart is None:
            return Known(tuple(copies), None)
        implied = apart(copies)
        assert implied is not None
        below = list(map(max, known.apart[0], implied[0]))
        above = list(map(min, known.apart[1], implied[1]))
        for row in range(len(below)):
            if any(lower[row] < 0 < upper[row] for lower, upper in copies):
                above[row] = min(above[row], self._neuron(position, row, {0: 1, 1: -1}))
                below[row] = max(below[row], -self._neuron(position, row, {0: -1, 1: 1}))
        return Known(tuple(copies), (below, above))

    def _neuron(self, position: int, row: int, signs: dict[int, int]) -> int:
        """An upper bound of Σ sign·z_row over the networks named."""
        behind: list[list[int] | None] = [None] * len(self._pair.networks)
        constant = self._cost(position)
        for copy, sign in signs.items():
            plain = self._pair.layers[copy][position - 1].plain[row]
            numbers = list(plain) if sign > 0 else [-n for n in plain]
            constant += numbers.pop()
            behind[copy] = numbers
        pending: dict[int, list[list[int] | None]] = {}
        self._scatter(position, behind, pending)
        return self._down(position - 1, pending, constant)[0]

    def _scatter(
        self,
        position: int,
        behind: list[list[int] | None],
        pending: dict[int, list[list[int] | None]],
    ) -> None:
        start = 0
        for source in self._pair.layers[0][position - 1].sources:
            stop = start + self._pair.widths[source]
            parts = [None if form is None else form[start:stop] for form in behind]
            known = pending.get(source)
            pending[source] = parts if known is None else list(map(_added, known, parts))
            start = stop

    def _down(
        self, position: int, pending: dict[int, list[list[int] | None]], constant: int
    ) -> tuple[int, list[int]]:
        for current in range(position, 0, -1):
            forms = pending.pop(current, None)
            if forms is None:
                continue
            lines = self._lines[current]
            if lines is not None:
                constant += relax(forms, lines)
            constant += self._cost(current)
            behind: list[list[int] | None] = []
            for copy, form in enumerate(forms):
                combined = None if form is None else self._combined(current, copy, form)
                if combined is not None:
                    constant += combined.pop()
                behind.append(combined)
            self._scatter(current, behind, pending)
        total = [0] * self._pair.widths[0]
        for form in pending.pop(0, []):
            if form is not None:
                total = [a + b for a, b in zip(total, form, strict=True)]
        ends = zip(total, *self._box, strict=True)
        largest = sum(e * (high if e > 0 else low) for e, low, high in ends)
        return constant + _rounded_up(largest, self._bits), total

    def _combined(self, position: int, copy: int, form: list[int]) -> list[int]:
        """Σ coefficient·row, the bias last, rounded down to units."""
        layer = self._pair.layers[copy][position - 1]
        size = sum(map(abs, form))
        if size >= 1 << HALF or size * layer.largest >= LARGEST:
            raise Invalid("could not re-prove: coefficients beyond 2^18")
        self._pair.work.spend(layer.width * (layer.columns + 1))
        total = 0
        for coefficient, row in zip(form, layer.rows, strict=True):
            if coefficient:
                total += coefficient * row
        return layer.slots.high_halves(total)


def _rounded_up(number: int, bits: int) -> int:
    return -(-number >> bits) if bits >= 0 else number << -bits


def _added(first: list[int] | None, second: list[int] | None) -> list[int] | None:
    if first is None or second is None:
        return second if first is None else first
    return [a + b for a, b in zip(first, second, strict=True)]


def _activated(ends: Ends) -> Ends:
    return [max(n, 0) for n in ends[0]], [max(n, 0) for n in ends[1]]
