"""Equidistant hinges scale·(x - mh)⁺ at two edges each, from any codebook with an exact base.

With 1 and -1 in the codebook a knot hangs on the one whose number lacks its lowest bit, and the
thresholds are one short ladder of constants. Otherwise about √N hubs q·(X - jBh)⁺ carry B knots
each: one edge from the hub, one from a constant shared by all hubs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from bitproof.network.wiring import Wiring

UNIT = Fraction(1)


def knots(wiring: Wiring, source: int, scale: Fraction, step: Fraction, count: int) -> list[int]:
    """Neurons scale·(x - m·step)⁺ for m = 1..count.

    Args:
        source: a neuron or input of value x ≥ 0.
        scale, step: b-adic, positive.

    >>> from bitproof.exact.weight_format import Codebook
    >>> from bitproof.execute.reference import evaluate
    >>> wiring = Wiring(Codebook.linear(2))
    >>> nodes = knots(wiring, wiring.inputs[0], UNIT / 4, UNIT / 8, 7)
    >>> network = wiring.output([(nodes[4], UNIT)])
    >>> evaluate(network, [UNIT]) == ((1 - 5 * UNIT / 8) / 4,)
    True
    """
    if UNIT in wiring.form and -UNIT in wiring.form:
        return _tree(wiring, _scaled(wiring, source, scale), scale * step, count)
    return _hubs(wiring, source, scale, step, count)


def _scaled(wiring: Wiring, source: int, scale: Fraction) -> int:
    return source if scale == 1 else wiring.scaled(source, scale)


def _tree(wiring: Wiring, root: int, gap: Fraction, count: int) -> list[int]:
    nodes = [root]
    constants: dict[int, int] = {}
    for number in range(1, count + 1):
        bit = number & -number
        if bit not in constants:
            constants[bit] = wiring.constant(bit * gap)
        edges = [(nodes[number - bit], UNIT), (constants[bit], -UNIT)]
        nodes.append(wiring.neuron(edges))
    return nodes[1:]


def hub_weights(wiring: Wiring) -> tuple[Fraction, Fraction]:
    """(q, -a): a positive power of 1/b and the negative value of largest b-adic inverse."""
    base = wiring.kit.base
    powers = [v for v in wiring.kit.positive if v <= 1 and _is_power(1 / v, base)]
    negative = [v for v in wiring.kit.negative if _is_power(-1 / v, base) or _is_power(-v, base)]
    least = min(negative) if negative else wiring.kit.negative[0]
    return max(powers, default=wiring.kit.positive[-1]), least


def _is_power(value: Fraction, base: int) -> bool:
    while value > 1 and value.denominator == 1:
        value /= base
    return value == 1


def _hubs(wiring: Wiring, source: int, scale: Fraction, step: Fraction, count: int) -> list[int]:
    made = selected_knots(wiring, source, scale, step, range(1, count + 1))
    return [made[number] for number in range(1, count + 1)]


def selected_knots(
    wiring: Wiring, source: int, scale: Fraction, step: Fraction, numbers: Sequence[int]
) -> dict[int, int]:
    """Neurons scale·(x - m·step)⁺ for some m ≥ 1, by hubs.

    Within a hub of weight 1 each knot hangs on the one before (its distance is one of few
    constants); with a smaller weight all hang on the hub.

    Args:
        numbers: ascending.
    """
    share, negative = hub_weights(wiring)
    count = numbers[-1] if numbers else 0
    spread = _hub_spread(count)
    single = count < spread
    above = _scaled(wiring, source, scale / share if single else scale / share**2)
    thresholds: dict[Fraction, int] = {}

    def reduced(parent: int, by: Fraction) -> int:
        """share·(parent) - by, by > 0."""
        if by not in thresholds:
            thresholds[by] = wiring.constant(by / -negative)
        return wiring.neuron([(parent, share), (thresholds[by], negative)])

    if single:
        return {m: reduced(above, scale * step * m) for m in numbers}
    hubs: dict[int, tuple[int, int]] = {}
    nodes: dict[int, int] = {}
    for number in numbers:
        hub = number // spread
        if hub not in hubs:
            shift = scale / share * step * hub * spread
            first = reduced(above, shift) if hub else wiring.hop(above, share)
            hubs[hub] = (hub * spread, first)
        place, parent = hubs[hub]
        rest = number - place
        nodes[number] = reduced(parent, scale * step * rest) if rest else wiring.hop(parent, share)
        if share == 1 and rest:
            hubs[hub] = (number, nodes[number])
    return nodes


def _hub_spread(count: int) -> int:
    """Knots of a hub: near √N, a power of two keeps the constants short."""
    if count < 6:
        return count + 1
    return int(2 ** round(math.log2(math.sqrt(count)) + 0.25))
