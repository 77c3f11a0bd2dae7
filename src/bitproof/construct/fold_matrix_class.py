"""The fold matrix for a whole class of functions: sizes and error known before there is a function.

As `bitproof.construct.march_class`: the constant that keeps the sum above 0 is the largest that any
function of the class needs, and the output has the doublings of the largest offset.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING

from bitproof.construct.fold_matrix_plan import (
    FoldMatrixPlan,
    Limits,
    estimated_shape,
    shape_of,
)
from bitproof.construct.fold_matrix_search import finest_plans, theorem_plan
from bitproof.construct.march_class import (
    CODING_SLACK,
    Family,
    offset_doublings,
    offset_stage,
    require_member,
)
from bitproof.construct.march_plan import floor_log2
from bitproof.construct.promise import OfShape
from bitproof.errors import NoDesignError
from bitproof.exact import Q
from bitproof.theory.fold_matrix import FoldMatrixShape
from bitproof.theory.march import path_error

if TYPE_CHECKING:
    from bitproof.construct.construction import Construction
    from bitproof.target.target import Target

MAX_TRIED = 400
PROMISE_SHARE = Fraction((1 << 30) - 1, 1 << 30)


@dataclass(frozen=True, slots=True)
class ClassFoldMatrix(OfShape):
    """A fold matrix whose sizes hold for every function of a family.

    Attributes:
        base: the constant added to the path, in granules.
        doublings: of the output, enough for every offset that occurs.
        error: the promised sup error.
        shape: the sizes.
    """

    family: Family
    form: Q
    found: FoldMatrixPlan
    base: int
    doublings: int
    error: Fraction
    shape: FoldMatrixShape

    @property
    def method(self) -> str:
        return "fold-matrix"

    @property
    def cells(self) -> int:
        return self.found.cells

    @property
    def nonzero_least(self) -> int:
        """At least one in every affine map."""
        return self.depth

    def build(self, target: Target) -> Construction:
        """As `build`."""
        return build(target, self)


def class_fold_matrix(family: Family, form: Q, error: Fraction, limits: Limits) -> ClassFoldMatrix:
    """The fold matrix of least memory that promises an error.

    Raises:
        FormatError: the format lacks a value every network needs.
        NoDesignError: nothing within the limits.
    """
    goal = error * PROMISE_SHARE
    return _promised(
        family, form, theorem_plan(family.domain, goal, form, family.lipschitz, limits)
    )


def finest_fold_matrix(family: Family, form: Q, limits: Limits) -> ClassFoldMatrix:
    """The fold matrix of least promised error within a width and a depth.

    Raises:
        FormatError: the format lacks a value every network needs.
        NoDesignError: nothing within the limits.
    """
    plans = finest_plans(family.domain, form, family.lipschitz, limits)
    for found in islice(plans, MAX_TRIED):
        if not _within(estimated_shape(found), limits):  # a tail as short as can be
            continue
        promise = _promised(family, form, found)
        if _within(promise.shape, limits):
            return promise
    raise NoDesignError(
        f"no fold matrix of width {limits.width} and depth {limits.depth} in {form.name}",
        remedy="allow more width or depth",
    )


def _within(shape: FoldMatrixShape, limits: Limits) -> bool:
    return (limits.width is None or shape.width <= limits.width) and (
        limits.depth is None or shape.depth <= limits.depth
    )


def _promised(family: Family, form: Q, found: FoldMatrixPlan) -> ClassFoldMatrix:
    scale = found.factor * found.bank.granule
    base = found.margin + (found.levels * found.cells + 1) // 2 + 1
    low, high = scale * base - family.span.upper, scale * base - family.span.lower
    doublings = offset_doublings(found.power, low, high, form)
    shape = shape_of(found, doublings - floor_log2(found.power), doublings)
    slack = CODING_SLACK * (1 + max(abs(low), abs(high)) + found.power)
    promised = path_error(found.cell, family.lipschitz, found.half_spacing) + slack
    return ClassFoldMatrix(family, form, found, base, doublings, promised, shape)


def build(target: Target, plan: ClassFoldMatrix) -> Construction:
    """The network of a function of the family.

    Raises:
        InputError: the function is not of the family.
        NoDesignError: its values leave the family's range.
    """
    import numpy as np

    from bitproof.construct.construction import Construction
    from bitproof.construct.fold_matrix_layers import MatrixPath, fold_matrix_network
    from bitproof.construct.march import lipschitz_constant
    from bitproof.construct.march_code import Samples
    from bitproof.construct.path_code import nearest_path
    from bitproof.exact import from_float, to_float

    found, zoom = plan.found, plan.found.zoom
    require_member(target, lipschitz_constant(target), plan.family)
    first = (Fraction(found.first, 1 << found.folds) - zoom.lower) / zoom.stretch
    start, step = to_float(plan.family.domain.lower + first), to_float(found.cell)
    ends = Samples(target).at(start + step * np.arange(found.cells + 1))
    scale = found.factor * found.bank.granule
    offset = scale * plan.base - from_float(float(ends[0]))
    sink = offset_stage(found.power, plan.doublings, offset, plan.form)
    origin = to_float(scale * plan.base - sink.offset)
    nodes = nearest_path((ends - origin) / to_float(scale / 2), found.levels)
    network = fold_matrix_network(found, MatrixPath(nodes, plan.base), sink)
    return Construction("fold-matrix", network, plan.error, found.cells)
