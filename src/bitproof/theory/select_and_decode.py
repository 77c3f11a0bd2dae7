"""Select and decode: strings of slope signs in the weights, selected by row and column, decoded.

*The path.* N fine cells of length h; on each the path has slope ±s, s ≥ K, coded with one cell of
look-ahead as in `bitproof.theory.march`: it follows every K-Lipschitz function to within s·h.
A cell is A fine cells; R·C cells lie in a matrix, R to a column. In steps of half a height 2sh the
path is G = count - X/2, X the position in fine cells and count the number of rising ones so far.

*Heights.* The polygon P through the path at the ends of the cells is a fold matrix
(`bitproof.theory.fold_matrix`) of slopes (p - A/2), p the rising fine cells of a cell; its rows are
the clips min(1, relu(T - r)), so that an entry is a difference of two slopes only, at most A.

*Strings.* The A signs of a cell are in Q planes of whole numbers < 2^B. Rows and columns are
selected by pulses relu(1 - E·(φ - l_k)): φ is the polygon of a parabola over the pieces of a digit,
l_k its k-th piece, and φ is the sum of the next few folds. A row's neuron adds its digits' pulses;
a plane's column is n = relu(Σ_r k_r·e_r + λ·S - bias), S the column's pulse, and z = Σ_c n is the
string, an exact integer, unless x is within δ fine cells of the end of a cell. Where strings have
as many bits as a weight, the 2^w - 1 values of a weight are shifted (λ and bias are the column's
own) so that the one residue modulo 2^w they miss is one the column does not need, and
z - 2^w·min(1, relu(z - 2^w + 1)) undoes it.

*Decoding.* Bit after bit, μ = relu(z - θ), z' = z - 2μ: a bit is 1 where μ = 0, else μ ≥ 1/2. With
τ the triangle wave of period two cells and ψ_j = min(1, relu(Aτ - j)) - τ, the network adds

    relu(t_j/2 - t_{j+1}/2 - μ) - relu(τ/2 - μ),    t_j = relu(Aτ - j),

which is ψ_j/2 if μ = 0 and 0 if μ ≥ 1/2. In every other cell τ falls; there the bits are reversed
and complemented, since Σψ_j = 0.

*Proof of the error.* Outside of the zones within δ of the ends of cells all this is exact, and the
network is the path. In a zone z ≥ 0 may be anything. Whatever μ ≥ 0 is, relu(a - μ) - relu(b - μ)
lies between 0 and a - b, so the j-th pair is off by at most |ψ_j|/2; and Σ_j|ψ_j| = 2ε(1 - 1/A) at
a distance of ε ≤ 1 fine cells from the end of the cell. A unit of G is 4sh: the sup error is at
most

    s·h·(1 + 4δ(1 - 1/A)). ∎

*Guard.* While x crosses a zone z runs through many strings, and the network has that many kinks.
A guard ζ = relu(2 - E'·dist), at least 1 where strings may be garbage and 0 from twice that
distance on, subtracted in all gates, closes them in the meantime: none of those kinks reaches the
output. The bound holds with 2δ, since both gates of a pair subtract the same.

No median, no clamp. The setting and the idea to store bits in weights and to extract them are those
of Ou, Schenkel, Bölcskei 2024 (bit extraction: Bartlett, Harvey, Liaw, Mehrabian 2019); this
construction and its constants are our own. With R·C cells the memory is w·R·C·(Q + 1) bits and of
the order of the square root more: κ → (1 + 1/Q)·w/B, and 1 as w and Q grow.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from bitproof.errors import InputError
from bitproof.theory.ledger import Ledger, enter, leave, several
from bitproof.theory.march import InputStage
from bitproof.theory.references import OU_2024, Reference


@dataclass(frozen=True, slots=True)
class Digit:
    """Some binary digits of a row or a column.

    Attributes:
        level: how many folds the position has been through where they are read.
        bits: how many.
    """

    level: int
    bits: int


@dataclass(frozen=True, slots=True)
class DigitShape:
    """What a digit's sizes depend on: its values that occur, the layers that enlarge its position
    and its bow, and which of the constants it reads."""

    digit: Digit
    pieces: int
    position_layers: int
    bow_layers: int
    constant: int


def decoding_error(cell: Fraction, half_spacing: Fraction, length: int, zone: Fraction) -> Fraction:
    """The sup error on functions no steeper than the path.

    Args:
        cell: h, the length of a fine cell.
        half_spacing: s, the slope of the path.
        length: A, fine cells in a cell.
        zone: δ ≤ 1.

    >>> decoding_error(Fraction(1, 1024), Fraction(1), 16, Fraction(1, 512)) * 1024
    Fraction(2063, 2048)
    """
    return half_spacing * cell * (1 + 4 * zone * (1 - Fraction(1, length)))


@dataclass(frozen=True)
class SelectAndDecodeShape:
    """What the sizes of a select-and-decode network depend on.

    Attributes:
        columns, column_bits, row_bits: C, the folds above the columns' level, log2 R.
        strings: bits that each plane stores of a cell.
        word: bits of a weight; strings of as many bits take a shift.
        input_stage, input_halvings, zooms: how the input becomes a number in [0, 1].
        place_layers, position_layers, wave_layers, length_layers: layers that scale the zoomed
            input, half the position X, the triangle wave T, and the position in a cell.
        segment: rows that read the same shifted T.
        constants: layers from each constant to the next.
        bank: which of the constants the columns of heights read.
        shift: which constant the strings of whole words read.
        column_digits, row_digits: the digits of the selections.
        guard_layers: layers that enlarge the guard; None without one.
        output_factors: layers that multiply by an odd number after the first.
        output_halvings, output_doublings: as for the march.
    """

    columns: int
    column_bits: int
    row_bits: int
    strings: tuple[int, ...]
    word: int
    input_stage: InputStage
    input_halvings: int
    zooms: int
    place_layers: int
    position_layers: int
    wave_layers: int
    length_layers: int
    segment: int
    constants: tuple[int, ...]
    bank: tuple[int, ...]
    shift: int
    column_digits: tuple[DigitShape, ...]
    row_digits: tuple[DigitShape, ...]
    guard_layers: int | None
    output_factors: int
    output_halvings: int
    output_doublings: int

    @property
    def rows(self) -> int:
        return 1 << self.row_bits

    @property
    def length(self) -> int:
        return sum(self.strings)

    @property
    def depth(self) -> int:
        """Affine maps on the longest path to the output."""
        return self._ledger.depth

    @property
    def width(self) -> int:
        """Values alive at once."""
        return self._ledger.width

    @property
    def dense_weights(self) -> int:
        """Entries of all affine maps, biases included."""
        return self._ledger.dense_weights

    @cached_property
    def _ledger(self) -> Ledger:
        ledger = Ledger()
        place = enter(ledger, self.input_stage, self.input_halvings, self.zooms)
        folds = self._folds(ledger, ledger.chain("place", place, self.place_layers))
        constants = self._constants(ledger)
        heights = self._heights(ledger, folds, constants)
        chosen = self._selection(ledger, "row", self.row_digits, (folds, constants))
        several_digits = len(chosen) > 1
        rows = ledger.add("rows", self.rows, several(chosen)) if several_digits else chosen[0]
        pulses = self._selection(ledger, "column", self.column_digits, (folds, constants))
        pulse = ledger.add("pulses", self.columns, several(pulses))
        gates = self._decoded(ledger, (rows, pulse), (folds[-1], constants))
        total = ledger.add("total", 1, {heights: 1, **several(gates)})
        total = ledger.chain("factor", total, self.output_factors)
        leave(ledger, total, self.output_halvings, self.output_doublings)
        return ledger

    def _folds(self, ledger: Ledger, place: str) -> list[str]:
        found = [place]
        for at in range(self.column_bits + self.row_bits):
            half = ledger.add(f"half.{at}", 1, {found[-1]: 1})
            found.append(ledger.add(f"fold.{at}", 1, several([found[-1], half])))
        return found

    def _constants(self, ledger: Ledger) -> list[str]:
        found = list[str]()
        for at, layers in enumerate(self.constants):
            source = found[-1] if found else ledger.add("constant", 1, {})
            found.append(ledger.chain(f"constant.{at}", source, layers))
        return found

    def _heights(self, ledger: Ledger, folds: list[str], constants: list[str]) -> str:
        half = ledger.chain("position", folds[0], self.position_layers)
        position = ledger.add("X", 1, {half: 1})
        wave = ledger.chain("T", folds[self.column_bits], self.wave_layers)
        clips, left = dict[str, int](), self.rows
        while left > 0:
            size = min(left, self.segment)
            inner = size if left > self.segment else size - 1
            name = f"{wave}.{left}"
            if inner:
                ledger.add(f"{name}.rest", inner, {wave: 1})
                clips[ledger.add(f"{name}.clip", inner, {f"{name}.rest": 1})] = inner
            if inner < size:
                clips[ledger.add(f"{name}.last", 1, {wave: 1})] = 1
            left -= size
            if left > 0:
                wave = ledger.add(f"{name}.next", 1, {wave: 1})
        bank = several(constants[at] for at in self.bank)
        first = ledger.add("first column", 1, {half: 1, **clips, **bank})
        others = self.columns - 1
        ledger.add("other columns", others, {position: 1, **clips, **bank})
        return ledger.add("heights", 1, {first: 1, "other columns": others})

    def _selection(
        self,
        ledger: Ledger,
        name: str,
        digits: tuple[DigitShape, ...],
        parts: tuple[list[str], list[str]],
    ) -> list[str]:
        """The pulses of the digits, a group for each digit."""
        folds, constants = parts
        found = list[str]()
        for at, shape in enumerate(digits):
            level, bits = shape.digit.level, shape.digit.bits
            place = ledger.chain(f"{name}.{at}.place", folds[level], shape.position_layers)
            bow = ledger.add(f"{name}.{at}.bow", 1, several(folds[level + 1 : level + bits + 1]))
            bow = ledger.chain(f"{name}.{at}.bow", bow, shape.bow_layers)
            read = several([place, bow, constants[shape.constant]])
            found.append(ledger.add(f"{name}.{at}", shape.pieces, read))
        return found

    def _decoded(
        self, ledger: Ledger, selected: tuple[str, str], parts: tuple[str, list[str]]
    ) -> list[str]:
        """The gates of all bits, two for each."""
        (rows, pulse), (wave, constants) = selected, parts
        times, guard = self._times(ledger, wave), self._guard(ledger, wave)
        gates, at = list[str](), 0
        for plane, bits in enumerate(self.strings):
            name = f"plane.{plane}"
            ledger.add(f"{name}.columns", self.columns, {rows: self.rows, pulse: 1})
            word = ledger.add(name, 1, {f"{name}.columns": self.columns})
            extra = dict[str, int]()
            if bits == self.word:
                extra = {constants[self.shift]: 1}
                ends = ledger.add(f"{name}.ends", 2, {word: 1, **extra})
                over = ledger.add(f"{name}.over", 1, {ends: 2})
                word = ledger.add(f"{name}.rest", 1, several([word, over]))
            for bit in range(bits):
                above = ledger.add(f"{name}.{bit}.above", 1, {word: 1, **extra})
                extra = {}
                if bit < bits - 1:
                    word = ledger.add(f"{name}.{bit}.left", 1, several([word, above]))
                following = times[at + 1 : at + 2]
                closing = [above, *guard]
                reads = several([times[at], *following, *closing])
                gates.append(ledger.add(f"{name}.{bit}.rise", 1, reads))
                gates.append(ledger.add(f"{name}.{bit}.mean", 1, several([wave, *closing])))
                at += 1
        return gates

    def _guard(self, ledger: Ledger, wave: str) -> list[str]:
        if self.guard_layers is None:
            return []
        half = ledger.add("guard.half", 1, {wave: 1})
        distance = ledger.add("guard.fold", 1, several([wave, half]))
        distance = ledger.chain("guard.distance", distance, self.guard_layers)
        return [ledger.add("guard", 1, {distance: 1})]

    def _times(self, ledger: Ledger, wave: str) -> list[str]:
        """t_0, ..., t_{A-1}."""
        found = [ledger.chain("time", wave, self.length_layers)]
        for at in range(1, self.length):
            source = found[max(0, at - self.segment)]
            found.append(ledger.add(f"time.after.{at}", 1, {source: 1}))
        return found


@dataclass(frozen=True, slots=True)
class SelectAndDecodeTheorem:
    """Select and decode for K-Lipschitz functions on an interval.

    Hypotheses: weights in Q(w - 3, 1), w ≥ 5; strings of at most w bits, A = their sum ≤
    2^(w-1) - 1; half_spacing ≥ lipschitz > 0; cell > 0; zone ≤ 1.
    Promise: sup |f - N| ≤ `error`; the sizes are those of a `SelectAndDecodeShape`.

    Raises:
        InputError: a hypothesis does not hold.

    >>> one = Fraction(1)
    >>> theorem = SelectAndDecodeTheorem(7, (7,) * 4, one, one, one / 65536, one / 1024)
    >>> theorem.length, theorem.limit_memory
    (28, Fraction(35975, 28672))
    """

    word: int
    strings: tuple[int, ...]
    lipschitz: Fraction
    half_spacing: Fraction
    cell: Fraction
    zone: Fraction

    def __post_init__(self) -> None:
        if self.word < 5:
            raise InputError(f"weights of {self.word} bits", remedy="at least 5")
        if not self.strings or not all(1 <= bits <= self.word for bits in self.strings):
            raise InputError(
                f"strings of {self.strings} bits in {self.word}-bit weights",
                remedy="each between 1 and the bits of a weight",
            )
        if not 2 <= self.length < 1 << (self.word - 1):
            raise InputError(
                f"cells of {self.length} steps", remedy=f"2 to {(1 << (self.word - 1)) - 1}"
            )
        if self.cell <= 0 or not 0 < self.lipschitz <= self.half_spacing:
            raise InputError(
                f"Lipschitz constant {self.lipschitz}, slope {self.half_spacing}, cell {self.cell}",
                remedy="all above 0, the slope at least the Lipschitz constant",
            )
        if not 0 <= self.zone <= 1:
            raise InputError(f"zones of {self.zone} cells", remedy="between 0 and 1")

    @property
    def length(self) -> int:
        """A: fine cells in a cell."""
        return sum(self.strings)

    @property
    def error(self) -> Fraction:
        """The proved sup error."""
        return decoding_error(self.cell, self.half_spacing, self.length, self.zone)

    @property
    def limit_memory(self) -> Fraction:
        """κ = error · dense bits as the number of cells grows, per unit K·(length of the domain):
        a weight for the height and one for each plane in every cell."""
        bits_a_step = Fraction(self.word * (len(self.strings) + 1), self.length)
        return bits_a_step * self.error / (self.cell * self.lipschitz)

    @property
    def reference(self) -> Reference:
        """The setting's source."""
        return OU_2024
