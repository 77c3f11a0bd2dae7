"""Adaptive networks within a limit on the width: chained hinges, added up as they come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from bitproof.construct.adaptive_menu import MenuMaker
from bitproof.construct.adaptive_plan import (
    TRIED,
    Kit,
    Layout,
    kit,
    measure_links,
    one_side,
    pool_for,
    scheme_for,
)
from bitproof.construct.adaptive_trial import Design, Problem, Trial, drawn_by, views_of
from bitproof.construct.assemble_narrow import assemble_narrow, carrying, narrow_plan
from bitproof.construct.gadgets import cheapest_chain
from bitproof.exact.rationals import to_float
from bitproof.exact.weight_format import WeightFormat
from bitproof.network.measures import measure

BEAM = 16
STEPS_PER_PIECE = (0.7, 1.4, 2.8)
GROUPS = ((8, False), (5, False), (3, False), (2, False), (3, True), (1, True))
BEST = 4
MOST_HELPERS = 1


def narrow_designs(
    problem: Problem, formats: Sequence[WeightFormat], count: str, max_width: int
) -> list[Design]:
    """Designs, the widest groups of each that keep to `max_width`, least memory first."""
    trials: list[Trial] = []
    for form in formats:
        tools = kit(form, count)
        if tools is not None:
            slim = tuple(step for step in tools.steps if len(step.helpers) <= MOST_HELPERS)
            tools = replace(tools, steps=slim)
        if tools is not None and carrying(tools.weights) is not None:
            trials += _trials(problem, tools, max_width)
    found = []
    fitting = 0
    for trial in sorted(trials, key=_estimate):
        design = _widest(problem, trial, count, max_width)
        if design is not None:
            found.append(design)
            fitting += design.measures.width <= max_width
        if fitting == BEST:
            break
    return sorted(found, key=lambda design: design.bits)


def _trials(problem: Problem, tools: Kit, max_width: int) -> list[Trial]:
    """Layouts whose biases step about as far as a piece is long."""
    side = one_side(problem.tube, tools)
    views = views_of(problem.tube, (side,))
    sizes = measure_links([view.link for view in views], problem.tube.radius)
    aim = to_float(-min(tools.weights)) / (sizes.spacing * to_float(side.scale))
    trials: list[Trial] = []
    for share in STEPS_PER_PIECE:
        chain = cheapest_chain(tools.steps, 0.8 * share * aim, 1.25 * share * aim, tools.count)
        stretched = side if chain is None else side.extended(chain)
        scale = to_float(stretched.scale)
        pool = pool_for(tools, sizes, scale, 16 * views[0].tube.end * scale)
        for taste in TRIED:
            scheme = scheme_for(tools, scale, sizes, Fraction(1), pool, taste)
            if scheme is None:
                continue
            scheme = replace(scheme, planes=min(scheme.planes, max(1, max_width - 2)))
            layout = Layout(scheme, (stretched,))
            if any(layout == trial.layout for trial in trials):
                continue
            trial = Trial(layout, MenuMaker(scheme, sizes, {}, narrow=True), views, (), 0)
            drawn = drawn_by(trial, BEAM)
            if drawn is not None:
                trials.append(drawn)
    return trials


def _estimate(trial: Trial) -> float:
    """Bits, with the gains of the input."""
    scheme = trial.layout.scheme
    stretch = sum(gain.entries(scheme.count) for gain in trial.layout.sides[0].chain)
    copies = len(carrying(scheme.weights) or ())
    entries = trial.entries * copies**2 + stretch * copies
    return entries * scheme.form.memory_bits(1000) / 1000


def _widest(problem: Problem, trial: Trial, count: str, max_width: int) -> Design | None:
    """The design of largest groups within the width; the narrowest if there is none."""
    scheme, side = trial.layout.scheme, trial.layout.sides[0]
    plan = narrow_plan(scheme, side, trial.paths[0], problem.tube)
    design = None
    for group, thin in GROUPS if plan is not None else ():
        assert plan is not None
        network = assemble_narrow(plan, group, thin=thin)
        measures = measure(network)
        if design is None or measures.width < design.measures.width:
            design = Design(trial, network, measures, measures.bits(count))
        if measures.width <= max_width:
            break
    return design
