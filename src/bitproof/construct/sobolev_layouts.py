"""The smallest fixed structure for F_{d,n} on the unit cube: every layout that applies, sized."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from bitproof.construct import knot_sum
from bitproof.construct.construction import Construction
from bitproof.construct.envelope_plan import plan_envelope
from bitproof.construct.hats import plan_hats
from bitproof.construct.switched_rows_plan import plan_switched_rows
from bitproof.errors import BitproofError, NoDesignError
from bitproof.exact.weight_format import Codebook
from bitproof.network.measures import Measures, measure
from bitproof.target.target import Target
from bitproof.theory.function_class import SobolevBall
from bitproof.theory.knot_sum import DerivativeBounds

UNIT = Fraction(1)


@dataclass(frozen=True, slots=True)
class SizedLayout:
    """A layout with its exact sizes: those of its network for every function of the class.

    Attributes:
        name: of the layout.
        error: promised for every function of the class.
        sizes: of the network for f = 0.
    """

    name: str
    error: Fraction
    sizes: Measures


def smallest_layout(form: Codebook, ball: SobolevBall, error: Fraction) -> SizedLayout:
    """The layout of fewest weights for a class and an error.

    Raises:
        NoDesignError: no layout applies to the codebook, or all would be too large.
        FormatError: the codebook is not universal.

    >>> found = smallest_layout(Codebook.linear(2), SobolevBall(2, 1), Fraction(1, 5))
    >>> found.name, found.error <= Fraction(1, 5)
    ('envelope', True)
    """
    found: list[SizedLayout] = []
    needs: list[str] = []
    for planned in _layouts(form, ball, error):
        if isinstance(planned, str):
            needs.append(planned)
        else:
            found.append(planned)
    if not found:
        raise NoDesignError("; ".join(dict.fromkeys(needs)), remedy="another codebook or error")
    return min(found, key=lambda layout: layout.sizes.weights)


def _layouts(form: Codebook, ball: SobolevBall, error: Fraction) -> Iterator[SizedLayout | str]:
    """Sized layouts, or why one does not apply. Hats are only tried where nothing leaner is."""
    lengths = (UNIT,) * ball.dimension
    try:
        if ball.dimension == 1:
            yield _on_a_line(form, ball, error)
        elif ball.smoothness == 1:
            envelope, sizes = plan_envelope(form, lengths, error)
            yield SizedLayout(envelope.name, envelope.claimed_error, sizes)
        elif (ball.dimension, ball.smoothness) == (2, 2):
            rows, sizes = plan_switched_rows(form, lengths, error)
            yield SizedLayout(rows.name, rows.claimed_error, sizes)
        else:
            hats, sizes = plan_hats(form, ball, error)
            yield SizedLayout(hats.name, hats.claimed_error, sizes)
    except BitproofError as problem:
        yield str(problem)


def _on_a_line(form: Codebook, ball: SobolevBall, error: Fraction) -> SizedLayout:
    """Layout R (hinges with coded slope changes)."""
    plan = knot_sum.plan(DerivativeBounds.unit(ball.smoothness), error, form)
    return SizedLayout("knots", plan.error, measure(knot_sum.dry(plan, form)))


def line_design(target: Target, error: Fraction, form: Codebook, smoothness: int) -> Construction:
    """The network of layout R for one function of one input.

    Raises:
        NoDesignError: no bounds of its derivatives are proved, or no plan is found.
    """
    found = knot_sum.designs(target, error, [form], smoothness=smoothness)
    if not found.constructions:
        raise NoDesignError(found.needed, remedy="another codebook")
    return found.constructions[0]
