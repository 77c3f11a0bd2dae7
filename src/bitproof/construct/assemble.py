"""From a scheme and the digits of its paths to a network: hinges, planes, offsets, constants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from bitproof.construct.constant_sum import Term, cheapest_sum
from bitproof.construct.gadgets import ConstantPool, Gain
from bitproof.construct.knot_search import Path
from bitproof.construct.scheme import BIAS, Scheme, Side
from bitproof.construct.tube import Floats, Tube
from bitproof.exact.rationals import to_float
from bitproof.network.builder import NetworkBuilder, Neuron
from bitproof.network.layer import Activation
from bitproof.network.network import Network

OUTPUT = -1
OFFSET_ROOM = 6.0
MARGIN = 1e-9
Edge = tuple[Neuron, Fraction]


@dataclass
class Draft:
    """The network while it is being built."""

    scheme: Scheme
    builder: NetworkBuilder
    constants: dict[int, Neuron] = field(default_factory=dict)
    digits: list[list[Edge]] = field(default_factory=list)
    shapes: list[Floats] = field(default_factory=list)

    def constant(self, index: int) -> Neuron:
        """The neuron of a constant, built on first use."""
        return self._pooled(self.scheme.pool, self.constants, index)

    def _pooled(self, pool: ConstantPool | None, built: dict[int, Neuron], index: int) -> Neuron:
        assert pool is not None
        if index not in built:
            node = pool.nodes[index]
            edges = [(self._pooled(pool, built, source), weight) for source, weight in node.edges]
            built[index] = self.builder.add(edges, node.bias)
        return built[index]

    def neuron(
        self,
        edges: Sequence[Edge],
        constants: Sequence[tuple[int, Fraction]],
        activation: Activation = Activation.RELU,
    ) -> Neuron:
        """A neuron with constant digits: biases and edges from constants."""
        bias = sum((weight for source, weight in constants if source == BIAS), Fraction(0))
        extra = [(self.constant(source), weight) for source, weight in constants if source != BIAS]
        return self.builder.add([*edges, *extra], bias, activation)

    def apply(self, gain: Gain, source: Neuron) -> list[Edge]:
        """Builds a gain's helpers; returns the edges its reader needs."""
        nodes = [source]
        for helper in gain.helpers:
            nodes.append(self.builder.add([(nodes[i], weight) for i, weight in helper]))
        return [(nodes[i], weight) for i, weight in gain.final]

    def head(self, side: Side) -> Neuron:
        """The side's variable X."""
        at = self.builder.input
        if side.head is not None:
            weight, digits = side.head
            own: dict[int, Neuron] = {}
            edges = [(self._pooled(side.constants, own, i), digit) for i, digit in digits]
            at = self.builder.add([(at, weight), *edges])
        for gain in side.chain:
            at = self.builder.add(self.apply(gain, at))
        return at


def assemble(
    scheme: Scheme, sides: Sequence[tuple[Side, Path]], tube: Tube, radius: float
) -> Network | None:
    """The network, with its constant term chosen to keep it within `radius` of the samples.

    None if the format's constants do not reach the constant term to the accuracy needed.
    """
    draft = Draft(scheme, NetworkBuilder(scheme.form))
    points = check_points(sides, tube)
    draft.digits = [[] for _ in range(scheme.planes)]
    draft.shapes = [np.zeros(len(points)) for _ in range(scheme.planes)]
    drawn = np.zeros(len(points))
    for side, path in sides:
        drawn += _draw_side(draft, side, path, points)
    while len(draft.digits) > 1 and not draft.digits[-1]:
        draft.digits.pop()
    missing = np.interp(points, tube.x, tube.value) - drawn
    room = (float(missing.max()) - radius, float(missing.min()) + radius)
    constants = _choose_constants(draft, room)
    return None if constants is None else _finish(draft, constants)


def check_points(sides: Sequence[tuple[Side, Path]], tube: Tube) -> Floats:
    """The samples and the knots."""
    knots = [
        to_float(side.pivot) + side.direction * hinge.position / to_float(side.scale)
        for side, path in sides
        for hinge in path.hinges
    ]
    pivots = [to_float(side.pivot) for side, _ in sides]
    points = np.unique(np.concatenate([tube.x, np.array(knots), np.array(pivots)]))
    return points[(points >= tube.start) & (points <= tube.end)]


def _draw_side(draft: Draft, side: Side, path: Path, points: Floats) -> Floats:
    """Builds a side's hinges; returns what they add to the output at the points."""
    scheme = draft.scheme
    origin = draft.head(side)
    scale, pivot = to_float(side.scale), to_float(side.pivot)
    distance = np.maximum(scale * side.direction * (points - pivot), 0.0)
    total = _attach(draft, origin, distance, path.first_keys)
    before = origin
    hinge_weight = to_float(scheme.hinge_weight)
    for hinge in path.hinges:
        weight = Fraction(1) if hinge.chained else scheme.hinge_weight
        source = before if hinge.chained else origin
        before = draft.neuron([(source, weight)], scheme.knot_digits(hinge.knot_keys))
        shape = hinge_weight * np.maximum(distance - hinge.position, 0.0)
        total = total + _attach(draft, before, shape, hinge.change_keys)
    return total


def _attach(draft: Draft, neuron: Neuron, shape: Floats, keys: tuple[int, ...]) -> Floats:
    total = np.zeros(len(shape))
    for plane, weight in draft.scheme.slope_digits(keys):
        draft.digits[plane].append((neuron, weight))
        draft.shapes[plane] += to_float(weight) * shape
        total += to_float(weight * draft.scheme.plane_scale(plane)) * shape
    return total


def _choose_constants(
    draft: Draft, room: tuple[float, float]
) -> dict[int, list[tuple[int, Fraction]]] | None:
    """Digits of the planes' offsets and of the output's constant, by place."""
    scheme = draft.scheme
    chosen: dict[int, list[tuple[int, Fraction]]] = {}
    built = set(draft.constants)
    spent = top_need = 0.0
    below = np.zeros(len(draft.shapes[0]))
    planes = range(len(draft.digits))
    hidden = [plane for plane in planes if plane or scheme.tail]
    for plane in reversed(hidden):
        value = draft.shapes[plane] + to_float(scheme.step.factor) * below
        need = float(-value.min()) + MARGIN * float(np.abs(value).max())
        if plane == 0:
            top_need = need
            break
        terms = terms_of(draft, plane, 1.0, built, positive=False)
        picked = () if need <= 0 else cheapest_sum(terms, need, need * OFFSET_ROOM + 0.5)
        if picked is None:
            return None
        chosen[plane] = [digit_of(scheme, term) for term in picked]
        built |= needed_by(scheme, chosen[plane])
        offset = sum(term.value for term in picked)
        spent += offset * to_float(scheme.plane_scale(plane))
        below = value + offset
    terms = terms_of(draft, OUTPUT, 1.0, built, positive=False)
    for plane in hidden:
        used = {source for source, _ in chosen.get(plane, [])}
        scale = to_float(scheme.plane_scale(plane))
        extra = terms_of(draft, plane, scale, built, positive=plane > 0)
        terms += [term for term in extra if term.place[1] not in used]
    guarded = 0 if scheme.tail else None
    floor = top_need * to_float(scheme.tail_factor)
    picked = cheapest_sum(terms, room[0] - spent, room[1] - spent, guarded=guarded, floor=floor)
    if picked is None:
        return None
    for term in picked:
        chosen.setdefault(term.place[0], []).append(digit_of(scheme, term))
    return chosen


def terms_of(
    draft: Draft, place: int, scale: float, built: set[int], *, positive: bool
) -> list[Term]:
    """Constants that may be put in a place, those not built yet at the price of building them."""
    scheme = draft.scheme
    free = 0.0 if scheme.count == "dense" else 1.0
    sources = [(BIAS, 1.0, free)]
    for index, value in enumerate(scheme.pool.floats):
        missing = scheme.pool.needs(index) - built
        price = 1.0 + sum(scheme.pool.entries(i, scheme.count) for i in missing)
        sources.append((index, value, price))
    return [
        Term(scale * value * weight, (place, source), price, digit)
        for source, value, price in sources
        for digit, weight in enumerate(scheme.floats)
        if weight > 0 or not positive
    ]


def digit_of(scheme: Scheme, term: Term) -> tuple[int, Fraction]:
    """(constant or BIAS, weight) of a term."""
    return term.place[1], scheme.weights[term.weight]


def needed_by(scheme: Scheme, digits: Sequence[tuple[int, Fraction]]) -> set[int]:
    """The constants that digits read, directly or not."""
    return {i for source, _ in digits if source != BIAS for i in scheme.pool.needs(source)}


def _finish(draft: Draft, constants: dict[int, list[tuple[int, Fraction]]]) -> Network:
    scheme = draft.scheme
    above: Neuron | None = None
    for plane in reversed(range(len(draft.digits))):
        edges = list(draft.digits[plane])
        if above is not None:
            edges += draft.apply(scheme.step, above)
        if plane == 0 and not scheme.tail:
            output = draft.neuron(edges, constants.get(OUTPUT, []), Activation.IDENTITY)
            return draft.builder.build(output)
        above = draft.neuron(edges, constants.get(plane, []))
    assert above is not None
    for gain in scheme.tail[:-1]:
        above = draft.builder.add(draft.apply(gain, above))
    edges = draft.apply(scheme.tail[-1], above)
    output = draft.neuron(edges, constants.get(OUTPUT, []), Activation.IDENTITY)
    return draft.builder.build(output)
