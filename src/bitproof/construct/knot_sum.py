"""Layout R built: hinges with coded slope changes, products for n ≥ 3 (theory: `theory.knot_sum`).

The edges depend on the plan alone; a function only chooses the codebook values of the digits. The
network for f = 0 is therefore the exact count for every f.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from bitproof.construct.construction import Construction, Designs
from bitproof.construct.gates import product, product_gain
from bitproof.construct.knot_sum_plan import proposals, sum_of_knots
from bitproof.construct.knots import knots
from bitproof.construct.programmed_sum import programmed_sum
from bitproof.construct.scaled_function import Domain, ScaledFunction
from bitproof.errors import NoDesignError
from bitproof.exact.rationals import write_decimal
from bitproof.exact.weight_format import Codebook, WeightFormat
from bitproof.network.measures import Measures, measure
from bitproof.network.network import Network
from bitproof.network.patterns import weights_of
from bitproof.network.wiring import ONE, Term, Wiring
from bitproof.target.target import Target
from bitproof.theory.knot_sum import CoefficientPlan, DerivativeBounds, KnotSumPlan

ZERO, UNIT = Fraction(0), Fraction(1)
BUILT = 6
LARGE = 20_000
DETECTED = 5
BUILT_SMOOTHNESSES = 2
WORSE = Fraction(5, 4)


Nodal = Sequence[Sequence[Fraction]]
"""For each L_k its values at start, h, 2h, ..., end (N + 1 of them)."""


@dataclass(frozen=True, slots=True)
class Digits:
    """What a function chooses for one coefficient function."""

    start: tuple[Fraction, ...]
    slope: tuple[Fraction, ...]
    hinges: list[tuple[Fraction, ...]]


def encode(
    plan: CoefficientPlan, layout: KnotSumPlan, domain: Domain, values: Sequence[Fraction]
) -> Digits:
    """The digits of L_k/M_k from its nodal values, by error feedback.

    Raises:
        InputError: values that no function of the ball has.
    """
    step, cells, scale = layout.step, layout.cells, layout.knot_scale
    wanted = _extended([value / plan.scale for value in values], layout, domain)
    rise = wanted[1] - wanted[0]
    slope = plan.slope.code.encode(rise / step + plan.tilt - plan.slope.shift)
    steep = plan.slope.code.value(slope) + plan.slope.shift - plan.tilt
    first = wanted[0] - (steep * step - rise) / 2
    start = plan.start.code.encode(first + plan.lift - plan.offset - plan.start.shift)
    value = plan.start.code.value(start) + plan.start.shift + plan.offset - plan.lift
    value += steep * step
    digits = []
    for node in range(1, cells):
        change = (wanted[node + 1] - value) / step - steep
        written = plan.hinges.encode(change / scale)
        digits.append(written)
        steep += plan.hinges.value(written) * scale
        value += steep * step
    return Digits(start, slope, digits)


def _extended(values: Sequence[Fraction], layout: KnotSumPlan, domain: Domain) -> list[Fraction]:
    """The polygon through the values at `nodes`, going on as a line up to 0 and Nh."""
    step, cells, start = layout.step, layout.cells, domain.start
    result = list(values)
    if start > 0:
        first = int(start / step) + 1  # the first node inside
        place = step * first if first < cells else domain.end
        rise = (values[first] - values[0]) / (place - start)
        result[:first] = [values[0] + rise * (step * m - start) for m in range(first)]
    last = domain.end - (cells - 1) * step
    if last != step:
        result[-1] = result[-2] + (values[-1] - result[-2]) * step / last
    return result


def nodes(layout: KnotSumPlan, domain: Domain) -> list[Fraction]:
    """Where the nodal values are taken: start, h, 2h, ..., (N-1)h, end; never before start."""
    inner = [max(layout.step * m, domain.start) for m in range(1, layout.cells)]
    return [domain.start, *inner, domain.end]


def build(
    layout: KnotSumPlan, form: Codebook, nodal: Nodal, domain: Domain | None = None
) -> Network:
    """The network of a plan for a function.

    Args:
        layout: `plan` of this ball, error and codebook.
        nodal: `nodes` tells where; L_0, ..., L_(n-2) at each (`theory.knot_sum.nodal_values`).

    >>> from bitproof.network.measures import measure
    >>> layout = plan(DerivativeBounds.unit(2), Fraction(1, 100), Codebook.nested(3))
    >>> parabola = [[x * x / 2 for x in nodes(layout, Domain())]]
    >>> first = build(layout, Codebook.nested(3), parabola)
    >>> second = dry(layout, Codebook.nested(3))
    >>> edges = [[layer.sources for layer in network.layers] for network in (first, second)]
    >>> edges[0] == edges[1], measure(first).weights < 92
    (True, True)
    """
    place = domain or Domain()
    wiring = Wiring(form)
    source = place.neuron(wiring)
    hinges = knots(wiring, source, layout.knot_scale, layout.step, layout.cells - 1)
    bound = sum_of_knots(layout.knot_scale, layout.step, layout.cells, place.end)
    factor: tuple[int, Fraction] | None = None
    for k in range(len(layout.coefficients) - 1, -1, -1):
        part = layout.coefficients[k]
        digits = encode(part, layout, place, nodal[k])
        total = programmed_sum(wiring, hinges, digits.hinges, part.hinges, bound)
        edges = list(total.edges)
        edges += _rungs(wiring, ONE, part.start.powers, digits.start)
        edges += _rungs(wiring, source, part.slope.powers, digits.slope)
        terms = [*total.terms, (source, part.slope.shift)]
        terms.append((total.carrier, part.start.shift / total.carried))
        if factor is not None:
            gate, above = factor
            weight = above / part.scale * product_gain(layout.base)
            times = product(wiring, [(source, UNIT)], [(gate, UNIT)], layout.levels)
            terms.append((times, weight))
        edges += wiring.edges(terms, [node for node, _ in edges])
        if k == 0:
            return wiring.finish(edges, (("layout", "knot sum"),))
        factor = (wiring.neuron(edges), part.scale)
    raise AssertionError("a plan has at least one coefficient function")


def _rungs(
    wiring: Wiring, source: int, powers: Sequence[int], digits: Sequence[Fraction]
) -> list[Term]:
    return [
        (wiring.rung(source, power), digit) for power, digit in zip(powers, digits, strict=True)
    ]


def dry(layout: KnotSumPlan, form: Codebook, domain: Domain | None = None) -> Network:
    """The network for f = 0: its sizes are those for every function of the ball."""
    zero = [[ZERO] * (layout.cells + 1) for _ in layout.coefficients]
    return build(layout, form, zero, domain)


def plan(
    ball: DerivativeBounds, error: Fraction, form: Codebook, domain: Domain | None = None
) -> KnotSumPlan:
    """The plan of fewest weights (then least depth) among the likely ones, by counting exactly.

    Raises:
        FormatError: a codebook without an exact base.
        NoDesignError: no plan of reasonable size.
    """
    place = domain or Domain()
    found = proposals(ball, error, form, place.end, place.start)
    if not found:
        raise NoDesignError(
            f"the knot sum found no digits of {form.name} for the error {write_decimal(error, 3)}"
        )
    few = BUILT if found[0].estimate < LARGE else 2
    if found[0].estimate > 5 * LARGE or form.has_zero:
        return found[0].plan
    sized = [(_size(measure(dry(p.plan, form, place))), i) for i, p in enumerate(found[:few])]
    return found[min(sized)[1]].plan


def _size(measures: Measures) -> tuple[int, int]:
    return measures.weights, measures.depth


def designs(
    target: Target,
    error: Fraction,
    formats: Sequence[WeightFormat],
    *,
    smoothness: int | None = None,
) -> Designs:
    """A network of layout R for each codebook, its error promised by Theorem 2.

    Args:
        smoothness: n; None tries all that are proved and keeps the smallest network.

    Raises:
        FormatError: a codebook that is not universal or has no exact base.
        NoDesignError: no derivative of the target is bounded.
    """
    found = [
        _best(target, error, form, smoothness) for form in formats if isinstance(form, Codebook)
    ]
    if not found:
        return Designs((), "a codebook (--codebook linear:2, say)")
    return Designs(tuple(sorted(found, key=lambda c: measure(c.network).paper_bits)))


def _best(target: Target, error: Fraction, form: Codebook, smoothness: int | None) -> Construction:
    kit = weights_of(form)
    tried = (smoothness,) if smoothness is not None else tuple(range(1, DETECTED + 1))
    found: list[tuple[int, int, ScaledFunction]] = []
    for n in tried:
        function = ScaledFunction.of(target, n, kit)
        if function is None:
            continue
        domain = function.domain
        likely = proposals(function.ball, error, form, domain.end, domain.start)
        if likely:
            found.append((likely[0].estimate, n, function))
        if n > 1 and found and found[-1][0] > WORSE * min(entry[0] for entry in found):
            break  # bounds of more derivatives cost more than they save
    best: Construction | None = None
    for _, _, function in sorted(found, key=lambda entry: entry[:2])[:BUILT_SMOOTHNESSES]:
        made = construct(function, error, form)
        if made is not None and (best is None or _fewer(made, best)):
            best = made
    if best is None:
        raise NoDesignError(
            f"the knot sum knows no bounds of {smoothness or 1} derivative(s) of "
            f"{target.text[:40]}, or no digits for this error"
        )
    return best


def _fewer(first: Construction, second: Construction) -> bool:
    return _size(measure(first.network)) < _size(measure(second.network))


def construct(function: ScaledFunction, error: Fraction, form: Codebook) -> Construction | None:
    """The network of a function of the ball; None where no plan is found."""
    try:
        layout = plan(function.ball, error, form, function.domain)
    except NoDesignError:
        return None
    values, doubt = function.read([*nodes(layout, function.domain)])
    network = build(layout, form, values, function.domain)
    n = function.ball.smoothness
    details = (
        ("smoothness", str(n)),
        ("knots", str(layout.cells - 1)),
        ("programmable weights", str(layout.programmable)),
        ("promised error", write_decimal(layout.error + doubt, 4, rounding="up")),
    )
    return Construction("knots", network, layout.error + doubt, layout.cells, details)
