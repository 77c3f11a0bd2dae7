"""Layout H built: hats of all levels with coded details (theory: `theory.hierarchy`).

A hat is relu(q·(x - (m-w)h)⁺ - 2q·(x - mh)⁺): two edges from hinges where q and -2q are weights.
The digits of all levels share one chain (two, if turned). The edges depend on the plan alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from bitproof.construct.construction import Construction, Designs
from bitproof.construct.hierarchy_plan import chain_places, hierarchies
from bitproof.construct.knots import knots
from bitproof.construct.scaled_function import Domain, ScaledFunction
from bitproof.errors import NoDesignError
from bitproof.exact.rationals import write_decimal
from bitproof.exact.weight_format import Codebook, WeightFormat
from bitproof.network.measures import measure
from bitproof.network.network import Network
from bitproof.network.patterns import weights_of
from bitproof.network.wiring import ONE, Term, Wiring
from bitproof.target.target import Target
from bitproof.theory.hierarchy import HIGHEST_SMOOTHNESS, HierarchyPlan
from bitproof.theory.knot_sum import DerivativeBounds

ZERO = Fraction(0)
LARGE = 20_000
MAX_POWER = 16


@dataclass(frozen=True, slots=True)
class Details:
    """What a function chooses: the digits of the line, and of each level's hats."""

    start: tuple[Fraction, ...]
    slope: tuple[Fraction, ...]
    levels: tuple[tuple[tuple[Fraction, ...], ...], ...]


def nodes(layout: HierarchyPlan, domain: Domain) -> list[Fraction]:
    """Where f is read: start, the nodes mh inside, end."""
    step = layout.step
    first = int(domain.start / step) + 1
    inner = [step * m for m in range(first, layout.cells)]
    return [domain.start, *inner, domain.end]


def wanted(layout: HierarchyPlan, domain: Domain, values: Sequence[Fraction]) -> list[Fraction]:
    """t_m, m = 0..2^L: the polygon through the values at `nodes`, going on as a line outside."""
    places, step = nodes(layout, domain), layout.step
    rises = [
        (values[at + 1] - values[at]) / (places[at + 1] - places[at]) for at in (0, len(places) - 2)
    ]
    first = int(domain.start / step) + 1
    before = [values[0] + rises[0] * (step * m - places[0]) for m in range(first)]
    after = [
        values[-1] + rises[1] * (step * m - places[-1])
        for m in range(layout.cells, layout.last_node + 1)
    ]
    return [*before, *values[1:-1], *after]


def encode(layout: HierarchyPlan, targets: Sequence[Fraction]) -> Details:
    """The digits, in a closed loop.

    Raises:
        InputError: values that no function of the ball has.
    """
    last, step = layout.last_node, layout.step
    coded = [ZERO] * (last + 1)
    start = layout.start.code.encode(targets[0] - layout.start.shift - layout.offset)
    coded[0] = layout.start.code.value(start) + layout.start.shift + layout.offset
    steep = (targets[last] - coded[0]) / (step * last)
    slope = layout.slope.code.encode(steep - layout.slope.shift)
    coded[last] = coded[0] + (layout.slope.code.value(slope) + layout.slope.shift) * step * last
    levels = []
    for level in layout.levels:
        width, height = level.half_width, layout.steepness * step * level.half_width
        written = []
        for m in level.numbers:
            mean = (coded[m - width] + coded[m + width]) / 2
            digits = level.code.encode((targets[m] - mean) / height)
            written.append(digits)
            coded[m] = mean + level.code.value(digits) * height
        levels.append(tuple(written))
    return Details(start, slope, tuple(levels))


def build(
    layout: HierarchyPlan,
    form: Codebook,
    values: Sequence[Fraction],
    domain: Domain | None = None,
) -> Network:
    """The network of a plan for the values of a function at `nodes`.

    >>> from bitproof.network.measures import measure
    >>> layout = plan(DerivativeBounds.unit(2), Fraction(1, 100), Codebook.nested(3))
    >>> parabola = [x * x / 2 for x in nodes(layout, Domain())]
    >>> first = build(layout, Codebook.nested(3), parabola)
    >>> second = dry(layout, Codebook.nested(3))
    >>> edges = [[layer.sources for layer in network.layers] for network in (first, second)]
    >>> edges[0] == edges[1], measure(first).weights == measure(second).weights
    (True, True)
    """
    place = domain or Domain()
    details = encode(layout, wanted(layout, place, values))
    wiring = Wiring(form)
    source = place.neuron(wiring)
    hats = _hats(wiring, layout, source)
    columns: dict[int, list[Term]] = {}
    turned: dict[int, list[Term]] = {}
    for level, made, written in zip(layout.levels, hats, details.levels, strict=True):
        for index in range(len(level.code.places)):
            chosen = turned if layout.turned and index else columns
            row = chosen.setdefault(level.first + index, [])
            row += [(hat, digits[index]) for hat, digits in zip(made, written, strict=True)]
    carrier = ONE if layout.carrier == 0 else wiring.gain(wiring.unit(), layout.carrier)
    edges = columns.get(0, [])
    terms: list[Term] = [(source, layout.slope.shift)]
    terms.append((carrier, layout.start.shift / Fraction(wiring.kit.base) ** layout.carrier))
    above, below = chain_places(layout.levels, turned=layout.turned)
    for rows, numbers, sign in ((columns, above, 1), (turned, below, -1)):
        if numbers:
            head = _chain(wiring, [rows.get(k, []) for k in numbers], carrier, layout.ratio)
            terms.append((head, sign * layout.ratio ** numbers[0]))
    edges += _line(wiring, ONE, layout.start.powers, details.start)
    edges += _line(wiring, source, layout.slope.powers, details.slope)
    edges += wiring.edges(terms, [node for node, _ in edges])
    return wiring.finish(edges, (("layout", "hierarchy"),))


def _hats(wiring: Wiring, layout: HierarchyPlan, source: int) -> list[list[int]]:
    """Neurons steepness·(wh - |x - mh|)⁺ on the left of the domain's end, level by level."""
    share = _share(wiring)
    scale = layout.steepness / share
    first = source if scale == 1 else wiring.scaled(source, scale)
    hinges = [first, *knots(wiring, source, scale, layout.step, layout.cells - 1)]
    made = []
    for level in layout.levels:
        row = []
        for m in level.numbers:
            terms = [(hinges[m - level.half_width], share)]
            if m < layout.cells:  # else the peak is beyond the domain
                terms.append((hinges[m], -2 * share))
            row.append(wiring.combination(terms))
        made.append(row)
    return made


def _share(wiring: Wiring) -> Fraction:
    """q ≤ 1 with a b-adic inverse, the largest one with -2q in the codebook where there is any."""
    base = wiring.kit.base
    values = [
        value
        for value in wiring.kit.positive
        if value <= 1 and base**MAX_POWER % value.numerator == 0
    ]
    exact = [value for value in values if -2 * value in wiring.form]
    return max(exact or values or [Fraction(1)])


def _chain(wiring: Wiring, rows: Sequence[Sequence[Term]], carrier: int, ratio: Fraction) -> int:
    """Horner's rule from the last place to the first; the carrier keeps it non-negative."""
    highest = max(wiring.form.values())
    below: int | None = None
    for row in reversed(rows):
        edges: list[Term] = [*row, (carrier, highest)]
        if below is not None:
            edges += wiring.edges([(below, ratio)], [carrier])
        below = wiring.neuron(edges)
    assert below is not None
    return below


def _line(
    wiring: Wiring, source: int, powers: Sequence[int], digits: Sequence[Fraction]
) -> list[Term]:
    return [(wiring.rung(source, power), q) for power, q in zip(powers, digits, strict=True)]


def dry(layout: HierarchyPlan, form: Codebook, domain: Domain | None = None) -> Network:
    """The network for f = 0: its sizes are those for every function of the ball."""
    return build(layout, form, [ZERO] * len(nodes(layout, domain or Domain())), domain)


def plan(
    ball: DerivativeBounds, error: Fraction, form: Codebook, domain: Domain | None = None
) -> HierarchyPlan:
    """The plan of fewest weights (then least depth) among the likely ones, by counting exactly.

    Raises:
        FormatError: a codebook without an exact base.
        InputError: smoothness above 2.
        NoDesignError: no plan of reasonable size.
    """
    place = domain or Domain()
    found = hierarchies(ball, error, form, place.end, place.start)
    if not found:
        raise NoDesignError(
            f"the hierarchy found no digits of {form.name} for the error {write_decimal(error, 3)}"
        )
    if found[0].programmable > LARGE:
        return found[0]
    sized = []
    for index, layout in enumerate(found):
        sizes = measure(dry(layout, form, place))
        sized.append((sizes.weights, sizes.depth, index))
    return found[min(sized)[2]]


def designs(
    target: Target,
    error: Fraction,
    formats: Sequence[WeightFormat],
    *,
    smoothness: int | None = None,
) -> Designs:
    """A network of layout H for each codebook, its error promised by the theorem.

    Args:
        smoothness: 1 or 2; None tries both and keeps the smaller network.

    Raises:
        FormatError: a codebook that is not universal or has no exact base.
        NoDesignError: no derivative of the target is bounded, or smoothness above 2.
    """
    if smoothness is not None and smoothness > HIGHEST_SMOOTHNESS:
        raise NoDesignError("the hierarchy has smoothness 1 or 2", remedy="--method knots")
    books = [form for form in formats if isinstance(form, Codebook)]
    if not books:
        return Designs((), "a codebook (--codebook linear:2, say)")
    tried = (1, 2) if smoothness is None else (smoothness,)
    found: list[Construction] = []
    for form in books:
        kit = weights_of(form)
        functions = [ScaledFunction.of(target, n, kit) for n in tried]
        made = [construct(f, error, form) for f in functions if f is not None]
        built = [one for one in made if one is not None]
        if built:
            found.append(min(built, key=lambda one: measure(one.network).weights))
    if not found:
        raise NoDesignError(
            f"the hierarchy knows no bounds of {tried[0]} derivative(s) of {target.text[:40]}, "
            "or no digits for this error"
        )
    return Designs(tuple(sorted(found, key=lambda one: measure(one.network).paper_bits)))


def construct(function: ScaledFunction, error: Fraction, form: Codebook) -> Construction | None:
    """The network of a function of the ball; None where no plan is found."""
    try:
        layout = plan(function.ball, error, form, function.domain)
    except NoDesignError:
        return None
    (values,), doubt = function.read(nodes(layout, function.domain))
    network = build(layout, form, values, function.domain)
    details = (
        ("smoothness", str(function.ball.smoothness)),
        ("levels", str(len(layout.levels))),
        ("hats", str(layout.hats)),
        ("programmable weights", str(layout.programmable)),
        ("promised error", write_decimal(layout.error + doubt, 4, rounding="up")),
    )
    return Construction("hierarchy", network, layout.error + doubt, layout.cells, details)
