"""Chebyshev networks for smooth functions: few squares, the error a theorem.

Theory: `theory.chebyshev`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import flint
import numpy as np

from bitproof.construct.coefficient_codes import simplest
from bitproof.construct.construction import Construction, Designs
from bitproof.construct.gates import square
from bitproof.construct.scaled_function import Domain
from bitproof.errors import FormatError, NoDesignError
from bitproof.exact.enclosure import precision, to_interval
from bitproof.exact.rationals import to_float, write_decimal
from bitproof.exact.weight_format import Codebook, WeightFormat
from bitproof.network.measures import measure
from bitproof.network.network import Network
from bitproof.network.patterns import Weights, digits, weights_of
from bitproof.network.wiring import ONE, Term, Wiring
from bitproof.target.expression import ExpressionTarget
from bitproof.target.smoothness import Derivatives
from bitproof.target.target import Target
from bitproof.theory.chebyshev import deviations, needed, tail, to_chebyshev

ZERO, UNIT = Fraction(0), Fraction(1)
LARGEST_DEGREE = 24
SAMPLED_DEGREE = 64
DEGREES_TRIED = 8
PLANS_KEPT = 3
PLACES_SEEN = 8
NODE_BITS = 140
MOST_LEVELS = 40


@dataclass(frozen=True, slots=True)
class ChebyshevPlan:
    """A polynomial with rounded coefficients, the teeth of each square, and the promise.

    Attributes:
        coefficients: of T_0, T_1, ...; 0 where a term is left out.
        levels: r_k of s_k, k ≥ 2.
        error: tail + rounding + squares.
    """

    domain: Domain
    coefficients: tuple[Fraction, ...]
    levels: dict[int, int]
    error: Fraction


def designs(target: Target, error: Fraction, formats: Sequence[WeightFormat]) -> Designs:
    """A Chebyshev network for each codebook of base 2.

    Raises:
        FormatError: a codebook that is not universal or has no exact base.
        NoDesignError: no high derivative is bounded, or the base is not 2.
    """
    books = [form for form in formats if isinstance(form, Codebook)]
    if not books:
        return Designs((), "a codebook (--codebook linear:2, say)")
    found = [_construction(target, error, form) for form in books]
    return Designs(tuple(sorted(found, key=lambda made: measure(made.network).paper_bits)))


def applies(target: Target, error: Fraction, formats: Sequence[WeightFormat]) -> bool:
    """Whether it is worth a try: a smooth expression, a codebook of base 2, a low degree."""
    if not isinstance(target, ExpressionTarget) or target.kinks():
        return False
    books = [form for form in formats if isinstance(form, Codebook)]
    return any(_halves(form) for form in books) and likely_degree(target, error) is not None


def _halves(form: Codebook) -> bool:
    try:
        return weights_of(form).base == 2
    except FormatError:
        return False


def _construction(target: Target, error: Fraction, form: Codebook) -> Construction:
    best: Construction | None = None
    for plan in plans(target, error, weights_of(form)):
        network = build(plan, form)
        if best is None or measure(network).weights < measure(best.network).weights:
            terms = sum(1 for c in plan.coefficients if c)
            details = (
                ("degree", str(len(plan.coefficients) - 1)),
                ("terms", str(terms)),
                ("squares", str(sum(1 + k % 2 for k in plan.levels))),
                ("promised error", write_decimal(plan.error, 4, rounding="up")),
            )
            best = Construction("chebyshev", network, plan.error, None, details)
    if best is None:
        raise NoDesignError(
            f"the Chebyshev network needs bounded derivatives of {target.text[:40]} up to an order "
            f"of at most {LARGEST_DEGREE + 1} that make the tail smaller than the error"
        )
    return best


def plans(target: Target, error: Fraction, kit: Weights) -> list[ChebyshevPlan]:
    """Plans of the lowest degrees whose tail leaves most of the error.

    Raises:
        NoDesignError: the codebook's base is not 2 (the factor 1/2 of the recursions).
    """
    if kit.base != 2:
        raise NoDesignError(f"the Chebyshev network needs the factor 1/2, not in {kit.form.name}")
    first = likely_degree(target, error)
    if first is None:
        return []
    domain = Domain.of(target.domain, kit)
    stretch, width = domain.stretch(kit.base), domain.end - domain.start
    found: list[ChebyshevPlan] = []
    for degree in range(first, first + DEGREES_TRIED):
        derivatives = Derivatives(target, degree + 1)
        share = stretch ** (degree + 1)
        if tail(width, degree, _attained(derivatives) * share) >= error / 2:
            continue  # no bound of the derivative can be small enough
        norms = derivatives.norms
        if norms is None:
            break
        rest = tail(width, degree, norms[degree + 1] * share)
        if rest < error / 2:
            plan = _plan(derivatives, domain, degree, error, rest, kit)
            found += [] if plan is None else [plan]
        if len(found) == PLANS_KEPT:
            break
    return found


def _attained(derivatives: Derivatives) -> Fraction:
    """The largest |f^(order)| seen at a few places, from below; 0 where nothing is known."""
    domain = derivatives.target.domain
    if not isinstance(derivatives.target, ExpressionTarget) or derivatives.target.kinks():
        return ZERO
    seen = ZERO
    for i in range(PLACES_SEEN + 1):
        place = domain.lower + domain.width * Fraction(i, PLACES_SEEN)
        found = derivatives.at(place, derivatives.order)
        if len(found) == derivatives.order + 1:
            seen = max(seen, found[-1].lower, -found[-1].upper)
    return seen


def likely_degree(target: Target, error: Fraction) -> int | None:
    """The degree from which sampled Chebyshev coefficients say the tail is small (a proposal);
    None above the largest tried."""
    lower, upper = to_float(target.domain.lower), to_float(target.domain.upper)

    angles = np.pi * (np.arange(SAMPLED_DEGREE + 1) + 0.5) / (SAMPLED_DEGREE + 1)
    places = np.clip(lower + (upper - lower) * (1 + np.cos(angles)) / 2, lower, upper)
    values = np.asarray(target.sample(places), dtype=np.float64)
    cosines = np.cos(np.outer(np.arange(SAMPLED_DEGREE + 1), angles))
    sizes = np.abs(cosines @ values) * 2 / (SAMPLED_DEGREE + 1)
    tails = np.cumsum(sizes[::-1])[::-1]
    small = np.flatnonzero(tails < 0.4 * to_float(error))
    if len(small) == 0 or small[0] > LARGEST_DEGREE:
        return None
    return max(1, int(small[0]) - 1)


def _nodes(domain: Domain, degree: int) -> list[Fraction]:
    """Rationals within 2^-96 of the Chebyshev nodes of the interval."""
    nodes = []
    with precision(NODE_BITS):
        for i in range(degree + 1):
            cosine = (flint.arb.pi() * (2 * i + 1) / (2 * degree + 2)).cos()
            found = to_interval(cosine)
            assert found is not None
            middle = round(found.centre * (1 << 110))
            place = (1 + Fraction(middle, 1 << 110)) / 2
            nodes.append(domain.start + (domain.end - domain.start) * place)
    return nodes


def _plan(
    derivatives: Derivatives,
    domain: Domain,
    degree: int,
    error: Fraction,
    rest: Fraction,
    kit: Weights,
) -> ChebyshevPlan | None:
    nodes = _nodes(domain, degree)
    found = [derivatives.at(domain.argument(node, kit.base), 0)[0] for node in nodes]
    doubt = max(part.width for part in found) * 4 ** (degree + 1)
    exact = to_chebyshev(nodes, [part.centre for part in found])
    budget = error - rest - doubt
    rounding = budget / 4
    share = rounding / len(exact)
    kept: list[Fraction] = []
    spent = ZERO
    for k, coefficient in enumerate(exact):
        # the output reads 2·a_k·s_k: round that to few digits
        twice = ZERO if k == 0 else _short(2 * coefficient, 2 * share, kit)
        value = coefficient if k == 0 else twice / 2
        kept.append(value)
        spent += abs(coefficient - value)
    base = kept[0] - sum(kept[1:], ZERO)
    constant = _short(base, share, kit)
    spent += abs(constant - base)
    kept[0] += constant - base
    levels = _levels(kept, budget - spent)
    if levels is None:
        return None
    return ChebyshevPlan(domain, tuple(kept), levels, rest + doubt + spent + _squares(kept, levels))


def _short(value: Fraction, tolerance: Fraction, kit: Weights) -> Fraction:
    """The number within the tolerance that takes the fewest digits, among those near the end of
    its shortest form."""
    shortest = simplest(value - tolerance, value + tolerance, kit.base)
    if shortest == 0:
        return ZERO
    best, best_cost = shortest, _cost(shortest, kit)
    for more in (1, 2):
        unit = Fraction(1, shortest.denominator * kit.base**more)
        first = math.ceil((value - tolerance) / unit)
        for number in range(first, math.floor((value + tolerance) / unit) + 1):
            cost = _cost(number * unit, kit)
            if cost < best_cost:
                best, best_cost = number * unit, cost
    return best


def _cost(value: Fraction, kit: Weights) -> int:
    written = digits(kit, value)
    return 99 if written is None else len(written)


def _squares(coefficients: Sequence[Fraction], levels: dict[int, int]) -> Fraction:
    """What the squares cost: Σ 2|a_k|·e_k."""
    off = deviations(levels)
    return sum((2 * abs(a) * off[k] for k, a in enumerate(coefficients) if k and a), ZERO)


def _levels(coefficients: Sequence[Fraction], budget: Fraction) -> dict[int, int] | None:
    """The teeth of every square: the same for all at first, then fewer where the budget allows,
    the highest degrees first."""
    used = needed([k for k, a in enumerate(coefficients) if k and a])
    for common in range(1, MOST_LEVELS):
        levels = {k: common for k in used if k > 1}
        if _squares(coefficients, levels) <= budget:
            break
    else:
        return None
    for k in sorted(levels, reverse=True):
        while levels[k] > 1:
            fewer = {**levels, k: levels[k] - 1}
            if _squares(coefficients, fewer) > budget:
                break
            levels = fewer
    return levels


def build(plan: ChebyshevPlan, form: Codebook) -> Network:
    """The network of a plan.

    >>> from bitproof.exact import Interval
    >>> from bitproof.target import parse_target
    >>> from bitproof.execute.reference import evaluate
    >>> target = parse_target("exp(-x)", Interval(ZERO, UNIT))
    >>> plan = plans(target, Fraction(1, 1000), weights_of(Codebook.nested(3)))[0]
    >>> network = build(plan, Codebook.nested(3))
    >>> abs(float(evaluate(network, [Fraction(1, 3)])[0]) - math.exp(-1 / 3)) <= plan.error
    True
    """
    wiring = Wiring(form)
    nodes = {1: plan.domain.neuron(wiring)}
    for k in sorted(plan.levels):
        nodes[k] = _chebyshev(wiring, nodes, k, plan.levels[k])
    total = plan.coefficients[0] - sum(plan.coefficients[1:], ZERO)
    terms: list[Term] = [(ONE, total)]
    terms += [(nodes[k], 2 * a) for k, a in enumerate(plan.coefficients) if k and a]
    return wiring.output(terms, (("layout", "chebyshev"),))


def _chebyshev(wiring: Wiring, nodes: dict[int, int], k: int, levels: int) -> int:
    """s_k from the smaller ones."""
    if k % 2 == 0:
        return wiring.combination(
            _magnitude_square(wiring, [(nodes[k // 2], Fraction(2))], -UNIT, levels)
        )
    low, high = nodes[k // 2], nodes[k // 2 + 1]
    above = _magnitude_square(wiring, [(low, UNIT), (high, UNIT)], -UNIT, levels)
    below = _magnitude_square(wiring, [(low, UNIT), (high, -UNIT)], ZERO, levels)
    terms = [*above, *((node, -weight) for node, weight in below)]
    return wiring.combination([*terms, (ONE, UNIT), (nodes[1], -UNIT)])


def _magnitude_square(
    wiring: Wiring, terms: Sequence[Term], constant: Fraction, levels: int
) -> list[Term]:
    """Terms of F(|Σ w·y + constant|)."""
    plus = wiring.combination([*terms, (ONE, constant)])
    minus = wiring.combination([*((n, -w) for n, w in terms), (ONE, -constant)])
    both: list[Term] = [(plus, UNIT), (minus, UNIT)]
    if UNIT in wiring.form:
        both = [(wiring.combination(both), UNIT)]
    return square(wiring, both, levels)
