"""Adaptive piecewise-linear networks: free knots, digits chosen jointly with the error budget.

The fewest-piece fit (min_link) says how many pieces a function needs; layouts place such a
function in a network with weights of a format; a beam search (knot_search) picks knots and slopes
that take few digits; assemble builds the network. Everything here proposes: the certifier decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from bitproof.construct.adaptive_menu import MenuMaker, PlaceCache
from bitproof.construct.adaptive_plan import (
    FINER,
    FINEST,
    TRIED,
    Kit,
    Layout,
    Taste,
    View,
    kit,
    layouts,
    measure_links,
    sides_of,
)
from bitproof.construct.assemble import assemble
from bitproof.construct.construction import Construction, Designs
from bitproof.construct.knot_search import Path, search
from bitproof.construct.min_link import MinLink, min_link
from bitproof.construct.scheme import Side
from bitproof.construct.tube import Tube, sample_tube
from bitproof.exact.rationals import to_float
from bitproof.exact.weight_format import Q, WeightFormat
from bitproof.network.measures import Measures, measure
from bitproof.network.network import Network
from bitproof.target.target import Target
from bitproof.theory.universality import require_universal

CONSTANT_SHARE = 0.965
QUICK_BEAM = 5
THOROUGH_BEAM = 24
DESPERATE_BEAM = 64
MIDDLE_BEAM = 16
WIDE_BEAM = 40
ASSEMBLED = 4
WIDENED = 1
KEPT = 6
RACED_PIECES = 24
MANY_FORMATS = 4
LARGEST_A = 1


@dataclass(frozen=True)
class _Problem:
    """The target as samples, and its fewest-piece fit."""

    tube: Tube
    link: MinLink


@dataclass(frozen=True)
class _Trial:
    """A layout with the views it draws and the paths found so far.

    `raced` is the share of the pieces they were found for, 1 if they are complete.
    """

    layout: Layout
    menus: MenuMaker
    views: tuple[View, ...]
    paths: tuple[Path, ...]
    effort: int
    raced: float = 1.0

    @property
    def path_entries(self) -> float:
        """Entries of the paths, projected to all pieces."""
        return sum(path.cost for path in self.paths) / self.raced

    @property
    def entries(self) -> float:
        return self.path_entries + self.layout.scheme.fixed_entries

    @property
    def estimate(self) -> float:
        """Bits, constants not counted."""
        return self.entries * self.layout.scheme.form.memory_bits(1000) / 1000


@dataclass(frozen=True)
class _Design:
    trial: _Trial
    network: Network
    measures: Measures
    bits: int


def designs(
    target: Target,
    error: Fraction,
    formats: Sequence[WeightFormat],
    *,
    count: str = "dense",
    max_depth: int | None = None,
    max_width: int | None = None,
    progress: Callable[[str], None] | None = None,
) -> Designs:
    """Networks aimed at sup error ≤ `error`, least memory in `count` first.

    Raises:
        FormatError: a format on which no network can be universal.
        DomainError: the target has no finite value somewhere.
    """
    for form in formats:
        require_universal(form)
    tube = sample_tube(target, error)
    problem = _Problem(tube, min_link(tube))
    found = _search(problem, _promising(formats), count, progress)
    chosen = [design for design in found if _within(design.measures, max_depth, max_width)]
    constructions = tuple(_construction(problem, design) for design in chosen[:KEPT])
    return Designs(constructions, "" if constructions else _needed(found))


def _search(
    problem: _Problem,
    formats: Sequence[WeightFormat],
    count: str,
    progress: Callable[[str], None] | None,
) -> list[_Design]:
    """Designs, least memory first, by the least effort that gives any."""
    variants = max(2, len(TRIED) - len(formats) + 1)
    stages = ((QUICK_BEAM, TRIED[:variants]), (THOROUGH_BEAM, FINER), (DESPERATE_BEAM, FINEST))
    for effort, (beam, tried) in enumerate(stages):
        trials: list[_Trial] = []
        for form in formats:
            if progress is not None:
                progress(f"adaptive: {form.name}")
            trials += _format_trials(problem, form, count, tried, beam, effort)
        found = _best_designs(problem, trials, beam, count)
        if found:
            return found
    return []


def _promising(formats: Sequence[WeightFormat]) -> list[WeightFormat]:
    """Leaves out, of many formats Q(a, b), those that spend their bits on large weights."""
    if len(formats) <= MANY_FORMATS:
        return list(formats)
    return [form for form in formats if not isinstance(form, Q) or form.a <= LARGEST_A]


def _within(measures: Measures, max_depth: int | None, max_width: int | None) -> bool:
    deep = max_depth is not None and measures.depth > max_depth
    wide = max_width is not None and measures.width > max_width
    return not deep and not wide


def _needed(found: Sequence[_Design]) -> str:
    if not found:
        return "the adaptive construction found no digits for this format and error"
    depth = min(design.measures.depth for design in found)
    width = min(design.measures.width for design in found)
    return f"the adaptive construction needs depth {depth} or more, width {width} or more"


def _format_trials(
    problem: _Problem,
    form: WeightFormat,
    count: str,
    tried: Sequence[Taste],
    beam: int,
    effort: int,
) -> list[_Trial]:
    tools = kit(form, count)
    if tools is None:
        return []
    views = _views(problem.tube, tools)
    sizes = measure_links([view.link for view in views], problem.tube.radius)
    far = max(view.tube.end for view in views)
    sides = tuple(view.side for view in views)
    places: PlaceCache = {}
    trials = []
    for layout in layouts(tools, sides, sizes, far, tried):
        menus = MenuMaker(layout.scheme, sizes, places)
        drawn = _drawn(_Trial(layout, menus, views, (), effort), beam, RACED_PIECES)
        if drawn is not None:
            trials.append(drawn)
    return trials


def _best_designs(problem: _Problem, trials: list[_Trial], beam: int, count: str) -> list[_Design]:
    trials = sorted(trials, key=lambda trial: trial.estimate)
    found = [_first_assembled(problem, trial, beam, count) for trial in trials[:ASSEMBLED]]
    rest = iter(trials[ASSEMBLED:])
    while not any(found) and (spare := next(rest, None)) is not None:
        found.append(_first_assembled(problem, spare, beam, count))
    ranked = sorted((design for design in found if design), key=lambda design: design.bits)
    for design in ranked[: WIDENED if beam < WIDE_BEAM else 0]:
        drawn = _drawn(design.trial, WIDE_BEAM)
        wide = None if drawn is None else _assembled(problem, drawn, count)
        if wide is not None:
            ranked.append(wide)
    return sorted(ranked, key=lambda design: design.bits)


def _first_assembled(problem: _Problem, trial: _Trial, beam: int, count: str) -> _Design | None:
    """A design from paths of a wider beam or, failing that, of the beam used so far."""
    better = _drawn(trial, max(MIDDLE_BEAM, beam))
    design = None if better is None else _assembled(problem, better, count)
    if design is not None or beam >= MIDDLE_BEAM:
        return design
    complete = trial if trial.raced == 1 else _drawn(trial, beam)
    return None if complete is None else _assembled(problem, complete, count)


def _views(tube: Tube, tools: Kit) -> tuple[View, ...]:
    """The sides' problems over the distance from the pivot (scale 1)."""
    views = []
    for side in sides_of(tube, tools):
        pivot = to_float(side.pivot)
        lower, upper = tube.start, tube.end
        if side.direction > 0:
            lower = max(lower, min(pivot, upper))
        else:
            upper = min(upper, max(pivot, lower))
        seen = tube.part(lower, upper).seen_from(pivot, side.direction, 1.0)
        views.append(View(side, seen, min_link(seen)))
    return tuple(views)


def _drawn(trial: _Trial, beam: int, most: int | None = None) -> _Trial | None:
    """The trial with the paths a beam of that width finds, for at most so many pieces a side."""
    paths: list[Path] = []
    start: float | None = None
    price = _price(trial)
    wanted = sum(view.link.pieces for view in trial.views)
    drawn = 0
    for view, side in zip(trial.views, trial.layout.sides, strict=True):
        pieces = min(view.link.pieces, most or view.link.pieces)
        path = _path(view, side, trial, beam, start, price, pieces)
        if path is None:
            return None
        start = path.start_value
        paths.append(path)
        drawn += pieces
    return replace(trial, paths=tuple(paths), raced=drawn / wanted)


def _price(trial: _Trial) -> float:
    """Entries per piece: of the paths found before, or a guess."""
    pieces = sum(view.link.pieces for view in trial.views)
    if trial.paths and pieces > 4:
        return trial.path_entries / pieces
    return 4.5 if trial.layout.scheme.count == "dense" else 4.0


def _path(
    view: View,
    side: Side,
    trial: _Trial,
    beam: int,
    start: float | None,
    price: float,
    pieces: int,
) -> Path | None:
    scale = to_float(side.scale)
    tube = view.tube.seen_from(0.0, 1, scale).narrowed(CONSTANT_SHARE)
    link = view.link.stretched(scale)
    menu = trial.menus.menu(scale, tube.start, tube.end, float(link.slopes[0]), effort=trial.effort)
    if pieces < link.pieces:
        link = link.beginning(pieces)
        tube = tube.part(tube.start, float(link.reaches[-1]))
    return search(tube, menu, link, beam=beam, price=price, start_value=start)


def _assembled(problem: _Problem, trial: _Trial, count: str) -> _Design | None:
    parts = list(zip(trial.layout.sides, trial.paths, strict=True))
    network = assemble(trial.layout.scheme, parts, problem.tube, problem.tube.radius)
    if network is None:
        return None
    measures = measure(network)
    return _Design(trial, network, measures, measures.bits(count))


def _construction(problem: _Problem, design: _Design) -> Construction:
    knots = sum(len(path.hinges) for path in design.trial.paths)
    scheme = design.trial.layout.scheme
    details = (
        ("knots", str(knots)),
        ("planes", str(scheme.planes)),
        ("hinges", "chained or absolute" if scheme.chained else "absolute"),
    )
    return Construction("adaptive", design.network, None, problem.link.pieces, details)
