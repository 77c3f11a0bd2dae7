"""The layers of a network of hinges."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from bitproof.construct.construction import Construction
from bitproof.construct.hinges_class import METHOD, ClassHinges, member, scaling_layers
from bitproof.construct.layer_list import LayerList, zoomed
from bitproof.construct.march_code import Samples
from bitproof.construct.march_plan import floor_log2
from bitproof.construct.path_code import nearest_path
from bitproof.errors import NoDesignError
from bitproof.exact import from_float, to_float
from bitproof.network import Activation, Network

if TYPE_CHECKING:
    import numpy.typing as npt

    from bitproof.target.target import Target

    Integers = npt.NDArray[np.int64]

ONE = Fraction(1)


def build(target: Target, plan: ClassHinges) -> Construction:
    """The network of a function of the family.

    Raises:
        InputError: the function is not of the family.
        NoDesignError: its values leave the family's range.
    """
    member(target, plan.family)
    network = _constant(target, plan) if not plan.shape.layers else _hinges(target, plan)
    return Construction(METHOD, network, plan.error, plan.cells or None)


def _constant(target: Target, plan: ClassHinges) -> Network:
    domain, below = plan.family.domain, plan.form.denominator
    middle = (domain.lower + domain.upper) / 2
    value = from_float(float(Samples(target).at(np.array([to_float(middle)]))[0]))
    nearest = Fraction(round(value * below), below)
    layers = LayerList()
    layers.add([], [[]], [nearest], Activation.IDENTITY)
    return Network(1, tuple(layers.layers), plan.form)


def _hinges(target: Target, plan: ClassHinges) -> Network:
    nodes, changes = _path(target, plan)
    beta, offset = _start(int(nodes[0]), plan)
    layers = LayerList()
    place = zoomed(layers, plan.zoom)
    boost = Fraction(1 << floor_log2(plan.form.largest))
    weight = Fraction(1 << plan.exponent) / boost ** scaling_layers(plan.exponent, plan.form)
    first_bias, *biases = _scaled_digits(beta, boost, plan)
    total = layers.add([], [[]], [first_bias])
    enlarging = scaling_layers(plan.exponent, plan.form)
    for turn, bias in enumerate(biases):
        place = layers.add([place], [[boost if turn < enlarging else ONE]], [0])
        total = layers.add([total], [[boost]], [bias])
    first, per_layer = 0, plan.shape.per_layer
    omega = 1 - Fraction(1, plan.form.denominator)
    for layer in range(plan.shape.layers):
        places = [(first + i) * plan.step for i in range(per_layer)]
        *others, last = (
            _row(layers, place, weight, part) for part in (places[:-1], places[-1:]) if part
        )
        row = [omega, *changes[layer * per_layer : (layer + 1) * per_layer]]
        sources = [total, *others, last]
        if layer == plan.shape.layers - 1 and not plan.gain:
            layers.add(sources, [row], [-offset], Activation.IDENTITY)
        else:
            total = layers.add(sources, [row], [0])
        place, weight, first, omega = last, ONE, 1, ONE
    _tail(layers, total, offset, plan)
    return Network(1, tuple(layers.layers), plan.form)


def _tail(layers: LayerList, total: int, offset: Fraction, plan: ClassHinges) -> None:
    """y times 2^-r, minus the offset."""
    left = plan.gain
    while left > plan.form.b:
        total = layers.add([total], [[Fraction(1, plan.form.denominator)]], [0])
        left -= plan.form.b
    if left:
        layers.add([total], [[Fraction(1, 1 << left)]], [-offset], Activation.IDENTITY)


def _scaled_digits(beta: Fraction, boost: Fraction, plan: ClassHinges) -> list[Fraction]:
    """Biases with (..(b_0·boost + b_1)·boost + ..) = β, each at least 0 and in the format."""
    below, digits, left = plan.form.denominator, list[Fraction](), beta
    for _ in range(plan.shape.scalings):
        higher = Fraction((left / boost * below).__floor__(), below)
        digits.append(left - higher * boost)
        left = higher
    return [left, *reversed(digits)]


def _row(layers: LayerList, place: int, weight: Fraction, places: list[Fraction]) -> int:
    """Hinges at some places."""
    return layers.add([place], [[weight]] * len(places), [-at for at in places])


def _path(target: Target, plan: ClassHinges) -> tuple[Integers, list[Fraction]]:
    """The nodes, in steps of 2^-b·h of y, and the changes of slope, the first from 0."""
    unit = plan.step / (plan.form.denominator << plan.gain)
    start = plan.family.domain.lower - plan.zoom.lower / plan.zoom.stretch
    points = to_float(start) + to_float(plan.cell) * np.arange(plan.cells + 1)
    nodes = nearest_path(Samples(target).at(points) / to_float(unit), plan.levels)
    slopes = np.diff(nodes)
    turns = np.diff(slopes, prepend=0).tolist()
    return nodes, [Fraction(turn, plan.form.denominator) for turn in turns]


def _start(node: int, plan: ClassHinges) -> tuple[Fraction, Fraction]:
    """β and the offset with 2^-r·(1 - 2^-b)·β - offset = 2^-r·node·2^-b·h, β at least the base.

    Raises:
        NoDesignError: the function leaves the family's range.
    """
    below = plan.form.denominator
    value = node * plan.step / below
    wanted = int(value * below * below)
    least, residues = int(plan.base * below), below << plan.gain
    # B·(2^b - 1) = wanted modulo 2^(b+r); without a gain 2^b - 1 is -1
    numerator = wanted * pow(below - 1, -1, residues) % residues
    beta = least + (numerator - least) % residues
    offset = Fraction(beta * (below - 1) - wanted, below * below << plan.gain)
    if offset not in plan.form:
        raise NoDesignError(
            f"{to_float(value):.6g} at the start leaves the range", remedy="plan for the range"
        )
    return Fraction(beta, below), offset
