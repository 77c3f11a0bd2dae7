"""Adaptive piecewise-linear networks: free knots, digits chosen jointly with the error budget.

The fewest-piece fit (min_link) says how many pieces a function needs; layouts place such a
function in a network with weights of a format; a beam search (knot_search) picks knots and slopes
that take few digits; assemble builds the network. Everything here proposes: the certifier decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from bitproof.construct.adaptive_menu import MenuMaker, PlaceCache
from bitproof.construct.adaptive_narrow import narrow_designs
from bitproof.construct.adaptive_plan import (
    FINER,
    FINEST,
    TRIED,
    Taste,
    kit,
    layouts,
    measure_links,
    sides_of,
)
from bitproof.construct.adaptive_trial import (
    Design,
    Problem,
    Trial,
    assembled,
    drawn_by,
    views_of,
)
from bitproof.construct.construction import Construction, Designs
from bitproof.construct.min_link import min_link
from bitproof.construct.tube import sample_tube
from bitproof.exact.universality import require_universal
from bitproof.exact.weight_format import Q, WeightFormat
from bitproof.network.measures import Measures
from bitproof.target.target import Target

QUICK_BEAM = 5
THOROUGH_BEAM = 24
DESPERATE_BEAM = 64
MIDDLE_BEAM = 16
WIDE_BEAM = 40
ASSEMBLED = 4
WIDENED = 1
KEPT = 6
RACED_PIECES = 48
MANY_FORMATS = 4
LARGEST_A = 1


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
    problem = Problem(tube, min_link(tube))
    found = _search(problem, _promising(formats), count, progress)
    chosen = [design for design in found if _within(design.measures, max_depth, max_width)]
    if found and not chosen and max_width is not None:
        narrow = narrow_designs(problem, formats, count, max_width)
        chosen = [design for design in narrow if _within(design.measures, max_depth, max_width)]
        found += narrow
    constructions = tuple(_construction(problem, design) for design in chosen[:KEPT])
    return Designs(constructions, "" if constructions else _needed(found))


def _search(
    problem: Problem,
    formats: Sequence[WeightFormat],
    count: str,
    progress: Callable[[str], None] | None,
) -> list[Design]:
    """Designs, least memory first, by the least effort that gives any."""
    variants = max(2, len(TRIED) - len(formats) + 1)
    stages = ((QUICK_BEAM, TRIED[:variants]), (THOROUGH_BEAM, FINER), (DESPERATE_BEAM, FINEST))
    for effort, (beam, tried) in enumerate(stages):
        trials: list[Trial] = []
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


def _needed(found: Sequence[Design]) -> str:
    if not found:
        return "the adaptive construction found no digits for this format and error"
    depth = min(design.measures.depth for design in found)
    width = min(design.measures.width for design in found)
    return f"the adaptive construction needs depth {depth} or more, width {width} or more"


def _format_trials(
    problem: Problem,
    form: WeightFormat,
    count: str,
    tried: Sequence[Taste],
    beam: int,
    effort: int,
) -> list[Trial]:
    tools = kit(form, count)
    if tools is None:
        return []
    views = views_of(problem.tube, sides_of(problem.tube, tools))
    sizes = measure_links([view.link for view in views], problem.tube.radius)
    far = max(view.tube.end for view in views)
    sides = tuple(view.side for view in views)
    places: PlaceCache = {}
    trials = []
    for layout in layouts(tools, sides, sizes, far, tried):
        menus = MenuMaker(layout.scheme, sizes, places)
        drawn = drawn_by(Trial(layout, menus, views, (), effort), beam, RACED_PIECES)
        if drawn is not None:
            trials.append(drawn)
    return trials


def _best_designs(problem: Problem, trials: list[Trial], beam: int, count: str) -> list[Design]:
    trials = sorted(trials, key=lambda trial: trial.estimate)
    found = [_first_assembled(problem, trial, beam, count) for trial in trials[:ASSEMBLED]]
    rest = iter(trials[ASSEMBLED:])
    while not any(found) and (spare := next(rest, None)) is not None:
        found.append(_first_assembled(problem, spare, beam, count))
    ranked = sorted((design for design in found if design), key=lambda design: design.bits)
    for design in ranked[: WIDENED if beam < WIDE_BEAM else 0]:
        drawn = drawn_by(design.trial, WIDE_BEAM)
        wide = None if drawn is None else assembled(problem, drawn, count)
        if wide is not None:
            ranked.append(wide)
    return sorted(ranked, key=lambda design: design.bits)


def _first_assembled(problem: Problem, trial: Trial, beam: int, count: str) -> Design | None:
    """A design from paths of a wider beam or, failing that, of the beam used so far."""
    better = drawn_by(trial, max(MIDDLE_BEAM, beam))
    design = None if better is None else assembled(problem, better, count)
    if design is not None or beam >= MIDDLE_BEAM:
        return design
    complete = trial if trial.raced == 1 else drawn_by(trial, beam)
    return None if complete is None else assembled(problem, complete, count)


def _construction(problem: Problem, design: Design) -> Construction:
    knots = sum(len(path.hinges) for path in design.trial.paths)
    scheme = design.trial.layout.scheme
    details = (
        ("knots", str(knots)),
        ("planes", str(scheme.planes)),
        ("hinges", design.trial.layout.hinges),
    )
    return Construction("adaptive", design.network, None, problem.link.pieces, details)
