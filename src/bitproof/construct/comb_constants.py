"""Constants finer and larger than a bias, as digits on neurons that hold powers of two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from bitproof.construct.fold_matrix_bank import Bank
from bitproof.construct.march_plan import floor_log2
from bitproof.errors import NoDesignError
from bitproof.exact import Q


@dataclass(frozen=True, slots=True)
class Digits:
    """Sums Σ k_i·2^e_i/2^b, k_i numerators, of the neurons 2^e_i and a bias.

    Attributes:
        scale: how many of the smallest units one of the numbers asked for is.
        exponents: e of each neuron, ascending.
    """

    scale: int
    exponents: tuple[int, ...]
    bank: Bank

    def of(self, value: int) -> tuple[tuple[int, ...], int]:
        """Numerators for the neurons, and the bias's."""
        return self.bank.digits(value * self.scale, len(self.exponents))


def digits_for(form: Q, unit: Fraction, need: int, layers: int) -> Digits:
    """The digits of all multiples of a unit up to `need`.

    Args:
        unit: an odd number times a power of two.
        layers: the most that a chain may have.

    Raises:
        NoDesignError: constants that take longer chains.

    >>> digits_for(Q(1, 2), Fraction(3, 64), 100, 2).exponents
    (-4, 2)
    """
    finest = min(0, form.b - (unit.denominator.bit_length() - 1))
    scale = unit * form.denominator / Fraction(2) ** finest
    largest, chosen = form.largest_numerator, [finest]
    boost = floor_log2(form.largest)
    reach = largest
    while chosen[-1] < 0 or reach < need * scale:
        following = finest + floor_log2(Fraction(2 * reach + 1))
        following = min(0 if chosen[-1] < 0 else boost * layers, following)
        if following <= chosen[-1]:
            raise NoDesignError(f"constants up to {need * unit}", remedy="allow more depth")
        chosen.append(following)
        reach += largest << (following - finest)
    exponents = tuple(e for e in chosen if e)
    if any(len(chain_of(e, form)) > layers for e in exponents):
        raise NoDesignError(f"constants as fine as {unit}", remedy="allow more depth")
    units = tuple(1 << (e - finest) for e in chosen)
    granule = Fraction(2) ** finest / form.denominator
    return Digits(int(scale), exponents, Bank(granule, (), units, chosen.index(0), largest))


def chain_of(exponent: int, form: Q) -> tuple[Fraction, ...]:
    """Powers of two in the format whose product is 2^exponent, as few as possible.

    >>> chain_of(-5, Q(1, 2)), chain_of(2, Q(1, 2))
    ((Fraction(1, 4), Fraction(1, 4), Fraction(1, 2)), (Fraction(2, 1), Fraction(2, 1)))
    """
    step = -form.b if exponent < 0 else floor_log2(form.largest)
    count, rest = divmod(exponent, step)
    return (Fraction(2) ** step,) * count + ((Fraction(2) ** rest,) if rest else ())


def merged(parts: Sequence[Digits]) -> tuple[int, ...]:
    """The exponents of all of them, each once."""
    return tuple(sorted({e for part in parts for e in part.exponents}))
