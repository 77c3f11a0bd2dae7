"""The function-dependent network for F_{1,1}: the walk of fewest turns (theory: `theory.walk`)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from bitproof.construct import cached_patterns
from bitproof.construct.cached_patterns import estimate
from bitproof.construct.coefficient_codes import simplest
from bitproof.construct.construction import Construction, Designs
from bitproof.construct.knots import hub_weights, selected_knots
from bitproof.construct.scaled_function import ScaledFunction
from bitproof.errors import NoDesignError
from bitproof.exact.rationals import write_decimal
from bitproof.exact.weight_format import Codebook, WeightFormat
from bitproof.network.measures import measure
from bitproof.network.network import Network
from bitproof.network.patterns import weights_of
from bitproof.network.wiring import ONE, Term, Wiring
from bitproof.target.target import Target
from bitproof.theory.walk import Walk, WalkShape, fewest_turns

MAX_CELLS = 1 << 17
DIVISIONS = (1, 2)
STARTS = 9
UNIT_BITS = 80
SLOPE_SHARES = 16
EDGES_OF_A_TURN = 3


@dataclass(frozen=True, slots=True)
class Course:
    """A walk with where it starts and its shape."""

    start: Fraction
    shape: WalkShape
    walk: Walk


def designs(target: Target, error: Fraction, formats: Sequence[WeightFormat]) -> Designs:
    """The network of the walk of fewest turns for each codebook.

    Raises:
        FormatError: a codebook that is not universal or has no exact base.
        NoDesignError: no Lipschitz constant is proved, or too many cells.
    """
    books = [form for form in formats if isinstance(form, Codebook)]
    if not books:
        return Designs((), "a codebook (--codebook linear:2, say)")
    found = [_construction(target, error, form) for form in books]
    return Designs(tuple(sorted(found, key=lambda made: measure(made.network).paper_bits)))


def _construction(target: Target, error: Fraction, form: Codebook) -> Construction:
    kit = weights_of(form)
    function = ScaledFunction.of(target, 1, kit)
    if function is None:
        raise NoDesignError(f"the walk needs a Lipschitz constant of {target.text[:40]}")
    best: Network | None = None
    turns, cells = 0, 0
    for course in courses(function, error):
        for network in (build(function, course, form), *_cached(function, course, form)):
            if best is None or measure(network).weights < measure(best).weights:
                best, turns, cells = network, course.walk.turns, len(course.walk.directions)
    if best is None:
        raise NoDesignError(
            f"the walk of {target.text[:40]} takes more than {MAX_CELLS} cells "
            f"for the error {write_decimal(error, 3)}"
        )
    details = (("cells", str(cells)), ("turns", str(turns)))
    return Construction("walk", best, error, turns + 1, details)


def _cached(function: ScaledFunction, course: Course, form: Codebook) -> Iterator[Network]:
    """The same walk with cached patterns, where that can be smaller: turns that repeat."""
    directions, shape = course.walk.directions, course.shape
    before = math.floor(function.domain.start / shape.step)
    ways = [directions[0]] * before + list(directions)
    sizes: list[tuple[int, int]] = []
    length = function.base
    while length < len(ways):
        sizes.append((estimate(ways, length), length))
        length *= function.base
    if sizes and min(sizes)[0] < EDGES_OF_A_TURN * course.walk.turns:
        least = min(sizes)[1]
        yield cached_patterns.build(function.domain, course.start, shape, ways, form, least)


def courses(function: ScaledFunction, error: Fraction) -> Iterator[Course]:
    """The walk of fewest turns for each number of cells tried."""
    base, domain = function.base, function.domain
    steepest = function.ball.bounds[1]
    slope = simplest(steepest, steepest * (1 + Fraction(1, SLOPE_SHARES)), base)
    if slope == 0:
        slope = Fraction(1)
    for division in DIVISIONS:
        widest = error / slope / division
        length = domain.end - domain.start
        if length > MAX_CELLS * widest:
            return
        step = simplest(widest * Fraction(15, 16), widest, base)
        yield from _walked(function, WalkShape(slope, step, error))


def _walked(function: ScaledFunction, shape: WalkShape) -> Iterator[Course]:
    domain, step = function.domain, shape.step
    # ends of cells at multiples of the step; the two outermost may be cut by the domain
    first, last = math.floor(domain.start / step), math.ceil(domain.end / step)
    places = [min(max(m * step, domain.start), domain.end) for m in range(first, last + 1)]
    (values,), doubt = function.read(places)
    # beyond the domain f goes on as a constant, which keeps it Lipschitz
    unit = Fraction(1, 1 << UNIT_BITS)
    readings = [round(value / unit) for value in values]
    rise = math.ceil(shape.slope * step / unit)
    exact = rise * unit == shape.slope * step
    read = doubt == 0 and all(r * unit == v for r, v in zip(readings, values, strict=True))
    slack = (0 if read else 4) if exact else len(values) + 4
    tolerance = math.floor((shape.error - doubt) / unit) - slack
    grid = shape.error / STARTS
    starts = {
        simplest(values[0] + grid * k, values[0] + grid * (k + 1), function.base)
        for k in range(-STARTS, STARTS)
    }
    starts |= {values[0] + shift for shift in (-shape.error, shape.error)} if read else set()
    found: list[tuple[int, Fraction, Walk]] = []
    for start in sorted(starts):
        walk = fewest_turns(readings, round(start / unit), rise, tolerance)
        if walk is not None:
            found.append((walk.turns, start, walk))
    found.sort(key=lambda entry: (entry[0], entry[1].denominator))
    for _, start, walk in found[:1]:
        yield Course(start - shape.slope * walk.directions[0] * first * step, shape, walk)


def build(function: ScaledFunction, course: Course, form: Codebook) -> Network:
    """The network of a walk: a line, and a knot for every turn."""
    wiring = Wiring(form)
    source = function.domain.neuron(wiring)
    directions, shape = course.walk.directions, course.shape
    first = math.floor(function.domain.start / shape.step)
    turns = [
        (first + cell, directions[cell])
        for cell in range(1, len(directions))
        if directions[cell] != directions[cell - 1]
    ]
    up, down = hub_weights(wiring)
    # with weights of equal size one family of knots serves both signs
    families = (
        [(up, turns)]
        if up == -down
        else [
            (weight, [turn for turn in turns if turn[1] == sign])
            for sign, weight in ((1, up), (-1, down))
        ]
    )
    edges: list[Term] = []
    for weight, chosen in families:
        scale = 2 * shape.slope / abs(weight)
        numbers = [number for number, _ in chosen]
        nodes = selected_knots(wiring, source, scale, shape.step, numbers)
        edges += [(nodes[number], abs(weight) * sign) for number, sign in chosen]
    terms: list[Term] = [(ONE, course.start), (source, shape.slope * directions[0])]
    edges += wiring.edges(terms, [node for node, _ in edges])
    return wiring.finish(edges, (("layout", "walk"),))
