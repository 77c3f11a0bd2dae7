"""A network of few live values: hinges one after the other, added up as they come.

A plane's digits are not collected at the end but group by group: y' = relu(y + Σ digit·u), with an
offset at the start that keeps every partial sum above 0. A value is carried by weights that sum
to 1, over as many copies of it (one copy if 1 is a weight).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from bitproof.construct.assemble import (
    MARGIN,
    OFFSET_ROOM,
    OUTPUT,
    Draft,
    Edge,
    check_points,
    digit_of,
    needed_by,
    terms_of,
)
from bitproof.construct.constant_sum import Term, cheapest_sum
from bitproof.construct.knot_search import Path
from bitproof.construct.scheme import BIAS, Scheme, Side
from bitproof.construct.tube import Floats, Tube
from bitproof.exact.rationals import to_float
from bitproof.network.builder import NetworkBuilder, Neuron
from bitproof.network.layer import Activation
from bitproof.network.network import Network

Digits = tuple[tuple[int, Fraction], ...]
Strand = tuple[Neuron, ...]
Constants = dict[int, list[tuple[int, Fraction]]]


def carrying(weights: Sequence[Fraction]) -> tuple[Fraction, ...] | None:
    """Weights that sum to 1: one, or two; None if there are none.

    >>> carrying((Fraction(-1), Fraction(1, 3), Fraction(2, 3)))
    (Fraction(1, 3), Fraction(2, 3))
    """
    if Fraction(1) in weights:
        return (Fraction(1),)
    pairs = ((w, 1 - w) for w in weights if w > 0 and 1 - w in weights)
    return next(pairs, None)


@dataclass(frozen=True)
class NarrowPlan:
    """A path with the constants it needs when it is added up; they do not depend on the groups."""

    scheme: Scheme
    side: Side
    path: Path
    digits: tuple[Digits, ...]
    carry: tuple[Fraction, ...]
    constants: Constants


def narrow_plan(scheme: Scheme, side: Side, path: Path, tube: Tube) -> NarrowPlan | None:
    """The constants chosen; None if they, or a way to carry values, are not found."""
    carry = carrying(scheme.weights)
    if carry is None:
        return None
    points = check_points([(side, path)], tube)
    written = (path.first_keys, *(hinge.change_keys for hinge in path.hinges))
    digits = tuple(scheme.slope_digits(keys) for keys in written)
    drawn, needs = _partial_sums(scheme, side, path, points, digits)
    missing = np.interp(points, tube.x, tube.value) - drawn
    room = float(missing.max()) - tube.radius, float(missing.min()) + tube.radius
    draft = Draft(scheme, NetworkBuilder(scheme.form))
    constants = _choose_constants(draft, needs, room)
    if constants is None:
        return None
    return NarrowPlan(scheme, side, path, digits, carry, constants)


def assemble_narrow(plan: NarrowPlan, group: int, *, thin: bool) -> Network:
    """The network, `group` hinges added up at a time; the digits of an offset too if `thin`."""
    draft = Draft(plan.scheme, NetworkBuilder(plan.scheme.form))
    sums = _offsets(draft, plan, thin=thin)
    heads = tuple(draft.head(plan.side) for _ in plan.carry)
    _add_up(draft, plan, heads, sums, group)
    return _finished(draft, sums, plan.carry, plan.constants)


def _partial_sums(
    scheme: Scheme,
    side: Side,
    path: Path,
    points: Floats,
    digits: Sequence[Digits],
) -> tuple[Floats, dict[int, float]]:
    """What is drawn at the points, and by how much the partial sums of each plane fall below 0."""
    scale, pivot = to_float(side.scale), to_float(side.pivot)
    distance = np.maximum(scale * side.direction * (points - pivot), 0.0)
    shapes = [distance, *(np.maximum(distance - h.position, 0.0) for h in path.hinges)]
    sums: dict[int, Floats] = {}
    needs: dict[int, float] = {}
    for shape, own in zip(shapes, digits, strict=True):
        for plane, weight in own:
            total = sums.get(plane, 0.0) + to_float(weight) * shape
            short = -float(total.min()) + MARGIN * float(np.abs(total).max())
            needs[plane] = max(needs.get(plane, 0.0), short)
            sums[plane] = total
    drawn = np.zeros(len(points))
    for plane, total in sums.items():
        drawn += to_float(scheme.plane_scale(plane)) * total
    return drawn, needs


def _choose_constants(
    draft: Draft, needs: dict[int, float], room: tuple[float, float]
) -> Constants | None:
    """Offsets at the start of every plane, and the constant term: from them and the last bias if
    possible, since a constant the output reads lives all along."""
    scheme = draft.scheme
    chosen: Constants = {}
    built: set[int] = set()
    spent = 0.0
    for plane, need in needs.items():
        terms = terms_of(draft, plane, 1.0, built, positive=False)
        picked = () if need <= 0 else cheapest_sum(terms, need, need * OFFSET_ROOM + 0.5)
        if picked is None:
            return None
        chosen[plane] = [digit_of(scheme, term) for term in picked]
        built |= needed_by(scheme, chosen[plane])
        spent += sum(term.value for term in picked) * to_float(scheme.plane_scale(plane))
    extra: list[Term] = []
    for plane in needs:
        used = {source for source, _ in chosen[plane]}
        scale = to_float(scheme.plane_scale(plane))
        terms = terms_of(draft, plane, scale, built, positive=True)
        extra += [term for term in terms if term.place[1] not in used]
    last = terms_of(draft, OUTPUT, 1.0, built, positive=False)
    ends = [term for term in last if term.place[1] == BIAS]
    for offered in (extra + ends, extra + last):
        picked = cheapest_sum(offered, room[0] - spent, room[1] - spent)
        if picked is not None:
            for term in picked:
                chosen.setdefault(term.place[0], []).append(digit_of(scheme, term))
            return chosen
    return None


def _carried(strand: Strand, carry: tuple[Fraction, ...]) -> list[Edge]:
    return list(zip(strand, carry, strict=True))


def _offsets(draft: Draft, plan: NarrowPlan, *, thin: bool) -> dict[int, Strand]:
    """Builds the offsets, from which the planes' sums start."""
    sums: dict[int, Strand] = {}
    for plane, chosen in plan.constants.items():
        if plane == OUTPUT or not chosen:
            continue
        digits = sorted(chosen, key=lambda digit: (digit[1] < 0, digit[0]))
        size = 1 if thin else len(digits)
        strand: Strand = ()
        for start in range(0, len(digits), size):
            before = _carried(strand, plan.carry) if strand else []
            strand = _copies(draft, before, digits[start : start + size], plan.carry)
        sums[plane] = strand
    return sums


def _add_up(
    draft: Draft, plan: NarrowPlan, heads: Strand, sums: dict[int, Strand], group: int
) -> None:
    """Builds the hinges and adds them to the planes' sums."""
    waiting: dict[int, list[Edge]] = {}
    strand, carry = heads, plan.carry
    for number, own in enumerate(plan.digits):
        if number:
            for step in plan.scheme.knot_digits(plan.path.hinges[number - 1].knot_keys):
                strand = _copies(draft, _carried(strand, carry), [step], carry)
        for plane, weight in own:
            waiting.setdefault(plane, []).append((strand[0], weight))
        if (number + 1) % group == 0 or number + 1 == len(plan.digits):
            for plane, edges in waiting.items():
                before = _carried(sums[plane], carry) if plane in sums else []
                sums[plane] = _copies(draft, before + edges, [], carry)
            waiting = {}


def _copies(
    draft: Draft,
    edges: Sequence[Edge],
    constants: Sequence[tuple[int, Fraction]],
    carry: tuple[Fraction, ...],
) -> Strand:
    return tuple(draft.neuron(edges, constants) for _ in carry)


def _finished(
    draft: Draft, sums: dict[int, Strand], carry: tuple[Fraction, ...], constants: Constants
) -> Network:
    """Horner over the planes and the tail."""
    scheme = draft.scheme
    edges: list[Edge] = []
    for plane in range(max(sums, default=0), -1, -1):
        edges = draft.apply(scheme.step, draft.builder.add(edges)) if edges else []
        edges += _carried(sums[plane], carry) if plane in sums else []
    for gain in scheme.tail:
        edges = draft.apply(gain, draft.builder.add(edges))
    output = draft.neuron(edges, constants.get(OUTPUT, []), Activation.IDENTITY)
    return draft.builder.build(output)
