"""Which schemes are worth trying for a target and a format: pivots, scales, planes, constants."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from bitproof.construct.constant_sum import Term, cheapest_sum
from bitproof.construct.gadgets import (
    ConstantPool,
    Gain,
    cheapest_chain,
    constant_pool,
    factor_of,
    gains,
    shrinking,
    typical_weights,
)
from bitproof.construct.min_link import MinLink
from bitproof.construct.scheme import Scheme, Side
from bitproof.construct.tube import Tube
from bitproof.exact.rationals import to_float
from bitproof.exact.weight_format import WeightFormat

FAR = 3.0
MAX_PLANES = 40

MAX_DIGIT_WEIGHTS = 300


@dataclass(frozen=True, slots=True)
class Taste:
    """One way to choose a scheme's scales.

    Attributes:
        fine: the finest slope step, in units of the room a slope has.
        high: room for slopes above the steepest of the fit.
        exact: scales are powers of the base, so that simple slopes take few digits.
    """

    fine: float
    high: float
    exact: bool = False


TRIED = (Taste(2.0, 1.0), Taste(1.0, 1.0), Taste(4.0, 1.0), Taste(1.0, 1.6))
FINER = (Taste(0.5, 1.0, exact=True), Taste(0.5, 1.0), Taste(0.12, 1.0))
FINEST = (*FINER, Taste(0.01, 1.0))


@dataclass(frozen=True)
class View:
    """A side as a one-sided problem: the tube and its fewest-piece fit over X."""

    side: Side
    tube: Tube
    link: MinLink


@dataclass(frozen=True)
class Sizes:
    """What a fit needs, in units of the distance from the pivot."""

    spacing: float
    finest: float
    change: float
    first: float
    slope_room: float
    tolerance: float
    knot_room: float
    sharpest: float


def measure_links(links: list[MinLink], radius: float) -> Sizes:
    """Typical spacings and slopes of the fewest-piece fits of the sides."""
    lengths = np.concatenate([np.diff(np.append(link.knots, link.reaches[-1])) for link in links])
    changes = np.abs(np.concatenate([link.slope_changes for link in links]))
    first = max(abs(float(link.slopes[0])) for link in links)
    room = 2 * radius / lengths
    usual = float(np.median(lengths))
    return Sizes(
        spacing=usual,
        finest=float(np.quantile(lengths, 0.1)),
        change=float(np.quantile(changes, 0.95)) if len(changes) else 0.0,
        first=first,
        slope_room=float(np.quantile(room, 0.25)),
        tolerance=radius / 30,
        sharpest=float(changes.max(initial=0.0)),
        knot_room=radius / (4 * max(float(changes.max(initial=0.0)), radius / usual)),
    )


@dataclass(frozen=True)
class Kit:
    """The gadgets of a format."""

    form: WeightFormat
    count: str
    weights: tuple[Fraction, ...]
    steps: tuple[Gain, ...]
    shrink: Gain

    @property
    def largest(self) -> Fraction:
        return max(self.weights)

    @cached_property
    def exact_steps(self) -> tuple[Gain, ...]:
        """The gains by powers of the base."""
        return tuple(step for step in self.steps if _power(step.factor, self.base))

    @cached_property
    def base(self) -> int:
        """The base in which the weights are short numbers."""
        return min((w.denominator for w in self.weights if w.denominator > 1), default=2)

    def hinge_weight(self, *, exact: bool) -> Fraction:
        """The weight of absolute hinges: 1, or the largest (if exact, power of the base)."""
        positive = [weight for weight in self.weights if weight > 0]
        if Fraction(1) in positive:
            return Fraction(1)
        powers = [weight for weight in positive if _power(weight, self.base)]
        return max(powers if exact and powers else positive)

    @property
    def reach(self) -> Fraction:
        """The largest digit available with both signs."""
        return min(self.largest, -min(self.weights))


def _power(value: Fraction, base: int) -> bool:
    large = max(value.numerator, value.denominator)
    while large % base == 0:
        large //= base
    return large == 1 and min(value.numerator, value.denominator) == 1


def kit(form: WeightFormat, count: str) -> Kit | None:
    """The gadgets; None if no gain below 1 was found."""
    weights = tuple(value for value in form.values() if value)
    if len(weights) > MAX_DIGIT_WEIGHTS:
        kept = {*typical_weights(form)}
        stride = len(weights) // MAX_DIGIT_WEIGHTS + 1
        kept |= {abs(weight) for weight in weights[::stride]}
        weights = tuple(sorted({sign * w for w in kept for sign in (1, -1)} & set(weights)))
    shrink = shrinking(form.values())
    return None if shrink is None else Kit(form, count, weights, gains(form), shrink)


def sides_of(tube: Tube, tools: Kit) -> tuple[Side, ...]:
    """The sides: one if the input is on one side of 0, two around 0 if the domain contains it."""
    one = Fraction(1)
    positive = max((w for w in tools.weights if w > 0), key=_nearness)
    negative = max((w for w in tools.weights if w < 0), key=_nearness)
    width = tube.end - tube.start
    if 0 <= tube.start <= FAR * width:
        return (Side(1, None, (), Fraction(0), one),)
    if tube.start < 0 < tube.end:
        right = Side(1, (positive, ()), (), Fraction(0), positive)
        return (right, Side(-1, (negative, ()), (), Fraction(0), -negative))
    if tube.end <= 0 and -tube.end <= FAR * width:
        return (Side(-1, (negative, ()), (), Fraction(0), -negative),)
    return (_shifted(tube, tools, positive if tube.start > 0 else negative),)


def _nearness(weight: Fraction) -> tuple[float, Fraction]:
    return (-abs(math.log2(abs(weight))), weight)


def one_side(tube: Tube, tools: Kit) -> Side:
    """A single side, whatever the domain, that begins with a neuron of its own."""
    positive = max((w for w in tools.weights if w > 0), key=_nearness)
    if 0 <= tube.start <= FAR * (tube.end - tube.start):
        return Side(1, (positive, ()), (), Fraction(0), positive)
    return _shifted(tube, tools, positive)


def _shifted(tube: Tube, tools: Kit, weight: Fraction) -> Side:
    """A side whose pivot is a cheap constant a little outside a domain far from 0."""
    size = abs(to_float(weight))
    near = tube.start if weight > 0 else -tube.end
    width = tube.end - tube.start
    pool = constant_pool(tools.form, tools.shrink, size * width / 4, 2 * abs(near) * size)
    terms = [
        Term(to_float(node.value * digit), (0, index), 1.0 + index, number)
        for index, node in enumerate(pool.nodes)
        for number, digit in enumerate(tools.weights)
    ]
    picked = cheapest_sum(terms, -near * size, -(near - width) * size)
    if picked is None:
        return Side(1 if weight > 0 else -1, (weight, ()), (), Fraction(0), abs(weight))
    digits = tuple((term.place[1], tools.weights[term.weight]) for term in picked)
    shift = sum((pool.nodes[i].value * digit for i, digit in digits), Fraction(0))
    direction = 1 if weight > 0 else -1
    return Side(direction, (weight, digits), (), -shift / weight, abs(weight), pool)


@dataclass(frozen=True)
class Layout:
    """A scheme for stretched sides."""

    scheme: Scheme
    sides: tuple[Side, ...]

    @property
    def hinges(self) -> str:
        """How hinges are written."""
        return "chained or absolute" if self.scheme.chained else "absolute"


def layouts(
    tools: Kit,
    sides: tuple[Side, ...],
    sizes: Sizes,
    far: float,
    tried: Sequence[Taste],
) -> list[Layout]:
    """A layout for every stretch of the sides and every taste, the likeliest first."""
    has_one = Fraction(1) in tools.weights
    stretches: list[tuple[Gain, ...]] = [()]
    if has_one and tools.count == "dense":
        aim = to_float(tools.largest) / (sizes.spacing * to_float(sides[0].scale))
        chain = cheapest_chain(tools.steps, 0.4 * aim, aim, tools.count)
        if chain:
            stretches.insert(0, chain)
    weight = tools.hinge_weight(exact=False)
    found: list[Layout] = []
    for stretch in stretches:
        stretched = tuple(side.extended(stretch) for side in sides)
        scale = to_float(stretched[0].scale)
        pool = pool_for(tools, sizes, scale * to_float(weight), 16 * far * scale)
        for taste in tried:
            hinge = tools.hinge_weight(exact=taste.exact)
            scheme = scheme_for(tools, scale, sizes, hinge, pool, taste)
            if scheme is not None and all(scheme != layout.scheme for layout in found):
                found.append(Layout(scheme, stretched))
    return found


def pool_for(tools: Kit, sizes: Sizes, hinge: float, largest: float) -> ConstantPool:
    """Constants fine enough for knots of hinges of that scale."""
    smallest = min(hinge * min(sizes.finest / 8, sizes.knot_room), sizes.tolerance)
    return constant_pool(tools.form, tools.shrink, smallest, max(64.0, largest))


def scheme_for(
    tools: Kit,
    scale: float,
    sizes: Sizes,
    hinge_weight: Fraction,
    pool: ConstantPool,
    taste: Taste,
) -> Scheme | None:
    """The tail and planes for X = scale·distance and hinges of that weight."""
    ratio = to_float(tools.shrink.factor)
    hinge = scale * to_float(hinge_weight)
    top = to_float(tools.reach)
    digits_sum = top / (1 - ratio)
    need = max(
        sizes.change / (hinge * top),
        1.05 * sizes.sharpest / (hinge * digits_sum),
        sizes.first / (scale * digits_sum),
    )
    need = max(need, sizes.slope_room / (hinge * top)) * taste.high
    steps = tools.exact_steps if taste.exact else tools.steps
    room = tools.base + 0.2 if taste.exact else 2.2
    tail = cheapest_chain(steps, need, room * need, tools.count)
    if tail is None:
        return None
    smallest = min(abs(to_float(w)) for w in tools.weights)
    bottom = taste.fine * sizes.slope_room / (hinge * to_float(factor_of(tail)) * smallest)
    planes = 1 + max(0, math.ceil(math.log(bottom) / math.log(ratio))) if bottom < 1 else 1
    gained = to_float(factor_of(tail))
    steepest = max(sizes.first / (scale * gained), sizes.sharpest / (hinge * gained))
    while planes < 4 and top * (1 - ratio**planes) / (1 - ratio) < steepest:
        planes += 1
    return Scheme(
        form=tools.form,
        count=tools.count,
        weights=tools.weights,
        pool=pool,
        step=tools.shrink,
        planes=min(planes, MAX_PLANES),
        tail=tail,
        hinge_weight=hinge_weight,
        chained=hinge_weight == 1,
    )
