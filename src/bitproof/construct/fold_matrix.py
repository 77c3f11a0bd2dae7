"""The fold matrix: shallow networks that hold a path in one matrix, for Lipschitz functions.

The theorem is `bitproof.theory.fold_matrix`: error of the path, no other. Nothing here is a proof:
the certifier proves each network. Since most functions are kinder than the worst one, fewer cells
are tried as well, by sampling.

Supported formats: `Q(a, b)` with a ≥ 1 and b ≥ 1; 5 bits, Q(2, 1), give the least memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from bitproof.construct.construction import Construction, Designs
from bitproof.construct.fold_matrix_layers import MatrixPath, fold_matrix_network
from bitproof.construct.fold_matrix_plan import (
    FoldMatrixPlan,
    Limits,
    shape_of,
    usable,
)
from bitproof.construct.fold_matrix_search import theorem_plan
from bitproof.construct.march import (
    KEPT_FORMATS,
    MANY_FORMATS,
    SAMPLED_SHARE,
    WORTH_BUILDING,
    lipschitz_constant,
)
from bitproof.construct.march_code import SAMPLES_PER_CELL, Samples
from bitproof.construct.march_plan import OutputPlan, output_plan
from bitproof.construct.path_code import nearest_path
from bitproof.errors import FormatError, NoDesignError
from bitproof.exact import Interval, WeightFormat, from_float, to_float, write_decimal
from bitproof.exact.weight_format import Q
from bitproof.network import measure
from bitproof.theory.march import path_error

if TYPE_CHECKING:
    import numpy.typing as npt

    from bitproof.target.target import Target

    Floats = npt.NDArray[np.float64]

METHOD = "fold-matrix"


@dataclass(frozen=True, slots=True)
class CodedMatrix:
    """A plan with its path and offset."""

    found: FoldMatrixPlan
    path: MatrixPath
    sink: OutputPlan


def code(target: Target, found: FoldMatrixPlan) -> CodedMatrix:
    """The path of a plan, on the lattice that the offset's digits allow.

    Raises:
        NoDesignError: the format cannot make the offset.
    """
    start, step = to_float(_start(found, target.domain)), to_float(found.cell)
    ends = Samples(target).at(start + step * np.arange(found.cells + 1))
    granule, factor = found.bank.granule, found.factor
    first = from_float(float(ends[0]))
    least = int(_nodes(ends, found, first).min())
    margin = found.margin
    for _ in range(4):
        base = margin - (least // 2)
        room = max(base + Fraction(least - margin, 2), Fraction(0))
        scale = factor * granule
        sink = output_plan(
            found.power, scale * base - first, room * scale / found.power, found.form
        )
        nodes = _nodes(ends, found, scale * base - sink.offset)
        lowest = base + Fraction(int(nodes.min()), 2)
        if lowest >= room:
            return CodedMatrix(found, MatrixPath(nodes, base), sink)
        margin *= 4
    raise NoDesignError("the offset does not settle", remedy="use another method")


def _start(found: FoldMatrixPlan, domain: Interval) -> Fraction:
    """The x where the first column begins."""
    zoom = found.zoom
    return domain.lower + (Fraction(found.first, 1 << found.folds) - zoom.lower) / zoom.stretch


def _nodes(ends: Floats, found: FoldMatrixPlan, origin: Fraction) -> npt.NDArray[np.int64]:
    half = to_float(found.factor * found.bank.granule / 2)
    return nearest_path((ends - to_float(origin)) / half, found.levels)


def build(target: Target, found: FoldMatrixPlan) -> Construction:
    """The network of a plan.

    Raises:
        NoDesignError: the format cannot make the offset.
    """
    coded = code(target, found)
    network = fold_matrix_network(found, coded.path, coded.sink)
    shape = shape_of(found, coded.sink.halvings, coded.sink.doublings)
    lipschitz = lipschitz_constant(target)
    claimed = None
    if lipschitz is not None and found.half_spacing * found.levels >= lipschitz:
        slop = (1 + abs(coded.sink.offset)) / (1 << 40)
        claimed = path_error(found.cell, lipschitz, found.half_spacing) + slop
    details = (
        ("cells", str(found.cells)),
        ("matrix", f"{found.columns} columns of {found.rows}"),
        ("slopes", str(found.levels + 1)),
        ("half-spacing", write_decimal(found.half_spacing, 6)),
        ("depth by formula", str(shape.depth)),
        ("dense weights by formula", str(shape.dense_weights)),
    )
    return Construction(METHOD, network, claimed, found.cells, details)


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
        max_bits: networks whose matrix alone stores more are not built.
        progress: told what is being tried.
    """
    tell = progress or (lambda _: None)
    limits = Limits(max_depth, max_width, max_bits)
    built: list[Construction] = []
    refused: list[str] = []
    for form in _promising(formats):
        try:
            for found in _plans(target, error, form, limits):
                tell(f"{METHOD}: {found.columns} columns of {found.rows}, weights in {form.name}")
                built.append(build(target, found))
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


def _promising(formats: Sequence[WeightFormat]) -> list[WeightFormat]:
    """Of many formats those with the fewest fraction bits: large factors keep the head short."""
    fit = [form for form in formats if isinstance(form, Q) and form.a >= 1 and form.b >= 1]
    if len(formats) <= MANY_FORMATS or not fit:
        return list(formats)
    return list[WeightFormat](sorted(fit, key=lambda form: (form.bits, form.b))[:KEPT_FORMATS])


def _plans(
    target: Target, error: Fraction, form: WeightFormat, limits: Limits
) -> list[FoldMatrixPlan]:
    """A plan that sampling believes in, and the theorem's if it is not far larger.

    Raises:
        FormatError: the format is not for a fold matrix.
        NoDesignError: no plan within the limits.
    """
    usable(form)
    lipschitz = lipschitz_constant(target)
    refused = NoDesignError(
        f"no fold matrix follows {target.text} to {write_decimal(error, 3)}",
        remedy="the function is too steep for it; ask for a larger error",
    )
    proved: FoldMatrixPlan | None = None
    if lipschitz is not None and lipschitz > 0:
        try:
            proved = theorem_plan(target.domain, error, form, lipschitz, limits)
        except NoDesignError as problem:
            refused = problem
    samples = Samples(target)
    tried = [
        _sampled_plan(samples, error, form, slope, limits)
        for slope in samples.slopes(proved=lipschitz is not None)
    ]
    hopeful = [found for found in tried if found is not None]
    best = min(hopeful, key=lambda found: found.cells, default=None)
    if best is None or (proved is not None and proved.cells <= best.cells):
        if proved is None:
            raise refused
        return [proved]
    keep = proved is not None and proved.cells <= WORTH_BUILDING * best.cells
    return [best, proved] if proved is not None and keep else [best]


def _sampled_plan(
    samples: Samples, error: Fraction, form: WeightFormat, slope: Fraction, limits: Limits
) -> FoldMatrixPlan | None:
    """The coarsest plan whose sampled error is below the error, by bisection on the coarseness."""
    best: FoldMatrixPlan | None = None
    low, high = 0, 64
    while high - low > 1:
        middle = (low + high) // 2
        coarser = error * Fraction(2 ** (middle / 8)).limit_denominator(1000)
        try:
            found = theorem_plan(samples.target.domain, coarser, form, slope, limits)
            met = sampled_error(code(samples.target, found), samples) <= (
                to_float(error) * SAMPLED_SHARE
            )
        except NoDesignError:
            low = middle
            continue
        if met:
            best, low = found, middle
        else:
            high = middle
    return best


def sampled_error(coded: CodedMatrix, samples: Samples) -> float:
    """The largest sampled distance between the target and the network's path."""
    found, path, domain = coded.found, coded.path, samples.target.domain
    half = to_float(found.factor * found.bank.granule / 2)
    drawn = half * (path.nodes + 2.0 * path.base) - to_float(coded.sink.offset)
    positions = np.arange(found.cells * SAMPLES_PER_CELL + 1) / SAMPLES_PER_CELL
    start, cell = to_float(_start(found, domain)), to_float(found.cell)
    points = np.clip(start + cell * positions, to_float(domain.lower), to_float(domain.upper))
    values = np.interp((points - start) / cell, np.arange(found.cells + 1), drawn)
    return float(np.abs(samples.at(points) - values).max())
