"""The digit code of fewest places for a range and a precision."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache, partial

from bitproof.construct.short_numbers import shortest
from bitproof.errors import NoDesignError
from bitproof.exact.weight_format import Codebook
from bitproof.network.patterns import weights_of
from bitproof.theory.digit_code import DigitCode, power_code
from bitproof.theory.residue_code import is_residue_system, residue_code

MAX_PLACES = 40
UNIT = Fraction(1)
MIDDLE_ROOM = Fraction(65, 64)
"""Codes write a little more than asked, so that their middle may be taken to be a short number."""


@cache
def centred_code(form: Codebook, span: Fraction, gap: Fraction) -> DigitCode:
    """Writes every number of an interval of length `span` to within gap/2; the interval's middle is
    `middle` of the code.

    Raises:
        NoDesignError: the digits of the codebook leave gaps.

    >>> code = centred_code(Codebook.linear(2), Fraction(2), Fraction(1, 4))
    >>> code.window.gap <= Fraction(1, 4), slack(code, Fraction(2)) >= 0
    (True, True)
    """
    base = weights_of(form).base
    roomy = span * MIDDLE_ROOM
    for places in range(1, MAX_PLACES):
        for make in _codes(form, base, places):
            window = make(UNIT).window
            reached = window.high - window.low + window.gap
            if roomy / reached <= gap / window.gap:
                return make(shortest(roomy / reached, gap / window.gap, base))
    raise NoDesignError(
        f"{form.name} has no digits for {span} to {gap}", remedy="take another codebook"
    )


def middle(code: DigitCode) -> Fraction:
    """The middle of what a code writes."""
    return (code.window.low + code.window.high) / 2


def slack(code: DigitCode, span: Fraction) -> Fraction:
    """How far an interval of length `span` may be moved off the middle of what a code writes."""
    window = code.window
    return (window.high - window.low + window.gap - span) / 2


def short_middle(code: DigitCode, span: Fraction, unit: Fraction, base: int) -> Fraction:
    """A short b-adic multiple of a unit (the multiple is returned) near enough to the middle."""
    room = slack(code, span)
    low, high = (middle(code) - room) / unit, (middle(code) + room) / unit
    return shortest(low, high, base)


def _codes(form: Codebook, base: int, places: int) -> list[Callable[[Fraction], DigitCode]]:
    """Codes of so many places by the weight of the first: ratios 1/b^j up to the number of
    values, the two extreme values with ratio 1/2, and the residue code where there is one."""
    found: list[Callable[[Fraction], DigitCode]] = []
    if is_residue_system(form) and places > 1:
        found.append(lambda top: residue_code(form, places, top))
    values = form.values()
    if base == 2 and len(values) > 2:  # the extremes alone, evenly spaced for any number of places
        found.append(partial(_power, _pair(values[0], values[-1]), UNIT / 2, places))
    power = base
    while power <= max(len(form.values()), base):
        found.append(partial(_power, form, Fraction(1, power), places))
        power *= base
    return found


@cache
def _pair(low: Fraction, high: Fraction) -> Codebook:
    return Codebook((min(low, high), max(low, high)))


def _power(form: Codebook, ratio: Fraction, places: int, top: Fraction) -> DigitCode:
    return power_code(form, ratio, places, top)
