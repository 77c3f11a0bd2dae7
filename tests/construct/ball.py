"""Members of a unit Sobolev ball on [0, 1], for the layouts of fixed structure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from bitproof.construct.scaled_function import ScaledFunction
from bitproof.exact import Interval
from bitproof.exact.weight_format import Codebook
from bitproof.network.patterns import weights_of
from bitproof.target import parse_target
from bitproof.target.expression import ExpressionTarget
from bitproof.theory.knot_sum import DerivativeBounds

UNIT = Interval(Fraction(0), Fraction(1))


def members(
    texts: Iterable[str], n: int, form: Codebook
) -> Iterator[tuple[ExpressionTarget, ScaledFunction]]:
    """Those of the expressions that are in the unit ball of smoothness n, as its members."""
    kit, ball = weights_of(form), DerivativeBounds.unit(n)
    for text in texts:
        target = parse_target(text, UNIT)
        found = ScaledFunction.of(target, n, kit)
        if found is not None:  # else a kink: the class of order 1 is the only one
            yield target, ScaledFunction(found.derivatives, found.domain, kit.base, ball)
