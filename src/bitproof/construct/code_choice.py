"""The digit code of fewest places for a range and a precision."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache, partial

from bitproof.construct.short_numbers import shortest
from bitproof.errors import NoDesignError
from bitproof.exact.weight_format import Codebook
from bitproof.network.patterns import weights_of
from bitproof.theory.digit_code import DigitCode, Window, power_code
from bitproof.theory.residue_code import is_residue_system, residue_code

MAX_PLACES = 40
UNIT = Fraction(1)


@cache
def symmetric_code(form: Codebook, reach: Fraction, gap: Fraction) -> DigitCode:
    """Writes every number of [-reach, reach] to within gap/2.

    Raises:
        NoDesignError: the digits of the codebook leave gaps.

    >>> code = symmetric_code(Codebook.linear(2), Fraction(1), Fraction(1, 4))
    >>> code.window.half + code.window.gap / 2 >= 1, code.window.gap <= Fraction(1, 4)
    (True, True)
    """
    return _fewest(form, reach, gap, symmetric=True)


@cache
def centred_code(form: Codebook, span: Fraction, gap: Fraction) -> DigitCode:
    """Writes every number of an interval of length `span` to within gap/2; the interval's middle is
    `middle` of the code.

    Raises:
        NoDesignError: the digits of the codebook leave gaps.
    """
    return _fewest(form, span, gap, symmetric=False)


def middle(code: DigitCode) -> Fraction:
    """The middle of what a code writes."""
    return (code.window.low + code.window.high) / 2


def slack(code: DigitCode, span: Fraction) -> Fraction:
    """How far an interval of length `span` may be moved off the middle of what a code writes."""
    window = code.window
    return (window.high - window.low + window.gap - span) / 2


def _fewest(form: Codebook, size: Fraction, gap: Fraction, *, symmetric: bool) -> DigitCode:
    base = weights_of(form).base
    for places in range(1, MAX_PLACES):
        for make in _codes(form, base, places, symmetric=symmetric):
            window = make(UNIT).window
            reached = _reached(window, symmetric=symmetric)
            if reached > 0 and size / reached <= gap / window.gap:
                return make(shortest(size / reached, gap / window.gap, base))
    raise NoDesignError(
        f"{form.name} has no digits for {size} to {gap}", remedy="take another codebook"
    )


def _codes(
    form: Codebook, base: int, places: int, *, symmetric: bool
) -> list[Callable[[Fraction], DigitCode]]:
    """Codes of so many places by the weight of the first: ratios 1/b^j up to the number of
    values, and the residue code where there is one."""
    found: list[Callable[[Fraction], DigitCode]] = []
    if not symmetric and is_residue_system(form) and places > 1:
        found.append(lambda top: residue_code(form, places, top))
    power = base
    while power <= max(len(form.values()), base):
        found.append(partial(_power, form, Fraction(1, power), places))
        power *= base
    return found


def _power(form: Codebook, ratio: Fraction, places: int, top: Fraction) -> DigitCode:
    return power_code(form, ratio, places, top)


def _reached(window: Window, *, symmetric: bool) -> Fraction:
    """The reach or the length of what is written to within gap/2 (of a code with top place 1)."""
    if symmetric:
        return window.half + window.gap / 2
    return window.high - window.low + window.gap
