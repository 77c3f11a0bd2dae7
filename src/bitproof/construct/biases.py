"""Constants many neurons share: one edge each, from one neuron."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from bitproof.exact.weight_format import Codebook
from bitproof.network.patterns import weights_of
from bitproof.network.wiring import ONE, Term, Wiring


def bias(wiring: Wiring, value: Fraction) -> list[Term]:
    """Edges that add a constant: one from a neuron made for it, where some weight of its sign is
    ±1 or a power of ±1/b; none for 0.

    >>> from bitproof.exact.weight_format import Codebook
    >>> wiring = Wiring(Codebook.linear(2))
    >>> [weight for number in (5, -5, 0) for _, weight in bias(wiring, Fraction(number, 8))]
    [Fraction(1, 2), Fraction(-1, 1)]
    """
    if value == 0:
        return []
    weight = plain_weight(wiring.form, negative=value < 0)
    if weight is None:
        sign = 1 if value > 0 else -1
        return wiring.edges([(wiring.constant(abs(value)), Fraction(sign))])
    return [(wiring.constant(value / weight), weight)]


def constant_node(wiring: Wiring, value: Fraction) -> int:
    """A source of constant positive value: ONE itself for 1."""
    return ONE if value == 1 else wiring.constant(value)


def apart(wiring: Wiring, node: int, used: Sequence[int]) -> int:
    """The neuron, or a copy of it if it is one of those used already."""
    if node not in used:
        return node
    return wiring.unit() if node == ONE else wiring.copies(node, 1)


def plain_weight(form: Codebook, *, negative: bool = False) -> Fraction | None:
    """The largest weight of a sign that is ±1 or a power of ±1/b; None if there is none.

    >>> plain_weight(Codebook.linear(4), negative=True), plain_weight(Codebook.linear(4))
    (Fraction(-1, 1), Fraction(1, 2))
    """
    kit = weights_of(form)
    sign = -1 if negative else 1
    plain = [
        weight
        for weight in kit.all
        if sign * weight > 0
        and abs(weight.numerator) == 1
        and kit.base ** weight.denominator.bit_length() % weight.denominator == 0
    ]
    return max(plain, key=abs, default=None)
