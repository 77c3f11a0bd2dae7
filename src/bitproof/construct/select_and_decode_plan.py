"""The numbers of a select-and-decode network before its path is known, all exact."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, reduce
from itertools import pairwise
from operator import mul

from bitproof.construct.fold_matrix_bank import Bank, scaling_weights
from bitproof.construct.fold_matrix_plan import Zoom, offset_shift
from bitproof.construct.march_plan import floor_log2
from bitproof.construct.select_and_decode_gate import ONE, STEP, Gate, gate_of
from bitproof.errors import FormatError, NoDesignError
from bitproof.exact import WeightFormat
from bitproof.exact.weight_format import Q
from bitproof.theory.select_and_decode import (
    Digit,
    DigitShape,
    SelectAndDecodeShape,
    decoding_error,
)

LEAST_BITS = 5


def usable(form: WeightFormat) -> Q:
    """The format, if strings can be decoded with it.

    Raises:
        FormatError: it cannot.
    """
    if isinstance(form, Q) and form.b == 1 and form.bits >= LEAST_BITS:
        return form
    raise FormatError(f"{form.name} is not for select and decode", remedy="use Q(a, 1) with a ≥ 2")


@dataclass(frozen=True, slots=True)
class SelectAndDecodePlan:
    """The cells, the planes and the constants of a network.

    Attributes:
        scale: a column is 1/scale of the zoomed input.
        column_bits, row_bits: q with 2^q columns in the folded range, and log2 R.
        first, columns: the first column built (even), and how many.
        strings: bits each plane stores of a cell, one for each plane.
        sharpness: E: a selection takes 2^-E of a cell to change.
        guarded: whether the gates are closed meanwhile.
        factor: what the sum is multiplied by at the end; `odd` are the odd numbers in it.
        base: the constant added to the path, in steps of 1/2.
    """

    form: Q
    zoom: Zoom
    scale: Fraction
    column_bits: int
    row_bits: int
    first: int
    columns: int
    strings: tuple[int, ...]
    sharpness: int
    guarded: bool
    factor: Fraction
    odd: tuple[int, ...]

    @property
    def rows(self) -> int:
        return 1 << self.row_bits

    @property
    def length(self) -> int:
        """A: fine cells in a cell."""
        return sum(self.strings)

    @property
    def coarse_cells(self) -> int:
        return self.rows * self.columns

    @property
    def cells(self) -> int:
        """Fine cells."""
        return self.coarse_cells * self.length

    @property
    def cell(self) -> Fraction:
        """h: the length of a fine cell in x."""
        return 1 / (self.zoom.stretch * self.scale * self.rows * self.length)

    @property
    def levels(self) -> int:
        """Folds."""
        return self.column_bits + self.row_bits

    @property
    def half_spacing(self) -> Fraction:
        """The slope of the path, in units of f."""
        return self.factor * STEP / (2 * self.cell)

    @property
    def zone(self) -> Fraction:
        """δ: how far from the end of a cell, in fine cells, a string may be garbage."""
        return Fraction(self.length << self.guarded, 1 << self.sharpness)

    @property
    def error(self) -> Fraction:
        """The sup error of the theorem."""
        return decoding_error(self.cell, self.half_spacing, self.length, self.zone)

    @property
    def start(self) -> Fraction:
        """The x where the first column begins, relative to the domain's lower end."""
        return (self.first / self.scale - self.zoom.lower) / self.zoom.stretch

    @property
    def amplitudes(self) -> tuple[Fraction, ...]:
        """The largest value of the position before and after each fold."""
        found = [self._first_amplitude()]
        for _ in range(self.levels):
            found.append(found[-1] / 2 if found[-1] > 1 else ONE)
        return tuple(found)

    def _first_amplitude(self) -> Fraction:
        """As few layers as possible turn the zoomed input into the first position."""
        choices = [
            Fraction(1 << exponent)
            for exponent in range(self.column_bits + 1)
            if (1 << exponent) <= 2 * self.form.largest
        ]
        return min(choices, key=lambda top: (len(self.place_weights(top)), -top))

    def place_weights(self, top: Fraction) -> tuple[Fraction, ...]:
        """Layers from the zoomed input to a position whose range ends at `top`."""
        return scaling_weights(self.scale * top / (1 << self.column_bits), self.form)

    @property
    def position_weights(self) -> tuple[Fraction, ...]:
        """Layers from the position to half of X, the position in cells."""
        top = self.amplitudes[0]
        return scaling_weights((1 << self.levels) / (2 * top), self.form)

    @property
    def wave_weights(self) -> tuple[Fraction, ...]:
        """Layers from the fold at the columns' level to T, the position in a column."""
        return scaling_weights(self.rows / self.amplitudes[self.column_bits], self.form)

    @property
    def segment(self) -> int:
        """Rows that read the same shifted T: thresholds up to here are biases."""
        return self.form.largest.__floor__()

    @property
    def length_weights(self) -> tuple[Fraction, ...]:
        """Layers from the position in a cell to fine cells."""
        return scaling_weights(Fraction(self.length), self.form)

    @property
    def guard_weights(self) -> tuple[Fraction, ...]:
        """Layers that enlarge the distance to the ends of the cell until it is 1 where strings may
        begin to be garbage."""
        return scaling_weights(Fraction(1 << (self.sharpness - 1)), self.form)

    @property
    def digits(self) -> tuple[Digit, ...]:
        """The digits of a row: where they are read and how many bits each has."""
        return split_digits(self.column_bits, self.row_bits, self.form)

    @property
    def column_digits(self) -> tuple[Digit, ...]:
        return split_digits(0, self.column_bits, self.form)

    def pieces(self, digit: Digit) -> tuple[int, ...]:
        """The values of a digit that occur."""
        if digit.level >= self.column_bits:
            return tuple(range(1 << digit.bits))
        columns = range(self.first, self.first + self.columns)
        return tuple(sorted({self.column_digit(column, digit) for column in columns}))

    def column_digit(self, column: int, digit: Digit) -> int:
        """The digit of a column."""
        return digit_of(column, self.column_bits - digit.level, digit.bits)

    def row_digit(self, row: int, digit: Digit) -> int:
        """The digit of a row."""
        return digit_of(row, self.levels - digit.level, digit.bits)

    def sharp(self, digit: Digit) -> int:
        """log2 of what the digit's position is multiplied by, in its own pieces."""
        return self.sharpness + self.levels - digit.level - digit.bits

    def position_scale(self, digit: Digit) -> Fraction:
        """What the folded position is multiplied by."""
        top = self.amplitudes[digit.level]
        return Fraction(1 << (self.sharp(digit) + digit.bits)) / top

    def bow_weights(self, digit: Digit) -> tuple[tuple[Fraction, ...], tuple[Fraction, ...]]:
        """Weights of the next folds in the digit's bow (half a parabola less its chord), and the
        layers that enlarge it."""
        tops = self.amplitudes
        wanted = [
            Fraction(1 << (self.sharp(digit) + 2 * digit.bits))
            / (tops[digit.level + at] * (1 << (1 + 2 * at)))
            for at in range(1, digit.bits + 1)
        ]
        boost = Fraction(1 << floor_log2(self.form.largest))
        common = max(max(wanted) / boost, ONE)
        return tuple(w / common for w in wanted), scaling_weights(common, self.form)

    @property
    def height(self) -> Fraction:
        """α: what a selected row reads."""
        return ONE if len(self.digits) == 1 else STEP

    @property
    def full(self) -> tuple[bool, ...]:
        """For each plane whether its strings have as many bits as a weight."""
        return tuple(bits == self.form.bits for bits in self.strings)

    @property
    def gate(self) -> Gate:
        return gate_of(self.form, self.height)

    @property
    def constants(self) -> tuple[int, ...]:
        """log2 of the constants that neurons read, ascending."""
        wanted = {self.sharp(digit) for digit in (*self.digits, *self.column_digits)}
        wanted |= {(self.form.bits - 1) * at for at in range(1, self.bank_size + 1)}
        if any(self.full):
            wanted.add(self.form.bits - 1)
        return tuple(sorted(wanted))

    @property
    def constant_weights(self) -> tuple[tuple[Fraction, ...], ...]:
        """The bias that is the first constant with the layers after it, and the layers from each
        constant to the next."""
        first, *others = self.constants
        top = min(first, floor_log2(self.form.largest))
        found = [(Fraction(1 << top), *scaling_weights(Fraction(1 << (first - top)), self.form))]
        for below, above in pairwise((first, *others)):
            found.append(scaling_weights(Fraction(1 << (above - below)), self.form))
        return tuple(found)

    @property
    def bank_at(self) -> tuple[int, ...]:
        """Which of the constants the columns of heights read."""
        word = self.form.bits - 1
        return tuple(self.constants.index(word * at) for at in range(1, self.bank_size + 1))

    @property
    def shift_at(self) -> int:
        """Which of the constants whole words read (0 if there are none)."""
        return self.constants.index(self.form.bits - 1) if any(self.full) else 0

    @property
    def margin(self) -> int:
        """Steps that keep the sum above 0 wherever the offset's digits put it."""
        return offset_shift(STEP, self.odd, self.form)

    @property
    def base(self) -> int:
        return self.margin + (self.cells + 1) // 2 + 1

    @property
    def bank_size(self) -> int:
        """Constants that the columns of the heights read."""
        ends = self.length * self.rows
        need = max(
            ends * (self.first + self.columns + 1),
            self.base + ends * (self.first + 2),
        )
        unit, reach, size = 1, self.form.largest_numerator, 0
        while reach < need:
            unit <<= self.form.bits - 1
            reach += self.form.largest_numerator * unit
            size += 1
        return size

    @property
    def bank(self) -> Bank:
        units = tuple(1 << (self.form.bits - 1) * at for at in range(self.bank_size + 1))
        return Bank(STEP, (), units, 0, self.form.largest_numerator)

    @property
    def output_weights(self) -> tuple[Fraction, ...]:
        """The output layer's weight and those of further layers: odd numbers over 2."""
        return tuple(odd * STEP for odd in self.odd or (1,))

    @property
    def power(self) -> Fraction:
        """The power of two that remains after the output weights."""
        return self.factor / reduce(mul, self.output_weights)


@lru_cache(maxsize=1024)
def split_digits(level: int, bits: int, form: Q) -> tuple[Digit, ...]:
    """Digits of at most 3 bits (2 where 28 is no weight), as even as possible.

    >>> split_digits(5, 6, Q(5, 1))
    (Digit(level=5, bits=3), Digit(level=8, bits=3))
    """
    most = 3 if form.largest >= 28 else 2
    count = -(-bits // most)
    found = list[Digit]()
    for at in range(count):
        share = (bits + count - 1 - at) // count
        found.append(Digit(level, share))
        level += share
    return tuple(found)


def digit_of(cell: int, left: int, bits: int) -> int:
    """The leading bits of a cell's place in a range folded to 2^left cells.

    >>> [digit_of(cell, 2, 2) for cell in range(8)]
    [0, 1, 2, 3, 3, 2, 1, 0]
    """
    place = cell & ((2 << left) - 1)
    if place >> left:
        place = (2 << left) - 1 - place
    return place >> (left - bits)


def check_plan(found: SelectAndDecodePlan) -> None:
    """Refuses a plan whose weights leave the format.

    Raises:
        NoDesignError: say which.
    """
    form, gate = found.form, found.gate
    problem = ""
    if found.length > form.largest_numerator:
        problem = f"cells of {found.length} paths' steps"
    elif len(gate.shifts) <= (found.rows if any(found.full) else 0):
        problem = f"{found.rows} rows"
    elif max(len(found.digits), len(found.column_digits)) > 3:
        problem = f"{found.rows} rows and {found.columns} columns"
    elif gate.pulse * (len(found.column_digits) - 1) > form.largest:
        problem = f"{found.columns} columns"
    if problem:
        raise NoDesignError(f"{problem} in {form.name}", remedy="allow more weight bits")


def shape_of(found: SelectAndDecodePlan, halvings: int, doublings: int) -> SelectAndDecodeShape:
    """What the theorem's formulas take."""

    def shaped(digits: tuple[Digit, ...]) -> tuple[DigitShape, ...]:
        return tuple(
            DigitShape(
                digit,
                len(found.pieces(digit)),
                len(scaling_weights(found.position_scale(digit), found.form)),
                len(found.bow_weights(digit)[1]),
                found.constants.index(found.sharp(digit)),
            )
            for digit in digits
        )

    stage, _, _, input_halvings = found.zoom.stage
    return SelectAndDecodeShape(
        columns=found.columns,
        column_bits=found.column_bits,
        row_bits=found.row_bits,
        strings=found.strings,
        word=found.form.bits,
        input_stage=stage,
        input_halvings=input_halvings,
        zooms=found.zoom.layers,
        place_layers=len(found.place_weights(found.amplitudes[0])),
        position_layers=len(found.position_weights),
        wave_layers=len(found.wave_weights),
        length_layers=len(found.length_weights),
        segment=found.segment,
        constants=tuple(
            len(weights) - (at == 0) for at, weights in enumerate(found.constant_weights)
        ),
        bank=found.bank_at,
        shift=found.shift_at,
        column_digits=shaped(found.column_digits),
        row_digits=shaped(found.digits),
        guard_layers=len(found.guard_weights) if found.guarded else None,
        output_factors=len(found.output_weights) - 1,
        output_halvings=halvings,
        output_doublings=doublings,
    )
