"""Σ V_i·y_i with programmable V_i: digits on a chain of neurons (Horner's rule at the target).

For a code with places w_1, w_2, ... (w_(k+1) = w_k·link_k) the neurons

    H_k = relu(Σ_i q_ik·y_i + M_k + link_k·H_(k+1)),    M_k ≥ |q_min|·Σ_i max y_i,

carry everything but a first place of weight 1, whose digits go straight into the target. The
offsets M_k keep the chain non-negative; what they add up to is an exactly known constant. Where the
sign of the places changes (a turned code) the chain is cut and the target reads both parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from bitproof.exact.weight_format import Codebook
from bitproof.network.wiring import ONE, Term, Wiring
from bitproof.theory.digit_code import DigitCode

ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class ProgrammedSum:
    """What the target reads.

    Attributes:
        edges: codebook edges of the first place, one from each y_i.
        terms: what carries the other places, to be added with exact weights.
        offset: edges and terms add up to Σ V_i·y_i + offset.
        carrier: the constant neuron behind the offsets, ONE if none was needed.
        carried: its value.
    """

    edges: list[Term]
    terms: list[Term]
    offset: Fraction
    carrier: int
    carried: Fraction


def programmed_sum(
    wiring: Wiring,
    nodes: Sequence[int],
    codes: Sequence[tuple[Fraction, ...]],
    code: DigitCode,
    bound: Fraction,
) -> ProgrammedSum:
    """The digits of every node's coefficient, as edges and one chain.

    Args:
        nodes: the neurons y_i ≥ 0, all different.
        codes: the digits of each V_i in `code` (`DigitCode.encode`).
        code: a first place of weight 1 is read by the target itself, all others by the chain.
        bound: at least Σ_i max y_i.

    >>> from bitproof.exact.weight_format import Codebook
    >>> from bitproof.theory.digit_code import power_code
    >>> from bitproof.execute.reference import evaluate
    >>> book, one = Codebook.linear(2), Fraction(1)
    >>> wiring = Wiring(book)
    >>> y = wiring.hop(wiring.inputs[0], one / 2)
    >>> code = power_code(book, one / 2, 4, one, turned=True)
    >>> digits = code.encode(one / 3)
    >>> total = programmed_sum(wiring, [y], [digits], code, one / 2)
    >>> network = wiring.output([*total.edges, *total.terms, (ONE, -total.offset)])
    >>> evaluate(network, [one])[0] == code.value(digits) / 2
    True
    """
    places, form = code.places, wiring.form
    at_target = places[0] == 1
    first = [(node, digits[0]) for node, digits in zip(nodes, codes, strict=True)]
    start = 1 if at_target else 0
    if len(places) == start:
        return ProgrammedSum(first, [], ZERO, ONE, Fraction(1))
    highest = max(form.values())
    power = carrier_power(form, wiring.kit.base, bound)
    carrier = ONE if power == 0 else wiring.gain(wiring.unit(), power)
    above: int | None = None
    terms: list[Term] = []
    for place in range(len(places) - 1, start - 1, -1):
        edges = [(node, digits[place]) for node, digits in zip(nodes, codes, strict=True)]
        edges.append((carrier, highest))
        if above is not None:
            link = places[place + 1] / places[place]
            if link > 0:
                edges += wiring.edges([(above, link)], [carrier])
            else:  # a negative link could make the neuron negative: the target reads both
                terms.append((above, places[place + 1]))
        above = wiring.neuron(edges)
    assert above is not None
    terms.append((above, places[start]))
    offset = chain_offset(code, wiring.kit.base, bound)
    carried = Fraction(wiring.kit.base) ** power
    return ProgrammedSum(first if at_target else [], terms, offset, carrier, carried)


def carrier_power(form: Codebook, base: int, bound: Fraction) -> int:
    """p ≥ 0: the constant b^p keeps a chain non-negative whose inputs add up to at most `bound`."""
    values = form.values()
    least, power = -values[0] * bound / values[-1], 0
    while Fraction(base) ** power < least:
        power += 1
    return power


def chain_offset(code: DigitCode, base: int, bound: Fraction) -> Fraction:
    """What the offsets of the chain add up to at the target."""
    places = code.places[1:] if code.places[0] == 1 else code.places
    each = code.form.values()[-1] * Fraction(base) ** carrier_power(code.form, base, bound)
    return each * sum(places, ZERO)


def source_code(wiring: Wiring, node: int, digits: Sequence[Fraction], step: int) -> list[Term]:
    """Edges of Σ q_k·b^(-step·k)·y from the ladder of one neuron: 2K - 1 edges with the rungs,
    which all outgoing coefficients of y share."""
    return [(wiring.ladder(node, step * k), digit) for k, digit in enumerate(digits)]
