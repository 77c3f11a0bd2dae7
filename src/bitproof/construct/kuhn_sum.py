"""Σ c_v·ψ_v from hats: nodal values in digits, added up place by place.

With c_v = Σ_k d_vk·b^-k in few digits of the codebook, H_k = relu(Σ_v d_vk·ψ_v + M + H_(k+1)/b),
and an offset at the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil

from bitproof.construct.few_digits import FewDigits, value_of
from bitproof.construct.kuhn_fit import KuhnFit
from bitproof.errors import FormatError
from bitproof.exact.rationals import from_float, to_float
from bitproof.network.network import Network
from bitproof.network.wiring import ONE, Term, Wiring

ZERO = Fraction(0)
MAX_PLACES = 16
MORE_GAINS = 2


@dataclass(frozen=True, slots=True)
class Written:
    """Nodal values in digits: value = height·b^gain·Σ_k digits_k·b^-k - shift."""

    digits: list[tuple[Fraction, ...]]
    gain: int
    shift: Fraction
    height: Fraction

    def padded(self) -> Written:
        """The same with a digit, 0 if need be, for every place up to the gain."""
        more = (ZERO,) * max(0, self.gain + 1 - len(self.digits[0]))
        return replace(self, digits=[(*found, *more) for found in self.digits])

    def chains(self, base: int) -> tuple[Chain, Chain]:
        """The places that weigh more than 1, multiplied on, and those that weigh less, divided."""
        tail = range(len(self.digits[0]) - 1, self.gain, -1)
        return Chain(range(self.gain), Fraction(base)), Chain(tail, Fraction(1, base))

    def peak(self, base: int) -> Fraction:
        """The largest value inside these chains."""
        return max(
            (top for chain in self.chains(base) for _, _, top in chain.links(self)), default=ZERO
        )

    @property
    def cost(self) -> int:
        """Digits that are not 0."""
        return sum(1 for found in self.digits for digit in found if digit)


def written_in_digits(
    wiring: Wiring, fitted: KuhnFit, rounding: Fraction, height: Fraction
) -> Written:
    """The digits of every nodal value, to the rounding: as they are, or shifted to be positive
    (the hats add up to 1), whichever takes fewer.

    Raises:
        FormatError: the codebook's digits leave gaps wider than the rounding.
    """
    values = [from_float(float(value)) for value in fitted.values.ravel()]
    base = wiring.kit.base
    shift = Fraction(ceil(-min(values) * base), base) if min(values) < 0 else ZERO
    attempts = [
        _digits(wiring, values, by, rounding, height) for by in dict.fromkeys((ZERO, shift))
    ]
    found = [attempt for attempt in attempts if attempt is not None]
    if not found:
        raise FormatError(
            f"digits of {wiring.form.name} leave gaps above {to_float(rounding):.3g}",
            remedy="ask for a larger error, or give the codebook more values",
        )
    return min(found, key=lambda written: written.cost)


def _digits(
    wiring: Wiring,
    values: Sequence[Fraction],
    shift: Fraction,
    rounding: Fraction,
    height: Fraction,
) -> Written | None:
    base = wiring.kit.base
    symbols = tuple(value for value in wiring.form.values() if value)
    wanted = [(value + shift) / height for value in values]
    gain = 0
    while not _spans(FewDigits(symbols, base, 6).span, wanted, base**gain):
        gain += 1
    # The digits of some codebooks leave gaps far from 0: a larger gain brings the values nearer.
    for power in range(gain, gain + MORE_GAINS):
        scale = base**power
        largest = scale * height * min(map(abs, symbols))
        table = FewDigits(symbols, base, _places(largest, rounding, base))
        slack = rounding / height / scale
        digits = [table.nearest(value / scale, slack) for value in wanted]
        found = (value_of(written, base) * scale for written in digits)
        if all(abs(a - b) * height <= rounding for a, b in zip(found, wanted, strict=True)):
            return Written(digits, power, shift, height)
    return None


def _spans(span: tuple[Fraction, Fraction], values: Sequence[Fraction], scale: int) -> bool:
    return span[0] * scale <= min(values) and max(values) <= span[1] * scale


def _places(largest: Fraction, rounding: Fraction, base: int) -> int:
    """How many places until the last weighs no more than the rounding."""
    places = 2
    while places < MAX_PLACES and largest / base ** (places - 1) > rounding:
        places += 1
    return places


def summed(wiring: Wiring, nodes: Sequence[int], written: Written) -> Network:
    """Σ c_v·ψ_v place by place, from the last."""
    base, digits, gain = wiring.kit.base, written.digits, written.gain
    lowest = min(digit for found in digits for digit in found)
    floor = Fraction(ceil(-lowest)) if lowest < 0 else ZERO
    chain: int | None = None
    offset = ZERO
    for place in reversed(range(len(digits[0]))):
        terms: list[Term] = [
            (hat, found[place]) for hat, found in zip(nodes, digits, strict=True) if found[place]
        ]
        if chain is None and not terms:
            continue
        link = [] if chain is None else [(chain, Fraction(1, base))]
        if place == 0 and gain == 0:
            return wiring.output([*terms, *link, (ONE, -offset / base - written.shift)])
        chain = wiring.combination([*terms, *link, (ONE, floor)])
        offset = floor + offset / base
    if chain is None:
        return wiring.output([(wiring.unit(), -written.shift)])
    power = Fraction(base**gain)
    return wiring.output([(chain, power), (ONE, -offset * power - written.shift)])


def summed_for_rounding(wiring: Wiring, nodes: Sequence[int], written: Written) -> Network:
    """The same for values that are going to be rounded. Places that weigh more than 1 come first
    and are multiplied on, G_k = b·G_(k-1) + Σ_v d_vk·ψ_v; only those that weigh less are divided.
    So roundings count about one level, not b^gain of them."""
    gain = written.gain

    def terms_of(place: int) -> list[Term]:
        found = zip(nodes, written.digits, strict=True)
        return [(hat, digits[place]) for hat, digits in found if digits[place]]

    def linked(chain: Chain) -> tuple[list[Term], Fraction]:
        """The chain as a term of its reader, and the offset it then brings along."""
        link: list[Term] = []
        before = ZERO
        for place, lift, _ in chain.links(written):
            terms = [*terms_of(place), *link]
            if terms:
                link = [(wiring.combination([*terms, (ONE, lift - before)]), chain.weight)]
                before = lift * chain.weight
        return link, before

    ends = [linked(chain) for chain in written.chains(wiring.kit.base)]
    terms = [*terms_of(gain), *(term for link, _ in ends for term in link)]
    offset = sum((before for _, before in ends), written.shift)
    return wiring.output([*(terms or [(wiring.unit(), ZERO)]), (ONE, -offset)])


@dataclass(frozen=True, slots=True)
class Chain:
    """Places in the order they are added up, and the factor from each sum to the next."""

    places: range
    weight: Fraction

    def links(self, written: Written) -> Iterator[tuple[int, Fraction, Fraction]]:
        """Each place, by how much its sum is lifted to be nowhere negative, and the largest value
        it then has. The hats add up to their height, so the extremes are those at the nodes."""
        sums = [ZERO] * len(written.digits)
        for place in self.places:
            pairs = zip(sums, written.digits, strict=True)
            sums = [total * self.weight + digits[place] for total, digits in pairs]
            lift = max(ZERO, -min(sums)) * written.height
            yield place, lift, max(sums) * written.height + lift
