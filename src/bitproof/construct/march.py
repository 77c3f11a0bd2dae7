"""The march: width 2 and 3, one cell per layer, for every function with a Lipschitz constant.

The theorem (`bitproof.theory.march`) fixes cells and slopes from the Lipschitz constant; since most
functions are kinder than the worst one, fewer cells are tried as well, by sampling. Nothing here is
a proof: the certifier proves each network.

Supported formats: those that contain -1, 0, 1/2 and 1, that is all `Q(a, b)` with a ≥ 0 and b ≥ 1
and codebooks such as {-1, 0, 1/2, 1}.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from bitproof.construct.construction import Construction, Designs
from bitproof.construct.march_cells import (
    ONE,
    MarchPlan,
    body_steps,
    estimated_weights,
    theorem_plan,
)
from bitproof.construct.march_code import CodedMarch, Samples, code
from bitproof.construct.march_layers import march_network, march_shape, varying_entries
from bitproof.errors import FormatError, NoDesignError
from bitproof.exact import WeightFormat, to_float, write_decimal
from bitproof.network import measure
from bitproof.theory.function_class import Lipschitz, Smooth
from bitproof.theory.march import path_error

if TYPE_CHECKING:
    from bitproof.target.target import Target

SAMPLED_SHARE = 0.998
MANY_FORMATS = 4
KEPT_FORMATS = 2
WORTH_BUILDING = 2
"""The theorem's network is offered unless sampling believes in one this many times smaller."""


def build(target: Target, form: WeightFormat, found: MarchPlan) -> Construction:
    """The network of a plan.

    Raises:
        NoDesignError: the format cannot make the constants.
    """
    return _construction(target, form, code(target, form, found))


def _construction(target: Target, form: WeightFormat, coded: CodedMarch) -> Construction:
    found, path, sink = coded.found, coded.path, coded.sink
    turns = np.diff(np.diff(path.nodes)).tolist()
    changes = [0 * ONE, *(found.steps.step * Fraction(turn, 2) for turn in turns)]
    network = march_network(found.source, coded.start, changes, sink, form)
    varying = varying_entries(found.source, coded.start, changes, sink)
    shape = march_shape(found.source, found.cells, sink)
    lipschitz = lipschitz_constant(target)
    claimed = None
    if lipschitz is not None and found.half_spacing * found.steps.levels >= lipschitz:
        slop = (1 + abs(sink.offset)) / (1 << 40)
        claimed = path_error(found.cell, lipschitz, found.half_spacing) + slop
    details = (
        ("cells", str(found.cells)),
        ("slopes", str(found.steps.levels + 1)),
        ("half-spacing", write_decimal(found.half_spacing, 6)),
        ("depth by formula", str(shape.depth)),
        ("dense weights by formula", str(shape.dense_weights)),
        ("non-zero weights by formula", str(shape.nonzero_weights(varying))),
    )
    return Construction("march", network, claimed, found.cells, details)


def lipschitz_constant(target: Target) -> Fraction | None:
    """The proved Lipschitz constant of a target; None if none is known."""
    known = target.function_class
    if isinstance(known, Lipschitz):
        return known.constant
    return known.slope if isinstance(known, Smooth) else None


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

    For each supported format the network of the theorem, if a Lipschitz constant is proved, and
    one of fewer cells, if sampling says that it meets the error (`claimed_error` is then that of
    the theorem for its size, larger than what is asked for, or None).

    Args:
        count: the memory that orders them: dense, nonzero or paper.
        max_depth, max_width: networks beyond are left out.
        max_bits: networks estimated to store more are not built.
        progress: told what is being tried.
    """
    tell = progress or (lambda _: None)
    built: list[Construction] = []
    refused: list[str] = []
    for form in _promising(target, error, formats):
        try:
            for found in _plans(target, error, form, max_bits):
                tell(f"march: {found.cells} cells, weights in {form.name}")
                built.append(build(target, form, found))
        except (FormatError, NoDesignError) as problem:
            refused.append(str(problem))
    sizes = {id(made): measure(made.network) for made in built}
    kept = [
        made
        for made in built
        if (max_depth is None or sizes[id(made)].depth <= max_depth)
        and (max_width is None or sizes[id(made)].width <= max_width)
    ]
    kept.sort(key=lambda made: sizes[id(made)].bits(count))
    if kept:
        return Designs(tuple(kept))
    if built:
        shallow = min((sizes[id(made)] for made in built), key=lambda m: (m.depth, m.width))
        return Designs((), f"depth {shallow.depth} at width {shallow.width}")
    return Designs((), refused[-1] if refused else "a weight format")


def _promising(
    target: Target, error: Fraction, formats: Sequence[WeightFormat]
) -> list[WeightFormat]:
    """Of many formats, those in which the theorem's network is estimated smallest."""
    slopes = Samples(target).slopes(proved=True)
    if len(formats) <= MANY_FORMATS or not slopes:
        return list(formats)
    sizes: list[tuple[int, int]] = []
    for number, form in enumerate(formats):
        try:
            found = theorem_plan(target.domain, error, form, slopes[0])
        except (FormatError, NoDesignError):
            continue
        sizes.append((_estimated_bits(found, form), number))
    kept = [formats[number] for _, number in sorted(sizes)[:KEPT_FORMATS]]
    return kept or list(formats)


def _estimated_bits(found: MarchPlan, form: WeightFormat) -> int:
    return form.memory_bits(estimated_weights(found))


def _plans(
    target: Target, error: Fraction, form: WeightFormat, max_bits: int | None
) -> list[MarchPlan]:
    """The theorem's plan, and a smaller one that sampling believes in.

    Raises:
        FormatError, NoDesignError: as `theorem_plan`; or all plans are estimated over `max_bits`.
    """
    body_steps(form)
    samples = Samples(target)
    lipschitz = lipschitz_constant(target)
    proved = []
    if lipschitz is not None and lipschitz > 0:
        proved.append(theorem_plan(target.domain, error, form, lipschitz))
    smaller = [
        _sampled_plan(samples, error, form, slope, max_bits)
        for slope in samples.slopes(proved=lipschitz is not None)
    ]
    hopeful = [found for found in smaller if found is not None]
    if hopeful:
        best = min(hopeful, key=estimated_weights)
        if not proved or best.cells < proved[0].cells:
            return [best, *(p for p in proved if p.cells <= WORTH_BUILDING * best.cells)]
    if max_bits is not None:
        proved = [found for found in proved if _estimated_bits(found, form) <= max_bits]
        if not proved:
            raise NoDesignError(
                f"a march of error {write_decimal(error, 3)} takes over {max_bits} bits"
            )
    if not proved:
        raise NoDesignError(
            f"no march follows {target.text} to {write_decimal(error, 3)}",
            remedy="the function is too steep for it; ask for a larger error",
        )
    return proved


def _sampled_plan(
    samples: Samples, error: Fraction, form: WeightFormat, slope: Fraction, max_bits: int | None
) -> MarchPlan | None:
    """The coarsest plan whose sampled error is below the error, by bisection on the coarseness;
    plans estimated over `max_bits` are not tried."""
    best: MarchPlan | None = None
    low, high = 0, 96
    goal = to_float(error) * SAMPLED_SHARE
    while high - low > 1:
        middle = (low + high) // 2
        coarser = error * Fraction(2 ** (middle / 16)).limit_denominator(1000)
        try:
            found = theorem_plan(samples.target.domain, coarser, form, slope)
            if max_bits is not None and _estimated_bits(found, form) > max_bits:
                low = middle
                continue
            met = samples.error(code(samples.target, form, found)) <= goal
        except NoDesignError:
            low = middle
            continue
        if met:
            best, low = found, middle
        else:
            high = middle
    return best
