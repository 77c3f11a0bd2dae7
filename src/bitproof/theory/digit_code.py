"""Digit codes: coefficients written as V = Σ w_k·q_k with every digit q_k from a codebook.

A code has one digit for each place weight w_k; no digit is left out, so every coefficient takes
the same edges whatever its value (function-independent). `window` says what can be written: every
real number of [low - gap/2, high + gap/2] is within gap/2 of a value. It is found by listing the
sums of the last places and adding the leading places one by one as long as the translates overlap.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from itertools import pairwise

from bitproof.errors import InputError
from bitproof.exact.weight_format import Codebook

MAX_SUMS = 1 << 12
GAPS_TRIED = 12
ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Window:
    """Values low ≤ V ≤ high of a code, neighbours at most `gap` apart."""

    low: Fraction
    high: Fraction
    gap: Fraction

    @property
    def half(self) -> Fraction:
        """The largest h with [-h, h] inside; negative if 0 is outside."""
        return min(self.high, -self.low)

    @property
    def levels(self) -> Fraction:
        """How many evenly spaced values would cover [-half, half] as well."""
        return 2 * self.half / self.gap + 1


@dataclass(frozen=True)
class DigitCode:
    """V = Σ w_k·q_k over the places of a codebook.

    Attributes:
        form: where the digits q_k come from.
        places: the weights w_k, descending in magnitude, of either sign.

    >>> code = DigitCode(Codebook.linear(2), (Fraction(1), Fraction(1, 2), Fraction(1, 4)))
    >>> window = code.window
    >>> window.low, window.high, window.gap
    (Fraction(-7, 4), Fraction(7, 8), Fraction(3, 8))
    >>> digits = code.encode(Fraction(1, 3))
    >>> digits, code.value(digits)
    ((Fraction(1, 2), Fraction(1, 2), Fraction(-1, 1)), Fraction(1, 2))
    """

    form: Codebook
    places: tuple[Fraction, ...]

    @cached_property
    def _values(self) -> tuple[Fraction, ...]:
        return self.form.values()

    @cached_property
    def _split(self) -> int:
        """The first of the trailing places whose sums are listed."""
        count, listed = 1, 0
        while listed < len(self.places) and count * len(self._values) <= MAX_SUMS:
            count *= len(self._values)
            listed += 1
        return len(self.places) - max(listed, 1)

    @cached_property
    def _scale(self) -> int:
        """All sums are integers over this."""
        scale = 1
        for weight in self.places:
            scale = max(scale, (weight * Fraction(1, self.form.denominator)).denominator)
        for weight in self.places:
            while (weight * Fraction(1, self.form.denominator) * scale).denominator != 1:
                scale *= (weight * Fraction(1, self.form.denominator) * scale).denominator
        return scale

    @cached_property
    def _table(self) -> tuple[list[int], list[int]]:
        """Sums of the trailing places in ascending order, and the digits (mixed radix) of each."""
        sums = {0: 0}
        radix = len(self._values)
        for weight in self.places[self._split :]:
            steps = [int(weight * value * self._scale) for value in self._values]
            extended: dict[int, int] = {}
            for total, digits in sums.items():
                for index, step in enumerate(steps):
                    extended.setdefault(total + step, digits * radix + index)
            sums = extended
        ordered = sorted(sums.items())
        return [total for total, _ in ordered], [digits for _, digits in ordered]

    @cached_property
    def _windows(self) -> tuple[tuple[int, int, int], ...]:
        """(low, high, gap) in units, for the last places, then with each leading place added."""
        symmetric = self._split == 0
        reach = 0
        if not symmetric:
            widest = max(b - a for a, b in pairwise(self._values))
            reach = int(abs(self.places[self._split - 1]) * widest * self._scale)
        windows = [_best_run(self._table[0], reach, symmetric=symmetric)]
        for weight in reversed(self.places[: self._split]):
            steps = sorted(int(weight * value * self._scale) for value in self._values)
            windows.append(_translated(windows[-1], steps))
        return tuple(windows)

    @cached_property
    def _residues(self) -> int:
        """λ if the places are a long run of powers 1/λ for {-1, 1/λ, ..., (λ-1)/λ}, else 0.

        The digits λ·q = -λ, 1, ..., λ-1 are then a complete residue system: with the first digit
        positive, V = w_1·(1/λ + n·λ^-K) for every n from 0 to (λ-1 - λ/(λ-1))·λ^(K-1).
        """
        size = len(self._values)
        linear = (Fraction(-1), *(Fraction(j, size) for j in range(1, size)))
        if size < 3 or self._split == 0 or self._values != linear:
            return 0
        steps = {after / before for before, after in pairwise(self.places)}
        return size if steps == {Fraction(1, size)} else 0

    @cached_property
    def window(self) -> Window:
        """What the code can write: the run of values best spread around 0."""
        size, top = self._residues, self.places[0]
        if size:
            count = len(self.places)
            most = int((size - 1 - Fraction(size, size - 1)) * size ** (count - 1))
            gap = top / size**count
            return Window(top / size, top / size + most * gap, gap)
        low, high, gap = self._windows[-1]
        scale = self._scale
        return Window(Fraction(low, scale), Fraction(high, scale), Fraction(gap, scale))

    def encode(self, value: Fraction) -> tuple[Fraction, ...]:
        """The digits of a value within gap/2 of `value`, which lies in the window (± gap/2).

        Raises:
            InputError: it does not.
        """
        window = self.window
        if not window.low - window.gap / 2 <= value <= window.high + window.gap / 2:
            raise InputError(
                f"the coefficient {value} is outside [{window.low}, {window.high}]",
                remedy="use more digits",
            )
        if self._residues:
            return self._peeled(round((value - window.low) / window.gap))
        rest, digits = value * self._scale, list[Fraction]()
        for index in range(self._split):
            low, high, _ = self._windows[-2 - index]
            weight = self.places[index]
            centre = Fraction(low + high, 2)
            digit = min(
                self._values,
                key=lambda q: abs(rest - weight * q * self._scale - centre),
            )
            digits.append(digit)
            rest -= weight * digit * self._scale
        return (*digits, *self._nearest(rest))

    def _peeled(self, number: int) -> tuple[Fraction, ...]:
        """The digits of the number-th value of a residue code, from the last to the first."""
        size, digits = self._residues, list[Fraction]()
        most = round((self.window.high - self.window.low) / self.window.gap)
        rest = min(max(number, 0), most)
        for _ in self.places[1:]:
            digit = rest % size or -size
            digits.append(Fraction(digit, size))
            rest = (rest - digit) // size
        digits.append(Fraction(rest + 1, size))
        return tuple(digits[::-1])

    def _nearest(self, rest: Fraction) -> list[Fraction]:
        sums, codes = self._table
        at = bisect_left(sums, rest)
        if at == len(sums) or (at > 0 and rest - sums[at - 1] <= sums[at] - rest):
            at -= 1
        code, digits = codes[at], list[Fraction]()
        for _ in self.places[self._split :]:
            code, index = divmod(code, len(self._values))
            digits.append(self._values[index])
        return digits[::-1]

    def value(self, digits: tuple[Fraction, ...]) -> Fraction:
        """Σ w_k·q_k."""
        return sum((w * q for w, q in zip(self.places, digits, strict=True)), ZERO)


def _best_run(sums: list[int], reach: int, *, symmetric: bool) -> tuple[int, int, int]:
    """(low, high, gap) of the run of sums with the most gaps' worth of length; around 0 if
    `symmetric`, and then judged by what lies on both sides of 0. Runs that are long enough for the
    translates of a leading place to overlap (`reach`) come first."""
    if len(sums) == 1:
        return sums[0], sums[0], 1
    gaps = sorted({b - a for a, b in pairwise(sums)})
    candidates = gaps if len(gaps) <= GAPS_TRIED else gaps[:GAPS_TRIED]
    best, best_score, best_gap = (sums[0], sums[-1], gaps[-1]), (False, -1), 1
    for gap in sorted({*candidates, gaps[-1]}):
        for low, high in _runs(sums, gap):
            length = 2 * min(high, -low) if symmetric else high - low
            # longer in units of its gap: cross-multiplied, all integers
            score = (high - low + gap >= reach, length * best_gap)
            if score > (best_score[0], best_score[1] * gap):
                best, best_score, best_gap = (low, high, gap), (score[0], length), gap
    return best


def _runs(sums: list[int], gap: int) -> list[tuple[int, int]]:
    """The maximal runs with neighbours at most `gap` apart."""
    breaks = [i for i, (before, after) in enumerate(pairwise(sums)) if after - before > gap]
    starts = [0, *(i + 1 for i in breaks)]
    ends = [*breaks, len(sums) - 1]
    return [(sums[i], sums[j]) for i, j in zip(starts, ends, strict=True)]


def _translated(window: tuple[int, int, int], steps: list[int]) -> tuple[int, int, int]:
    """The window of all step + value: neighbouring translates must overlap to a gap."""
    low, high, gap = window
    reach = high - low + gap
    start = previous = steps[0]
    best_run = (steps[0], steps[0])
    for step in steps[1:]:
        if step - previous > reach:
            start = step
        previous = step
        if previous - start >= best_run[1] - best_run[0]:
            best_run = (start, previous)
    return best_run[0] + low, best_run[1] + high, gap


@cache
def power_code(
    form: Codebook, ratio: Fraction, places: int, top: Fraction, *, turned: bool = False
) -> DigitCode:
    """The code with weights top·ratio^k, k < places; `turned`: all but the first are negative.

    Turning the sign makes one-sided codebooks symmetric: {-1, 1/2} reaches ±3/2 instead of
    [-2, 1].

    >>> one, half, book = Fraction(1), Fraction(1, 2), Codebook.linear(2)
    >>> codes = [power_code(book, half, 4, one, turned=turned) for turned in (False, True)]
    >>> [str(code.window.levels) for code in codes]
    ['11', '47/3']
    """
    weights = [top * ratio**k for k in range(places)]
    return DigitCode(form, tuple(-w if turned and k else w for k, w in enumerate(weights)))


@cache
def scaled_code(code: DigitCode, factor: Fraction) -> DigitCode:
    """The code with all places times a positive factor."""
    return DigitCode(code.form, tuple(weight * factor for weight in code.places))
