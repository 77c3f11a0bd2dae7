"""Fixed structures for functions of several inputs, chosen from proved bounds of derivatives.

The structure depends on the domain, the error, the codebook and the bounds alone; the function
chooses codebook values. The error is a theorem for every function with these bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from bitproof.construct.box_input import BoxInput
from bitproof.construct.box_layout import BoxLayout
from bitproof.construct.construction import Construction, Designs
from bitproof.construct.envelope_plan import plan_envelope
from bitproof.construct.hats import plan_hats
from bitproof.construct.short_numbers import power_below, shortest
from bitproof.construct.switched_rows_plan import plan_switched_rows
from bitproof.errors import BitproofError, NoDesignError
from bitproof.exact.box import Point
from bitproof.exact.rationals import write_decimal
from bitproof.exact.weight_format import Codebook, WeightFormat
from bitproof.network.measures import measure
from bitproof.network.patterns import weights_of
from bitproof.target.box_target import BoxTarget, MultiIndex
from bitproof.theory.function_class import SobolevBall

METHOD = "fixed"
MARGIN = 1 - Fraction(1, 1 << 20)
"""Nodal values are enclosures; what they leave open is far below this share of the error."""
SCALE_ROOM = Fraction(17, 16)
SMALLEST = Fraction(1, 1 << 30)


@dataclass(slots=True)
class NodalValues:
    """f/factor at points of a layout's box; remembers the largest doubt of an enclosure."""

    target: BoxTarget
    source: BoxInput
    doubt: Fraction = Fraction(0)

    def __call__(self, point: Point) -> Mapping[MultiIndex, Fraction]:
        found = self.target.at(self.source.outward(point))
        self.doubt = max(self.doubt, found.width / 2)
        return {(0,) * len(point): found.centre / self.source.factor}


def designs(
    target: BoxTarget,
    error: Fraction,
    formats: Sequence[WeightFormat],
    *,
    smoothness: int | None = None,
    progress: Callable[[str], None] | None = None,
) -> Designs:
    """Networks of fixed structure for each codebook, least memory first.

    Args:
        smoothness: 2 (switched rows, and hats beside them, d = 2) or 1 (the envelope of paths,
            d ≥ 2); unless told, the highest that is proved of the target.

    Raises:
        FormatError: a codebook that is not universal.
    """
    found: list[Construction] = []
    needs: list[str] = []
    for form in formats:
        if not isinstance(form, Codebook):
            continue
        for order, make in ((2, smooth_design), (1, lipschitz_design)):
            if smoothness not in (None, order):
                continue
            if progress is not None:
                progress(f"fixed structure for {form.name}, n = {order}")
            try:
                found.append(make(target, error, form))
            except NoDesignError as problem:
                needs.append(str(problem))
                continue
            if order == 2:
                found += _with_hats(target, error, form)
            break
    found.sort(key=lambda one: measure(one.network).paper_bits)
    fallback = "a codebook (--codebook linear:2, say)"
    return Designs(tuple(found), "" if found else "; ".join(needs) or fallback)


def lipschitz_design(target: BoxTarget, error: Fraction, form: Codebook) -> Construction:
    """The envelope of paths for the proved slopes.

    Raises:
        NoDesignError: no slopes are proved, or the network would be too large.
    """
    base = _checked_base(target, form)
    slopes = target.lipschitz()
    if slopes is None:
        raise NoDesignError(f"no slope of {target.text[:60]} is proved", remedy="another domain")
    factor = _factor(target, base)
    scales = tuple(
        shortest(least := max(slope / factor, SMALLEST), least * SCALE_ROOM, base)
        for slope in slopes
    )
    lengths = [width * scale for width, scale in zip(target.domain.widths, scales, strict=True)]
    axes = tuple(sorted(range(target.dimension), key=lambda axis: -lengths[axis]))
    source = BoxInput(target.domain.lower, scales, factor, axes)
    ordered = tuple(lengths[axis] for axis in axes)
    layout, _ = plan_envelope(form, ordered, error / factor * MARGIN)
    return _construction(layout, source, target, 1)


def smooth_design(target: BoxTarget, error: Fraction, form: Codebook) -> Construction:
    """Switched rows for the proved second derivatives, d = 2.

    Raises:
        NoDesignError: another dimension, no derivatives are proved, or the network is too large.
    """
    if target.dimension != 2:
        raise NoDesignError(f"d = {target.dimension}", remedy="switched rows are for two inputs")
    base = _checked_base(target, form)
    factor = _factor(target, base)
    norms = target.norms(2)
    bounds: list[Fraction] = []
    for index in ((1, 0), (2, 0), (0, 2)):
        norm = norms[index]
        if norm is None:
            raise NoDesignError(
                f"no bound of second derivatives of {target.text[:60]} is proved",
                remedy="--smoothness 1",
            )
        bounds.append(max(norm / factor, SMALLEST))
    source = BoxInput(target.domain.lower, (Fraction(1), Fraction(1)), factor)
    layout, _ = plan_switched_rows(
        form,
        target.domain.widths,
        error / factor * MARGIN,
        (bounds[0], bounds[1], bounds[2]),
    )
    return _construction(layout, source, target, 2)


def _with_hats(target: BoxTarget, error: Fraction, form: Codebook) -> list[Construction]:
    """Hats beside switched rows: larger, but affine on triangles, so that certifying is easy."""
    try:
        return [hats_design(target, error, form)]
    except NoDesignError:
        return []


def hats_design(target: BoxTarget, error: Fraction, form: Codebook) -> Construction:
    """Hats for the proved second derivatives, d = 2, on a domain whose widths are powers of b.

    Interpolation on triangles of steps h_i errs by at most (h_1²·|∂_11 f| + 2h_1h_2·|∂_12 f| +
    h_2²·|∂_22 f|)/8: the remainder of Theorem 1 (`sobolev_error`) is ½·Σ ψ_v·Σ_ij ∂_ij f·d_i·d_j
    with the mean of |d_i·d_j| at most h_i·h_j/4. For F_{2,2} that is h²/2, so f divided by a
    quarter of the sum in brackets (steps replaced by widths) is treated like one of F_{2,2}.

    Raises:
        NoDesignError: no derivatives are proved, other widths, or the network is too large.
    """
    base, widths, norms = _checked_base(target, form), target.domain.widths, target.norms(2)
    bent = [norms[index] for index in ((2, 0), (1, 1), (0, 2))]
    if any(norm is None for norm in bent) or any(not _is_power(w, base) for w in widths):
        raise NoDesignError(f"no hats for {target.text[:60]}", remedy="another domain")
    first, mixed, second = (norm or Fraction(0) for norm in bent)
    total = first * widths[0] ** 2 + 2 * mixed * widths[0] * widths[1] + second * widths[1] ** 2
    least = max(_factor(target, base), total / 4)
    factor = shortest(least, least * SCALE_ROOM, base)
    source = BoxInput(target.domain.lower, tuple(1 / width for width in widths), factor)
    layout, _ = plan_hats(form, SobolevBall(2, 2), error / factor * MARGIN)
    return _construction(layout, source, target, 2)


def _is_power(width: Fraction, base: int) -> bool:
    return power_below(width, base) == width


def _construction(
    layout: BoxLayout, source: BoxInput, target: BoxTarget, order: int
) -> Construction:
    values = NodalValues(target, source)
    network = layout.build(source, values)
    claimed = layout.claimed_error * source.factor + values.doubt
    return Construction(
        METHOD,
        network,
        claimed,
        details=(
            ("layout", layout.name),
            ("smoothness", str(order)),
            ("promised error", write_decimal(claimed, 4, rounding="up")),
            ("programmable weights", str(layout.programmable)),
            ("structure", "the same for every function with these bounds"),
        ),
    )


def _factor(target: BoxTarget, base: int) -> Fraction:
    """A short number just above a proved bound of |f|."""
    bound = target.norms(0)[(0,) * target.dimension]
    if bound is None:
        slopes = target.lipschitz()
        if slopes is None:
            raise NoDesignError(
                f"no bound of {target.text[:60]} is proved", remedy="another domain"
            )
        centre = target.at(target.domain.centre).magnitude
        pairs = zip(slopes, target.domain.widths, strict=True)
        bound = centre + sum((slope * width / 2 for slope, width in pairs), Fraction(0))
    least = max(bound, SMALLEST)
    return shortest(least, least * SCALE_ROOM, base)


def _checked_base(target: BoxTarget, form: Codebook) -> int:
    try:
        base = weights_of(form).base
    except BitproofError as problem:
        raise NoDesignError(str(problem)) from problem
    for low in target.domain.lower:
        rest = low.denominator
        while rest % base == 0:
            rest //= base
        if rest > 1:
            raise NoDesignError(
                f"the domain starts at {low}", remedy=f"a multiple of a power of 1/{base}"
            )
    return base
