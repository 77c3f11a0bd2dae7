"""Hinges for a whole class of functions: every network of this method serves a class."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from bitproof.construct.fold_matrix_plan import Zoom, zoom_plan
from bitproof.construct.march_class import CODING_SLACK, Family, require_member
from bitproof.construct.march_plan import floor_log2
from bitproof.construct.promise import OfShape
from bitproof.errors import NoDesignError
from bitproof.exact import Interval, Q
from bitproof.theory.hinges import HingesShape
from bitproof.theory.march import path_error

if TYPE_CHECKING:
    from bitproof.construct.construction import Construction
    from bitproof.target.target import Target

METHOD = "hinges"


@dataclass(frozen=True, slots=True)
class ClassHinges(OfShape):
    """A network of hinges whose sizes hold for every function of a family.

    Attributes:
        zoom, exponent: X = 2^exponent·z.
        gain: r, y is in units of 2^-r.
        step: h, in X, a multiple of 2^-b.
        levels: m: the path has slopes -m·2^-b, ..., m·2^-b, the odd multiples.
        base: the least constant that keeps every partial sum above 0.
        error: the promised sup error.
        shape: the sizes.
    """

    family: Family
    form: Q
    zoom: Zoom
    exponent: int
    gain: int
    step: Fraction
    levels: int
    base: Fraction
    error: Fraction
    shape: HingesShape

    @property
    def method(self) -> str:
        return METHOD

    @property
    def cells(self) -> int:
        return self.shape.per_layer * self.shape.layers

    @property
    def cell(self) -> Fraction:
        """The length of a cell in x."""
        return self.step / (self.zoom.stretch * (1 << self.exponent))

    @property
    def half_spacing(self) -> Fraction:
        """Half the difference of two slopes, in units of f."""
        return _spacing(self.form, self.zoom, self.exponent, self.gain)

    @property
    def nonzero_least(self) -> int:
        """A constant may be 0."""
        return self.depth if self.shape.layers else 0

    def build(self, target: Target) -> Construction:
        """The network of a function of the family.

        Raises:
            InputError: the function is not of the family.
        """
        from bitproof.construct.hinges import build

        return build(target, self)


def scaling_layers(exponent: int, form: Q) -> int:
    """Layers in front of the hinges that enlarge the input by powers of two."""
    most = floor_log2(form.largest)
    return max(0, -(-exponent // most) - 1)


def class_hinges(
    family: Family, form: Q, exponent: int, gain: int, per_layer: int, layers: int
) -> ClassHinges:
    """The network of so many hinges, as finely spaced as they cover the domain.

    Raises:
        NoDesignError: the format has no such slopes, places or constants.
    """
    zoom, below = zoom_plan(family.domain, form), form.denominator
    span = zoom.upper * (1 << exponent)
    per_layer, used, step = _spread(span, per_layer, layers, form)
    slope = family.lipschitz * (1 << gain) / (zoom.stretch * (1 << exponent))
    levels = (slope * below).__ceil__() | 1
    # a path falls from where it starts by at most its steepest slope; (1 - 2^-b)·β is above that
    base = _ceil_to(Fraction(levels, below) * span * Fraction(below, below - 1), below)
    boost, scalings = floor_log2(form.largest), scaling_layers(exponent, form)
    while base + (1 << gain) > form.largest * (1 << (scalings * boost)):
        scalings += 1
    offset = (base / (1 << gain) + 1) * Fraction(below - 1, below) + family.span.magnitude
    reach = max(Fraction(2 * levels, below), offset)
    if reach > form.largest:
        raise NoDesignError(
            f"hinges in {form.name} reach {form.largest}, not {reach}",
            remedy="use a format with more integer bits",
        )
    tail = -(-gain // form.b)
    shape = HingesShape(per_layer, used, zoom.stage[0], zoom.stage[3], zoom.layers, scalings, tail)
    cell = step / (zoom.stretch * (1 << exponent))
    slack = CODING_SLACK * (1 + abs(base) + family.span.magnitude)
    error = path_error(cell, family.lipschitz, _spacing(form, zoom, exponent, gain)) + slack
    return ClassHinges(family, form, zoom, exponent, gain, step, levels, base, error, shape)


def _spread(span: Fraction, per_layer: int, layers: int, form: Q) -> tuple[int, int, Fraction]:
    """Hinges a layer, layers and step that cover the span, at most as many as given and as a bias
    reaches over.

    Raises:
        NoDesignError: a bias does not reach over a single step.
    """
    below = form.denominator
    while per_layer:
        step = Fraction(max(1, (span * below / (per_layer * layers)).__ceil__()), below)
        cells = (span / step).__ceil__()
        used = -(-cells // per_layer)
        most = (form.largest / step).__floor__()
        if min(per_layer, -(-cells // used)) <= most:
            return -(-cells // used), used, step
        per_layer = min(most, per_layer - 1)
    raise NoDesignError(f"hinges over {span} in {form.name}", remedy="allow more depth")


def spacing_of(form: Q, domain: Interval, exponent: int, gain: int) -> Fraction:
    """Half the difference of two slopes, in units of f."""
    return _spacing(form, zoom_plan(domain, form), exponent, gain)


def _spacing(form: Q, zoom: Zoom, exponent: int, gain: int) -> Fraction:
    return zoom.stretch * Fraction(1 << exponent, form.denominator << gain)


def class_constant(family: Family, form: Q) -> ClassHinges:
    """The constant nearest to f(middle).

    Raises:
        NoDesignError: the format does not reach the range.
    """
    if family.span.magnitude > form.largest:
        raise NoDesignError(
            f"{form.name} has no constants up to {family.span.magnitude}",
            remedy="use a format with more integer bits",
        )
    zoom = zoom_plan(family.domain, form)
    shape = HingesShape(0, 0, zoom.stage[0], 0, 0, 0)
    rounding = Fraction(1, 2 * form.denominator) + CODING_SLACK * (1 + family.span.magnitude)
    error = family.lipschitz * family.domain.width / 2 + rounding
    return ClassHinges(family, form, zoom, 0, 0, Fraction(1), 1, Fraction(0), error, shape)


def member(target: Target, family: Family) -> None:
    """Refuses a function of another class.

    Raises:
        InputError: it is not of the family.
    """
    from bitproof.construct.march import lipschitz_constant

    require_member(target, lipschitz_constant(target), family)


def _ceil_to(value: Fraction, below: int) -> Fraction:
    return Fraction((value * below).__ceil__(), below)
