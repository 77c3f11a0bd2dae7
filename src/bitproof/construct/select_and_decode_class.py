"""Select and decode for a whole class of functions: sizes and error known before the function.

As `bitproof.construct.fold_matrix_class`; every network is built this way, a single function is a
class of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

from bitproof.construct.fold_matrix_plan import FREE, Limits
from bitproof.construct.march_class import (
    CODING_SLACK,
    Family,
    offset_doublings,
    offset_stage,
    require_member,
)
from bitproof.construct.march_plan import floor_log2
from bitproof.construct.promise import OfShape
from bitproof.construct.select_and_decode_gate import STEP
from bitproof.construct.select_and_decode_plan import SelectAndDecodePlan, shape_of, usable
from bitproof.construct.select_and_decode_search import KEPT, Proposal, made, proposals
from bitproof.errors import NoDesignError
from bitproof.exact import Q, WeightFormat, write_decimal
from bitproof.theory.select_and_decode import SelectAndDecodeShape

if TYPE_CHECKING:
    from bitproof.construct.construction import Construction
    from bitproof.construct.march_plan import OutputPlan
    from bitproof.construct.select_and_decode_code import Integers
    from bitproof.network import Network
    from bitproof.target.target import Target

METHOD = "select-and-decode"
PROMISE_SHARE = Fraction((1 << 30) - 1, 1 << 30)
FAR = 1.05


@dataclass(frozen=True)
class ClassSelectAndDecode(OfShape):
    """A select-and-decode network whose sizes hold for every function of a family.

    Attributes:
        doublings: of the output, enough for every offset that occurs.
        error: the promised sup error.
        shape: the sizes.
    """

    family: Family
    form: Q
    found: SelectAndDecodePlan
    doublings: int
    error: Fraction
    shape: SelectAndDecodeShape

    @property
    def method(self) -> str:
        return METHOD

    @property
    def cells(self) -> int:
        return self.found.cells

    @cached_property
    def depth(self) -> int:
        return self.shape.depth

    @cached_property
    def width(self) -> int:
        return self.shape.width

    @cached_property
    def dense_weights(self) -> int:
        return self.shape.dense_weights

    @property
    def nonzero_least(self) -> int:
        """At least one in every affine map."""
        return self.depth

    def build(self, target: Target) -> Construction:
        """As `build`."""
        return build(target, self)


def class_select_and_decode(
    family: Family, form: WeightFormat, error: Fraction, limits: Limits = FREE
) -> ClassSelectAndDecode:
    """The select-and-decode network of least memory that promises an error.

    Raises:
        FormatError: the format is not Q(a, 1) with a ≥ 2.
        NoDesignError: nothing within the limits.
    """
    word = usable(form)
    goal = error * PROMISE_SHARE
    best: ClassSelectAndDecode | None = None
    tried = 0
    for proposal in proposals(family.domain, word, goal, family.lipschitz, limits):
        if best is not None and (tried >= KEPT or proposal.size > best.dense_weights * FAR):
            break
        promise = _promised(family, word, proposal)
        if promise is None or promise.error > error or _beyond(promise, limits):
            continue
        tried += 1
        if best is None or promise.dense_weights < best.dense_weights:
            best = promise
    if best is None:
        raise NoDesignError(
            f"no select-and-decode network of error {write_decimal(error, 3)} in {word.name} "
            "within the limits",
            remedy="allow more weight bits, depth, width or memory",
        )
    return best


def _promised(family: Family, form: Q, proposal: Proposal) -> ClassSelectAndDecode | None:
    found = made(proposal, family.domain, form, family.lipschitz)
    if found is None:
        return None
    try:
        return class_of(family, found)
    except NoDesignError:
        return None


def _beyond(promise: ClassSelectAndDecode, limits: Limits) -> bool:
    deep = limits.depth is not None and promise.depth > limits.depth
    return deep or (limits.width is not None and promise.width > limits.width)


def class_of(family: Family, found: SelectAndDecodePlan) -> ClassSelectAndDecode:
    """A plan's promise for a family.

    Raises:
        NoDesignError: the format cannot make the offsets.
    """
    scale = found.factor * STEP
    low = scale * found.base - family.span.upper
    high = scale * found.base - family.span.lower
    doublings = offset_doublings(found.power, low, high, found.form)
    shape = shape_of(found, doublings - floor_log2(found.power), doublings)
    slack = CODING_SLACK * (1 + max(abs(low), abs(high)) + found.power)
    return ClassSelectAndDecode(family, found.form, found, doublings, found.error + slack, shape)


def build(target: Target, plan: ClassSelectAndDecode) -> Construction:
    """The network of a function of the family.

    Raises:
        InputError: the function is not of the family.
        NoDesignError: its values leave the family's range.
    """
    from bitproof.construct.construction import Construction
    from bitproof.construct.march import lipschitz_constant

    require_member(target, lipschitz_constant(target), plan.family)
    return Construction(METHOD, coded(target, plan).network(), plan.error, plan.cells)


@dataclass(frozen=True)
class CodedStrings:
    """A plan with a function's path.

    Attributes:
        nodes: t at the ends of the fine cells: the path is at origin + half·t in units of f.
        sink: the digits of the offset.
    """

    plan: ClassSelectAndDecode
    nodes: Integers
    sink: OutputPlan
    origin: Fraction

    @property
    def half(self) -> Fraction:
        return self.plan.found.factor * STEP / 2

    def network(self) -> Network:
        from bitproof.construct.select_and_decode_layers import select_and_decode_network

        return select_and_decode_network(self.plan.found, self.nodes, self.sink)


def coded(target: Target, plan: ClassSelectAndDecode) -> CodedStrings:
    """The path of a function, of the family or not.

    Raises:
        NoDesignError: its values leave the family's range.
    """
    import numpy as np

    from bitproof.construct.march_code import Samples
    from bitproof.construct.path_code import nearest_path
    from bitproof.exact import from_float, to_float

    found = plan.found
    start = to_float(plan.family.domain.lower + found.start)
    ends = Samples(target).at(start + to_float(found.cell) * np.arange(found.cells + 1))
    scale = found.factor * STEP
    offset = scale * found.base - from_float(float(ends[0]))
    sink = offset_stage(found.power, plan.doublings, offset, plan.form)
    origin = scale * found.base - sink.offset
    nodes = nearest_path((ends - to_float(origin)) / to_float(scale / 2), 1)
    return CodedStrings(plan, nodes, sink, origin)
