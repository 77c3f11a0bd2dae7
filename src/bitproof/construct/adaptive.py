"""Adaptive piecewise-linear networks: free knots, digits chosen jointly with the error budget.

The fewest-piece fit (min_link) says how many pieces a function needs; schemes lay such a function
out with weights of a format; a beam search (knot_search) picks knots and slopes that take few
digits; assemble builds the network. Everything here proposes: the certifier decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from bitproof.construct.adaptive_plan import (
    Kit,
    Sizes,
    View,
    kit,
    measure_links,
    schemes,
    sides_of,
)
from bitproof.construct.assemble import assemble
from bitproof.construct.construction import Construction
from bitproof.construct.knot_search import Menu, Path, search
from bitproof.construct.min_link import MinLink, min_link
from bitproof.construct.numerals import few_digit_sums
from bitproof.construct.scheme import Scheme, Side
from bitproof.construct.tube import Tube, sample_tube
from bitproof.exact.rationals import to_float
from bitproof.exact.weight_format import WeightFormat
from bitproof.network.measures import measure
from bitproof.target.target import Target
from bitproof.theory.universality import require_universal

CONSTANT_SHARE = 0.965
QUICK_BEAM = 6
WIDE_BEAM = 40
KNOT_DIGITS = 3
SLOPE_DIGITS = 3


@dataclass(frozen=True)
class _Design:
    bits: int
    construction: Construction
    scheme: Scheme
    sides: tuple[Side, ...]


def designs(
    target: Target,
    error: Fraction,
    formats: Sequence[WeightFormat],
    *,
    count: str = "dense",
    max_depth: int | None = None,
    max_width: int | None = None,
    progress: Callable[[str], None] | None = None,
) -> list[Construction]:
    """Networks aimed at sup error ≤ `error`, least memory in `count` first.

    Raises:
        FormatError: a format on which no network can be universal.
    """
    for form in formats:
        require_universal(form)
    tube = sample_tube(target, error)
    link = min_link(tube)
    found: list[_Design] = []
    for form in formats:
        if progress is not None:
            progress(f"adaptive: {form.name}")
        found += _format_designs(tube, link, form, count)
    found.sort(key=lambda design: design.bits)
    return [design.construction for design in found]


def _format_designs(tube: Tube, link: MinLink, form: WeightFormat, count: str) -> list[_Design]:
    tools = kit(form, count)
    if tools is None:
        return []
    sides = sides_of(tube, tools)
    views = [_view(tube, side) for side in sides]
    sizes = measure_links([view.link for view in views], tube.radius)
    far = max(view.tube.end for view in views)
    found = []
    for scheme, stretched in schemes(tools, sides, sizes, far):
        design = _build(tube, link, views, scheme, stretched, sizes, QUICK_BEAM)
        if design is not None:
            found.append(design)
    found.sort(key=lambda design: design.bits)
    return found[:3]


def _view(tube: Tube, side: Side) -> View:
    """The side's problem over the distance from the pivot (scale 1)."""
    pivot = to_float(side.pivot)
    lower, upper = tube.start, tube.end
    if side.direction > 0:
        lower = max(lower, min(pivot, upper))
    else:
        upper = min(upper, max(pivot, lower))
    seen = tube.part(lower, upper).seen_from(pivot, side.direction, 1.0)
    return View(side, seen, min_link(seen))


def _build(
    tube: Tube,
    link: MinLink,
    views: Sequence[View],
    scheme: Scheme,
    sides: tuple[Side, ...],
    sizes: Sizes,
    beam: int,
) -> _Design | None:
    paths: list[tuple[Side, Path]] = []
    start: float | None = None
    for view, side in zip(views, sides, strict=True):
        path = _path(view, side, scheme, sizes, beam, start)
        if path is None:
            return None
        start = path.start_value
        paths.append((side, path))
    network = assemble(scheme, paths, tube, tube.radius)
    if network is None:
        return None
    bits = measure(network).bits(scheme.count)
    construction = Construction("adaptive", network, None, link.pieces, ())
    return _Design(bits, construction, scheme, sides)


def _path(
    view: View, side: Side, scheme: Scheme, sizes: Sizes, beam: int, start: float | None
) -> Path | None:
    scale = to_float(side.scale)
    tube = view.tube.seen_from(0.0, 1, scale).narrowed(CONSTANT_SHARE)
    link = MinLink(
        view.link.knots * scale,
        view.link.slopes / scale,
        view.link.reaches * scale,
        view.link.start_value,
    )
    menu = _menu(scheme, scale, tube, sizes)
    return search(tube, menu, link, beam=beam, price=menu.hinge_cost + 2.0, start_value=start)


def _menu(scheme: Scheme, scale: float, tube: Tube, sizes: Sizes) -> Menu:
    weight = to_float(scheme.hinge_weight)
    finest = sizes.finest * scale
    smallest, gap = finest / 16, finest / 64
    room = sizes.slope_room / scale
    absolute = relative = None
    longest = tube.end - tube.start
    if scheme.absolute:
        atoms = scheme.knot_atoms(1 / weight, smallest, 4 * tube.end)
        absolute = few_digit_sums(atoms, KNOT_DIGITS, tube.start, tube.end, gap, zero=False)
    if scheme.chained:
        atoms = scheme.knot_atoms(1.0, smallest, 2 * longest)
        relative = few_digit_sums(atoms, 2, gap, longest, gap, zero=False)
    steepest = 4 * (sizes.change + room * scale) / scale
    changes = few_digit_sums(
        scheme.slope_atoms(weight), SLOPE_DIGITS, -steepest, steepest, room / 4, zero=False
    )
    top = 1.5 * (sizes.first + sizes.slope_room) / scale
    first = few_digit_sums(scheme.slope_atoms(1.0), 4, -top, top, room / 4, zero=True)
    base = 2.0 if scheme.count == "dense" else 1.0
    return Menu(absolute, relative, changes, first, base)
