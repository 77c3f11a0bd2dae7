"""Exact gains and constants from the weights of a format: the parts every construction needs.

A gain multiplies a non-negative neuron by an exact factor. A single edge does it for a weight of
the format; a factor above every weight comes from helpers that read the neuron and each other
(z_1 = q·y, z_2 = q·(y + z_1), ... which gives q(1 + q)^{m-1}); a factor below 1 in a format
without one comes from a positive and a negative weight over copies (1/2 = 3/2 - 1).
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from bitproof.exact.rationals import to_float
from bitproof.exact.weight_format import WeightFormat

MAX_GROWTH_STEPS = 9
MAX_COPIES = 24
MAX_CHAIN = 40
SAMPLED_WEIGHTS = 12
Edges = tuple[tuple[int, Fraction], ...]


@dataclass(frozen=True, slots=True)
class Gain:
    """factor · y from a neuron y ≥ 0, without two edges between any pair of neurons.

    Attributes:
        factor: positive.
        helpers: edges of each helper neuron; source 0 is y, source i the i-th helper.
        final: edges of whatever reads the result.
    """

    factor: Fraction
    helpers: tuple[Edges, ...]
    final: Edges

    def entries(self, count: str) -> int:
        """Entries it takes, the reader's own bias not among them."""
        slots = len(self.helpers) if count == "dense" else 0
        return sum(len(edges) for edges in self.helpers) + len(self.final) + slots


def hop(weight: Fraction) -> Gain:
    """One edge."""
    return Gain(weight, (), ((0, weight),))


def growth(weight: Fraction, steps: int) -> Gain:
    """q(1 + q)^{m-1} by m neurons, each reading all before it (the last one is the reader).

    >>> growth(Fraction(1, 2), 5).factor
    Fraction(81, 32)
    """
    rows = tuple(tuple((source, weight) for source in range(step + 1)) for step in range(steps))
    return Gain(weight * (1 + weight) ** (steps - 1), rows[:-1], rows[-1])


def doubling() -> Gain:
    """2y from weights 1/2 alone, without two edges between any pair of neurons.

    >>> doubling().factor, doubling().entries("nonzero")
    (Fraction(2, 1), 13)
    """
    half = Fraction(1, 2)
    rows = ((0,), (0,), (0, 1, 2), (0, 1, 2, 3), (0, 1, 3, 4))
    edges = tuple(tuple((source, half) for source in row) for row in rows)
    return Gain(Fraction(2), edges[:-1], edges[-1])


def tripling() -> Gain:
    """3y from weights 1/3 and 2/3, without two edges between any pair of neurons.

    >>> tripling().factor, tripling().entries("nonzero")
    (Fraction(3, 1), 14)
    """
    third, rest = Fraction(1, 3), Fraction(2, 3)
    helpers = (
        ((0, rest),),
        ((0, third),),
        ((0, third), (1, rest), (2, rest)),
        ((0, rest), (1, rest), (2, rest), (3, rest)),
    )
    final = ((0, rest), (1, third), (2, third), (3, rest), (4, rest))
    return Gain(Fraction(3), helpers, final)


def shrinking(form_values: Sequence[Fraction]) -> Gain | None:
    """The cheapest gain below 1, by one edge or by a difference of copies; None if not found.

    >>> shrinking((Fraction(-1), Fraction(3, 2))).factor
    Fraction(3, 4)
    """
    positive = [value for value in form_values if value > 0]
    direct = [value for value in positive if value < 1]
    if direct:
        return hop(min(direct, key=lambda value: abs(value - Fraction(1, 2))))
    found = None
    for carrier in positive:
        for plus in positive:
            for minus in (value for value in form_values if value < 0):
                gain = _difference(carrier, plus, minus)
                if gain and (found is None or gain.entries("dense") < found.entries("dense")):
                    found = gain
    return found


def _difference(carrier: Fraction, plus: Fraction, minus: Fraction) -> Gain | None:
    best = None
    for ups in range(1, MAX_COPIES):
        downs = math.ceil(ups * plus / -minus) - 1
        rest = ups * plus + downs * minus
        if 0 < rest * carrier < 1 and 0 < downs <= MAX_COPIES:
            best = (ups, downs, rest)
            break
    if best is None:
        return None
    ups, downs, rest = best
    helpers = tuple(((0, carrier),) for _ in range(ups + downs))
    final = tuple((i + 1, plus if i < ups else minus) for i in range(ups + downs))
    return Gain(rest * carrier, helpers, final)


def typical_weights(form: WeightFormat) -> tuple[Fraction, ...]:
    """The positive weights, thinned to at most a dozen spread over their range."""
    positive = [value for value in form.values() if value > 0]
    if len(positive) <= SAMPLED_WEIGHTS:
        return tuple(positive)
    powers = [v for v in positive if v.numerator & (v.numerator - 1) == 0 and form.dyadic]
    spread = [positive[i * (len(positive) - 1) // 3] for i in range(4)]
    return tuple(sorted({*powers[-(SAMPLED_WEIGHTS - 4) :], *spread}))


def gains(form: WeightFormat) -> tuple[Gain, ...]:
    """The single steps chains are made of."""
    weights = typical_weights(form)
    steps = [hop(weight) for weight in weights if weight != 1]
    for weight in weights:
        steps += [growth(weight, m) for m in range(2, MAX_GROWTH_STEPS + 1)]
    if Fraction(1, 2) in form and Fraction(1) not in form:
        steps.append(doubling())
    if Fraction(1, 3) in form and Fraction(2, 3) in form and Fraction(1) not in form:
        steps.append(tripling())
    shrink = shrinking(form.values())
    if shrink is not None and shrink.helpers:
        steps.append(shrink)
    return tuple(steps)


def cheapest_chain(
    steps: Sequence[Gain], low: float, high: float, count: str
) -> tuple[Gain, ...] | None:
    """The chain of gains of least entries whose factor lies in [low, high]; () if 1 does."""
    if low <= 1 <= high:
        return ()
    slot = 1 if count == "dense" else 0
    prices = [step.entries(count) + slot for step in steps]
    logs = [math.log(step.factor) for step in steps]
    goal_low, goal_high = math.log(low), math.log(high)
    bottom, top = min(goal_low, 0.0) - 2.0, max(goal_high, 0.0) + 2.0
    heap: list[tuple[int, float, tuple[int, ...]]] = [(0, 0.0, ())]
    seen: set[int] = set()
    while heap:
        price, at, chain = heapq.heappop(heap)
        if goal_low <= at <= goal_high:
            return tuple(steps[i] for i in chain)
        cell = round(at * 60)
        if cell in seen or len(chain) >= MAX_CHAIN:
            continue
        seen.add(cell)
        for i, log in enumerate(logs):
            if bottom <= at + log <= top and (not chain or i >= chain[-1]):
                heapq.heappush(heap, (price + prices[i], at + log, (*chain, i)))
    return None


def factor_of(chain: Sequence[Gain]) -> Fraction:
    """The exact product of a chain's factors."""
    return math.prod((gain.factor for gain in chain), start=Fraction(1))


@dataclass(frozen=True, slots=True)
class ConstantNode:
    """A constant neuron: what it reads of the pool's earlier nodes, and its bias."""

    value: Fraction
    edges: Edges
    bias: Fraction


@dataclass(frozen=True)
class ConstantPool:
    """Positive constants a network may use; only those it uses are built."""

    nodes: tuple[ConstantNode, ...]

    @cached_property
    def floats(self) -> tuple[float, ...]:
        """The values, for proposals."""
        return tuple(to_float(node.value) for node in self.nodes)

    @cached_property
    def closures(self) -> tuple[frozenset[int], ...]:
        """Every node with all it depends on."""
        found: list[frozenset[int]] = []
        for index, node in enumerate(self.nodes):
            below = (found[source] for source, _ in node.edges)
            found.append(frozenset({index}).union(*below))
        return tuple(found)

    def needs(self, index: int) -> frozenset[int]:
        """A node and all it depends on."""
        return self.closures[index]

    def entries(self, index: int, count: str) -> int:
        """Entries of one node itself."""
        node = self.nodes[index]
        own = 1 if count == "dense" or node.bias else 0
        return len(node.edges) + own


def constant_pool(
    form: WeightFormat, shrink: Gain, smallest: float, largest: float
) -> ConstantPool:
    """A ladder of constants from above `largest` (or a little below) down to `smallest`."""
    positive = [value for value in form.values() if value > 0]
    below = [value for value in positive if value <= 1]
    base = max(below, default=min(positive))
    nodes = [ConstantNode(base, (), base)]
    top = 0
    while nodes[top].value > smallest and len(nodes) < 400:
        top = _append(nodes, top, shrink)
    best = max(gains(form), key=_growth_rate)
    top = 0
    while float(nodes[top].value) < largest and len(nodes) < 500:
        top = _append(nodes, top, best)
    return ConstantPool(tuple(nodes))


def _growth_rate(gain: Gain) -> float:
    return math.log(gain.factor) / (gain.entries("dense") + 1)


def _reading(nodes: list[ConstantNode], edges: Edges, bias: Fraction) -> ConstantNode:
    value = sum((nodes[i].value * weight for i, weight in edges), bias)
    return ConstantNode(value, edges, bias)


def _append(nodes: list[ConstantNode], source: int, gain: Gain) -> int:
    numbers = [source]
    for helper in (*gain.helpers, gain.final):
        edges = tuple((numbers[i], weight) for i, weight in helper)
        nodes.append(_reading(nodes, edges, Fraction(0)))
        numbers.append(len(nodes) - 1)
    return numbers[-1]
