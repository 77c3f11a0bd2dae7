"""Exact fixed coefficients from codebook weights, without two edges between the same neurons.

A pattern writes w·y as a sum of edges: some from y itself (more than one only if y may be copied),
some from one-hop scaled copies p·y. Digits of any length come from a ladder of powers y·b^-k.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from itertools import combinations_with_replacement

from bitproof.errors import FormatError
from bitproof.exact.universality import require_universal
from bitproof.exact.weight_format import Codebook

MAX_DIRECT = 4
MAX_SCALED = 3
MAX_HOPS = 10
COPY_COST = 2
MAX_LADDER_STEPS = 64
STATES_KEPT = 60
ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Pattern:
    """w = Σ direct + Σ p·q over the scaled pairs (p, q).

    Attributes:
        direct: weights of edges from the neuron and its copies.
        scaled: pairs (p, q): an edge of weight q from a neuron that is p times the neuron.
        cost: edges, an estimate where copies are made.
    """

    direct: tuple[Fraction, ...]
    scaled: tuple[tuple[Fraction, Fraction], ...]
    cost: int


@dataclass(frozen=True)
class Weights:
    """A universal codebook with what constructions need of it.

    Raises:
        FormatError: it is not universal, or has no positive value below 1 of the form 1/b with
            every value b-adic (b an integer above 1), or too few to add up to 1 and b.
    """

    form: Codebook

    def __post_init__(self) -> None:
        require_universal(self.form)
        if self.base < 2 or self.pattern(ONE, copyable=False) is None or not self.gain:
            raise FormatError(
                f"the codebook {self.form.name} has no value 1/b that exact sums are made of",
                remedy="give one with a value such as 1/2 and multiples of its powers, as "
                "linear:λ, nested:λ, midrise:λ or binary; other codebooks: --method adaptive",
            )

    @cached_property
    def base(self) -> int:
        """b: the smallest integer with the value 1/b and every value b-adic; 0 if there is none."""
        for base in range(2, self.form.denominator + 1):
            adic = _is_adic(self.form.denominator, base)
            if adic and any(v > 0 and v.numerator == 1 and v.denominator == base for v in self.all):
                return base
        return 0

    @cached_property
    def all(self) -> tuple[Fraction, ...]:
        return self.form.values()

    @cached_property
    def positive(self) -> tuple[Fraction, ...]:
        return tuple(value for value in self.all if value > 0)

    @cached_property
    def negative(self) -> tuple[Fraction, ...]:
        return tuple(value for value in self.all if value < 0)

    @cached_property
    def hops(self) -> tuple[Fraction, ...]:
        """Positive values scaled copies are made with: the extremes and the powers of the base."""
        values = [value for value in self.positive if value != 1]
        if len(values) <= MAX_HOPS:
            return tuple(values)
        simple = [v for v in values if v.numerator == 1 or v.denominator <= self.base**2]
        return tuple(sorted({*simple[:MAX_HOPS], values[-1]}))

    def pattern(self, weight: Fraction, *, copyable: bool) -> Pattern | None:
        """The cheapest pattern found of an exact weight, None if three scaled edges do not do.

        >>> Weights(Codebook.linear(2)).pattern(Fraction(1), copyable=False).scaled
        ((Fraction(1, 2), Fraction(1, 2)), (Fraction(1, 2), Fraction(1, 2)))
        >>> Weights(Codebook.linear(4)).pattern(Fraction(1, 2), copyable=False).direct
        (Fraction(1, 2),)
        """
        return _pattern(self, weight, copyable=copyable)

    @cached_property
    def gain(self) -> tuple[Fraction, ...]:
        """The fewest positive values, with repetition, that add up to the base: b·y from copies.

        >>> Weights(Codebook.linear(4)).gain
        (Fraction(3, 4), Fraction(3, 4), Fraction(1, 2))
        """
        sums: dict[Fraction, tuple[Fraction, ...]] = {Fraction(0): ()}
        goal = Fraction(self.base)
        while goal not in sums:
            longer = dict(sums)
            for total, written in sums.items():
                for value in self.positive:
                    if total + value <= goal:
                        longer.setdefault(total + value, (*written, value))
            if len(longer) == len(sums):
                break
            sums = longer
        return tuple(sorted(sums.get(goal, ()), reverse=True))

    @cached_property
    def scaled_sums(self) -> dict[Fraction, tuple[tuple[Fraction, Fraction], ...]]:
        """Sums of at most three scaled edges, the fewest of each."""
        single: dict[Fraction, tuple[Fraction, Fraction]] = {}
        for hop in self.hops:
            for value in self.all:
                if value and hop * value not in single:
                    single[hop * value] = (hop, value)
        most = MAX_SCALED if len(single) <= 40 else 2
        sums: dict[Fraction, tuple[tuple[Fraction, Fraction], ...]] = {Fraction(0): ()}
        for count in range(1, most + 1):
            for chosen in combinations_with_replacement(tuple(single.items()), count):
                total = sum((value for value, _ in chosen), Fraction(0))
                sums.setdefault(total, tuple(pair for _, pair in chosen))
        return sums

    @cached_property
    def direct_sums(self) -> dict[Fraction, tuple[Fraction, ...]]:
        """Sums of at most four direct edges, the fewest of each."""
        values = [value for value in self.all if value]
        most = MAX_DIRECT if len(values) <= 8 else 2
        sums: dict[Fraction, tuple[Fraction, ...]] = {Fraction(0): ()}
        for count in range(1, most + 1):
            for chosen in combinations_with_replacement(values, count):
                sums.setdefault(sum(chosen, Fraction(0)), chosen)
        return sums


def _is_adic(denominator: int, base: int) -> bool:
    """Whether some power of the base is a multiple of the denominator."""
    return bool(pow(base, denominator.bit_length(), denominator) == 0)


@cache
def weights_of(form: Codebook) -> Weights:
    """The codebook's kit, made once.

    Raises:
        FormatError: as `Weights`.
    """
    return Weights(form)


@cache
def _pattern(kit: Weights, weight: Fraction, *, copyable: bool) -> Pattern | None:
    found: Pattern | None = None
    for direct_sum, direct in kit.direct_sums.items():
        if len(direct) > 1 and not copyable:
            continue
        scaled = kit.scaled_sums.get(weight - direct_sum)
        if scaled is None:
            continue
        copies = max(len(direct) - 1, 0) * COPY_COST
        cost = len(direct) + copies + 2 * len(scaled)
        if found is None or cost < found.cost:
            found = Pattern(direct, scaled, cost)
    return found


def digits(kit: Weights, value: Fraction) -> tuple[tuple[int, Fraction], ...] | None:
    """value = Σ q·b^-k over pairs (k, q), at most one for each k ≥ 0, as few as are found; None if
    the value is too large for that or not b-adic.

    >>> digits(Weights(Codebook.linear(2)), Fraction(7, 16))
    ((0, Fraction(1, 2)), (4, Fraction(-1, 1)))
    """
    base = kit.base
    power = 0
    while (value * base**power).denominator != 1:
        power += 1
        if power > MAX_LADDER_STEPS:
            return None
    return _digits(kit, value * base**power, power)


@cache
def _digits(kit: Weights, units: Fraction, power: int) -> tuple[tuple[int, Fraction], ...] | None:
    """The shortest sum of q·b^-k = units·b^-power found, place by place from the last: a digit must
    make what remains a multiple of the finest digit of the place above.

    All in integers over b^deepest times the codebook's denominator.
    """
    base, denominator, deepest = kit.base, kit.form.denominator, power + 1
    steps = [(int(value * denominator), value) for value in kit.all if value]
    goal = int(units) * denominator * base
    reach = 2 * denominator * base**deepest + abs(goal)
    states: dict[int, tuple[tuple[int, Fraction], ...]] = {goal: ()}
    best: tuple[tuple[int, Fraction], ...] | None = None
    for place in range(deepest, -1, -1):
        scale = base ** (deepest - place)
        finest = scale * base if place else 1
        following: dict[int, tuple[tuple[int, Fraction], ...]] = {}
        for rest, written in states.items():
            if rest % finest == 0:
                _keep(following, rest, written)
            for step, value in steps:
                left = rest - step * scale
                if left % finest == 0 and abs(left) <= reach:
                    _keep(following, left, (*written, (place, value)))
        done = following.get(0)
        if done is not None and (best is None or len(done) < len(best)):
            best = done
        states = dict(sorted(following.items(), key=lambda entry: len(entry[1]))[:STATES_KEPT])
    return None if best is None else tuple(sorted(best))


def _keep(
    states: dict[int, tuple[tuple[int, Fraction], ...]],
    rest: int,
    written: tuple[tuple[int, Fraction], ...],
) -> None:
    known = states.get(rest)
    if known is None or len(written) < len(known):
        states[rest] = written
