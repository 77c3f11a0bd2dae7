"""Select and decode: strings of slope signs in the weights, for rough functions of many cells.

The theorem is `bitproof.theory.select_and_decode`. Nothing here is a proof: the certifier proves
each network. Kinder functions than the worst get fewer cells, by sampling.

Supported formats: `Q(a, 1)` with a ≥ 2, 5 bits and more; 5 to 9 bits give the least memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from bitproof.construct.construction import Construction, Designs
from bitproof.construct.fold_matrix_plan import Limits
from bitproof.construct.march import SAMPLED_SHARE, WORTH_BUILDING, lipschitz_constant
from bitproof.construct.march_class import Family
from bitproof.construct.march_code import SAMPLES_PER_CELL, Samples
from bitproof.construct.select_and_decode_class import (
    METHOD,
    ClassSelectAndDecode,
    CodedStrings,
    class_select_and_decode,
    coded,
)
from bitproof.construct.select_and_decode_plan import usable
from bitproof.errors import FormatError, NoDesignError
from bitproof.exact import Interval, WeightFormat, from_float, to_float, write_decimal
from bitproof.network import measure

if TYPE_CHECKING:
    from bitproof.target.target import Target

COARSER = 64
EIGHTHS = 8.0
NARROW = Fraction(1, 1 << 40)


def designs(
    target: Target,
    error: Fraction,
    formats: Sequence[WeightFormat],
    *,
    count: str = "dense",
    max_depth: int | None = None,
    max_width: int | None = None,
    max_bits: int | None = None,
    progress: Callable[[str], None] | None = None,
) -> Designs:
    """Networks for a target to an error, the least memory first; none where no format fits.

    For each supported format the network of the theorem, if a Lipschitz constant is proved, and one
    of fewer cells, if sampling says that it meets the error.

    Args:
        count: the memory that orders them: dense, nonzero or paper.
        max_depth, max_width: networks beyond are left out.
        max_bits: networks estimated to store more are not built.
        progress: told what is being tried.
    """
    tell = progress or (lambda _: None)
    limits = Limits(max_depth, max_width, max_bits)
    built: list[Construction] = []
    refused: list[str] = []
    for form in formats:
        try:
            usable(form)
            for strings in _plans(target, error, form, limits):
                found = strings.plan.found
                tell(f"{METHOD}: {found.cells} cells, weights in {form.name}")
                built.append(_construction(target, strings))
        except (FormatError, NoDesignError) as problem:
            refused.append(str(problem))
    built.sort(key=lambda made: measure(made.network).bits(count))
    if built:
        return Designs(tuple(built))
    return Designs((), refused[-1] if refused else "a weight format")


def _construction(target: Target, strings: CodedStrings) -> Construction:
    plan, found = strings.plan, strings.plan.found
    lipschitz = lipschitz_constant(target)
    proved = lipschitz is not None and found.half_spacing >= lipschitz
    details = (
        ("cells", str(found.cells)),
        ("matrix", f"{found.columns} columns of {found.rows}"),
        ("strings", f"{found.length} bits in {len(found.strings)} planes"),
        ("guarded", "yes" if found.guarded else "no"),
        ("depth by formula", str(plan.depth)),
        ("dense weights by formula", str(plan.dense_weights)),
    )
    claimed = plan.error if proved else None
    return Construction(METHOD, strings.network(), claimed, found.cells, details)


def _plans(
    target: Target, error: Fraction, form: WeightFormat, limits: Limits
) -> list[CodedStrings]:
    """A plan that sampling believes in, and the theorem's if it is not far larger.

    Raises:
        NoDesignError: no plan within the limits.
    """
    lipschitz = lipschitz_constant(target)
    samples = Samples(target)
    refused = NoDesignError(
        f"no select-and-decode network follows {target.text} to {write_decimal(error, 3)}",
        remedy="the function is too steep for it; ask for a larger error",
    )
    proved: CodedStrings | None = None
    if lipschitz is not None and lipschitz > 0:
        try:
            proved = _coded(target, form, error, lipschitz, limits)
        except NoDesignError as problem:
            refused = problem
    tried = [
        _sampled(samples, error, form, slope, limits)
        for slope in samples.slopes(proved=lipschitz is not None)
    ]
    hopeful = [found for found in tried if found is not None]
    best = min(hopeful, key=lambda found: found.plan.dense_weights, default=None)
    if best is None or (
        proved is not None and proved.plan.dense_weights <= best.plan.dense_weights
    ):
        if proved is None:
            raise refused
        return [proved]
    keep = proved is not None and (
        proved.plan.dense_weights <= WORTH_BUILDING * best.plan.dense_weights
    )
    return [best, proved] if proved is not None and keep else [best]


def _coded(
    target: Target, form: WeightFormat, error: Fraction, slope: Fraction, limits: Limits
) -> CodedStrings:
    """The network of least memory for functions that begin as the target does."""
    plan = _planned(target, form, error, slope, limits)
    return coded(target, plan)


def _planned(
    target: Target, form: WeightFormat, error: Fraction, slope: Fraction, limits: Limits
) -> ClassSelectAndDecode:
    first = from_float(float(Samples(target).at(np.array([to_float(target.domain.lower)]))[0]))
    room = NARROW * (1 + abs(first))
    family = Family(target.domain, Interval(first - room, first + room), slope)
    return class_select_and_decode(family, form, error, limits)


def _sampled(
    samples: Samples, error: Fraction, form: WeightFormat, slope: Fraction, limits: Limits
) -> CodedStrings | None:
    """The coarsest whose sampled error is below the error, by bisection on the coarseness."""
    best: CodedStrings | None = None
    low, high = 0, COARSER
    while high - low > 1:
        middle = (low + high) // 2
        # from twice as fine as asked for, for slopes that are not proved
        coarser = error * Fraction(2 ** (middle / EIGHTHS) / 2).limit_denominator(1000)
        try:
            found = _coded(samples.target, form, coarser, slope, limits)
        except NoDesignError:
            low = middle
            continue
        if sampled_error(found, samples) <= to_float(error) * SAMPLED_SHARE:
            best, low = found, middle
        else:
            high = middle
    return best


def sampled_error(strings: CodedStrings, samples: Samples) -> float:
    """The largest sampled distance between the target and the path."""
    found, domain = strings.plan.found, samples.target.domain
    drawn = to_float(strings.origin) + to_float(strings.half) * strings.nodes
    positions = np.arange(found.cells * SAMPLES_PER_CELL + 1) / SAMPLES_PER_CELL
    start, cell = to_float(domain.lower + found.start), to_float(found.cell)
    points = np.clip(start + cell * positions, to_float(domain.lower), to_float(domain.upper))
    values = np.interp((points - start) / cell, np.arange(found.cells + 1), drawn)
    return float(np.abs(samples.at(points) - values).max())
