"""Products and sums of weights: large factors by layers, constants by a bank of channels."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import combinations_with_replacement

from bitproof.construct.march_plan import floor_log2
from bitproof.errors import NoDesignError
from bitproof.exact.weight_format import Q

MAX_CHANNELS = 8
MAX_CHAIN = 64


@dataclass(frozen=True, slots=True)
class Channel:
    """A constant made by a chain of one-neuron layers: chain[0], then times each further weight."""

    value: Fraction
    chain: tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class Bank:
    """Constants a layer reads, so that a bias may exceed the weight format or be finer than it.

    A sum is Σ_i k_i·units[i] in multiples of `granule`, k_i numerators of weights; unit number
    `bias_at` is the bias itself.
    """

    granule: Fraction
    channels: tuple[Channel, ...]
    units: tuple[int, ...]
    bias_at: int
    largest: int

    def reach(self, channels: int) -> int:
        """All |sums| up to here can be made with the first channels."""
        return self.largest * sum(self.units[: channels + 1])

    def channels_for(self, size: int) -> int:
        """How many of the first channels reach a size."""
        return next(n for n in range(1, len(self.channels) + 1) if self.reach(n) >= size)

    def digits(self, value: int, channels: int) -> tuple[tuple[int, ...], int]:
        """Numerators for the first channels, and the bias's, whose sum is `value` granules."""
        found, rest = [0] * (channels + 1), value
        for at in range(channels, -1, -1):
            unit, below = self.units[at], self.largest * sum(self.units[:at])
            size = max(0, -(-(abs(rest) - below) // unit))
            found[at] = size if rest > 0 else -size
            rest -= found[at] * unit
        if rest or max(map(abs, found)) > self.largest:
            raise NoDesignError(f"the constant {value * self.granule} is out of reach")
        return tuple(k for at, k in enumerate(found) if at != self.bias_at), found[self.bias_at]


def make_bank(form: Q, unit: Fraction, need: int) -> Bank:
    """The shortest bank for sums up to `need` granules of unit/2^b.

    Args:
        unit: 2^-i, at most 1.

    Raises:
        NoDesignError: more than eight channels.
    """
    largest, step = form.largest_numerator, Fraction(1, form.denominator)
    fine = Channel(unit, _fine_chain(unit, step))
    units, channels, bias_at = [1, int(1 / unit)], [fine], 1
    while largest * sum(units) < need:
        if len(channels) == MAX_CHANNELS:
            raise NoDesignError(f"a constant of {need} steps", remedy="allow more weight bits")
        channel = _coarse(form, unit, largest * sum(units), need)
        channels.append(channel)
        units.append(int(channel.value / unit))
    return Bank(unit * step, tuple(channels), tuple(units), bias_at, largest)


def _fine_chain(unit: Fraction, step: Fraction) -> tuple[Fraction, ...]:
    chain, value = [max(unit, step)], max(unit, step)
    while value > unit:
        factor = max(unit / value, step)
        chain.append(factor)
        value *= factor
    return tuple(chain)


def _coarse(form: Q, unit: Fraction, reach: int, need: int) -> Channel:
    """The next channel: as short a chain as ends the bank, or else as large a value as fits."""
    best, layers = 0, 1
    for size, length in _chains(form, unit):
        if size <= 2 * reach + 1 and reach + form.largest_numerator * size >= need:
            best, layers = size, length
            break
        if best < size <= 2 * reach + 1:
            best, layers = size, length
        if best and size > (2 * reach + 1) * form.largest_numerator:
            break
    boost = Fraction(1 << floor_log2(form.largest))
    first = best * unit / boost ** (layers - 1)
    return Channel(best * unit, (first, *[boost] * (layers - 1)))


@lru_cache(maxsize=256)
def _chains(form: Q, unit: Fraction) -> tuple[tuple[int, int], ...]:
    """Pairs (size in units, layers): weight·boost^(layers - 1), the shortest first, then the
    largest; each size once."""
    boost = 1 << floor_log2(form.largest)
    found = dict[int, int]()
    for layers in range(1, MAX_CHAIN // floor_log2(form.largest)):
        for numerator in range(form.largest_numerator, 0, -1):
            size = Fraction(numerator * boost ** (layers - 1), form.denominator) / unit
            if size.denominator == 1:
                found.setdefault(int(size), layers)
    return tuple(found.items())


@lru_cache(maxsize=64)
def odd_products(largest: int, factors: int) -> tuple[tuple[int, ...], ...]:
    """Tuples of odd numbers above 1, at most `factors` of them, with distinct products."""
    odd = range(3, largest + 1, 2)
    seen = dict[int, tuple[int, ...]]()
    for count in range(factors + 1):
        for chosen in combinations_with_replacement(odd, count):
            product = 1
            for factor in chosen:
                product *= factor
            seen.setdefault(product, chosen)
    return tuple(seen.values())


@lru_cache(maxsize=4096)
def odd_factors(number: int, largest: int) -> tuple[int, ...] | None:
    """The fewest odd numbers from 3 to `largest` with this (odd) product; None if there are none.

    >>> odd_factors(1, 15), odd_factors(105, 15), odd_factors(17, 15)
    ((), (15, 7), None)
    """
    if number == 1:
        return ()
    if number <= largest:
        return (number,)
    best: tuple[int, ...] | None = None
    for factor in range(largest - 1 + largest % 2, 1, -2):
        rest = None if number % factor else odd_factors(number // factor, largest)
        if rest is not None and (best is None or len(rest) + 1 < len(best)):
            best = (factor, *rest)
    return best


def scaling_weights(value: Fraction, form: Q) -> tuple[Fraction, ...]:
    """Weights of consecutive layers whose product is `value`, a dyadic above 0; none for 1.

    Raises:
        NoDesignError: a prime factor is not a weight.

    >>> [str(weight) for weight in scaling_weights(Fraction(96), Q(2, 1))]
    ['6', '4', '4']
    """
    odd = value.numerator // (value.numerator & -value.numerator)
    factors = odd_factors(odd, form.largest_numerator)
    if factors is None:
        raise NoDesignError(f"the factor {odd} is no weight", remedy="allow more weight bits")
    step, boost = Fraction(1, form.denominator), Fraction(1 << floor_log2(form.largest))
    weights, rest = list[Fraction](), value
    for factor in factors:
        weight = factor * step
        while 2 * weight <= form.largest and weight < rest:
            weight *= 2
        weights.append(weight)
        rest /= weight
    while rest != 1:
        weights.append(min(boost, rest) if rest > 1 else max(step, rest))
        rest /= weights[-1]
    return tuple(weights)
