"""The march: width 2 and 3, one cell per layer, for every function with a Lipschitz constant.

The theorem (`bitproof.theory.march`) fixes cells and slopes from the Lipschitz constant; since most
functions are kinder than the worst one, fewer cells are tried as well, by sampling. Nothing here is
a proof: the certifier proves each network.

Supported formats: those that contain -1, 0, 1/2 and 1, that is all `Q(a, b)` with a ≥ 0 and b ≥ 1
and codebooks such as {-1, 0, 1/2, 1}.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from bitproof.construct.construction import Construction, Designs
from bitproof.construct.march_layers import ONE, Offset, march_network, march_shape
from bitproof.construct.march_plan import (
    InputForm,
    InputPlan,
    OutputPlan,
    input_plan,
    input_stage,
    output_plan,
    round_up,
)
from bitproof.construct.path_code import nearest_path
from bitproof.errors import FormatError, NoDesignError
from bitproof.exact import Interval, WeightFormat, from_float, to_float, write_decimal
from bitproof.network import measure
from bitproof.theory.function_class import Lipschitz, Smooth
from bitproof.theory.march import path_error

if TYPE_CHECKING:
    import numpy.typing as npt

    from bitproof.target.target import Target

    Floats = npt.NDArray[np.float64]
    Integers = npt.NDArray[np.int64]

MAX_CELLS = 1 << 17
MANTISSA_DIGITS = range(1, 9)
SAMPLES_PER_CELL = 8
SLOPE_SAMPLES = 4096
SAMPLED_SHARE = 0.998


@dataclass(frozen=True, slots=True)
class Steps:
    """The slope changes a format offers: -m·step, ..., m·step.

    Attributes:
        levels: m, odd: m + 1 slopes.
        step: the difference of neighbouring slopes, a weight of the format.
    """

    levels: int
    step: Fraction


def body_steps(form: WeightFormat) -> Steps:
    """The slope changes to use.

    Raises:
        FormatError: the format lacks a value every layer needs.

    >>> from bitproof.exact import Q, parse_codebook
    >>> body_steps(Q(0, 1)), body_steps(parse_codebook("-1,0,1/2,1"))
    (Steps(levels=3, step=Fraction(1, 2)), Steps(levels=1, step=Fraction(1, 1)))
    """
    missing = [str(v) for v in (-ONE, 0 * ONE, ONE / 2, ONE) if v not in form]
    if missing:
        raise FormatError(
            f"{form.name} does not contain {', '.join(missing)}, which the march needs",
            remedy="use Q(a, b) with a ≥ 0 and b ≥ 1, or a codebook with -1, 0, 1/2 and 1",
        )
    best = Steps(1, ONE)
    for step in (v for v in form.values() if v > 0 and v.denominator & (v.denominator - 1) == 0):
        levels = 0
        while (levels + 1) * step in form and -(levels + 1) * step in form:
            levels += 1
        levels -= 1 - levels % 2
        if levels > best.levels:
            best = Steps(levels, step)
    return best


@dataclass(frozen=True, slots=True)
class MarchPlan:
    """The cells and the slopes, before the path.

    Attributes:
        source: the scaling of the input; a cell is 1/source.stretch long.
        factor: what y is multiplied by; a half-spacing of slopes is factor·step·stretch/2.
    """

    steps: Steps
    source: InputPlan
    factor: Fraction
    cells: int

    @property
    def cell(self) -> Fraction:
        return 1 / self.source.stretch

    @property
    def half_spacing(self) -> Fraction:
        return self.factor * self.steps.step / (2 * self.cell)


@dataclass(frozen=True, slots=True)
class _Samples:
    """Float values of the target: exact enough to choose a path by."""

    target: Target

    def at(self, points: npt.NDArray[np.floating[Any]]) -> Floats:
        domain = self.target.domain
        inside = np.clip(points, to_float(domain.lower), to_float(domain.upper))
        values: Floats = np.asarray(self.target.sample(inside), dtype=np.float64)
        return values

    def slopes(self, *, proved: bool) -> list[Fraction]:
        """Steepest slopes to plan for: the largest sampled one; without a proved Lipschitz
        constant also those over longer steps, since a path may cut a steep corner."""
        domain = self.target.domain
        points = np.linspace(to_float(domain.lower), to_float(domain.upper), SLOPE_SAMPLES + 1)
        values = self.at(points)
        found = []
        for stride in (1,) if proved else (1, 4, 16, 64, 256):
            rise = float(np.abs(values[stride::stride] - values[:-stride:stride]).max())
            if np.isfinite(rise) and rise > 0:
                slope = from_float(rise) * SLOPE_SAMPLES / (stride * domain.width)
                found.append((slope * Fraction(513, 512)).limit_denominator(1 << 20))
        return [slope for slope in found if slope > 0]

    def error(self, coded: CodedMarch) -> float:
        """The largest sampled distance between the target and the network's path."""
        found, path = coded.found, coded.path
        half = found.factor * found.steps.step / 2
        heights = to_float(found.factor * path.base - coded.sink.offset)
        drawn = heights + to_float(half) * path.nodes
        positions = np.arange(found.cells * SAMPLES_PER_CELL + 1) / SAMPLES_PER_CELL
        points = to_float(found.cell) * (positions - to_float(found.source.shift))
        domain = self.target.domain
        inside = (points >= to_float(domain.lower)) & (points <= to_float(domain.upper))
        values = np.interp(positions, np.arange(found.cells + 1), drawn)
        return float(np.abs(self.at(points) - values)[inside].max(initial=0.0))


def march_plan(
    domain: Interval,
    steps: Steps,
    stage: InputForm,
    slope: Fraction,
    rate: Fraction,
    digits: tuple[int, int],
) -> MarchPlan:
    """At least `rate` cells per unit of x and a steepest slope of at least `slope`."""
    source = input_plan(domain, stage, rate, digits[0])
    cells = max(2, -((-source.position(domain.upper)).__floor__()))
    mantissa, exponent = round_up(
        2 * slope / (source.stretch * steps.levels * steps.step), digits[1]
    )
    return MarchPlan(steps, source, mantissa * Fraction(2) ** exponent, cells)


def theorem_plan(
    domain: Interval, error: Fraction, form: WeightFormat, lipschitz: Fraction
) -> MarchPlan:
    """The plan with the least memory whose theorem promises the error for K-Lipschitz functions.

    Raises:
        FormatError: the format lacks a value every layer needs.
        NoDesignError: it has more than 2^17 cells.
    """
    steps, stage = body_steps(form), input_stage(domain, form)
    ideal = path_error(ONE, lipschitz, lipschitz / steps.levels)
    cells = ideal / error * domain.width
    if cells > MAX_CELLS:
        raise NoDesignError(
            f"a march to {write_decimal(error, 3)} takes about {int(cells)} cells",
            remedy=f"at most {MAX_CELLS} are built; ask for a larger error",
        )
    best: MarchPlan | None = None
    for digits in product(MANTISSA_DIGITS, MANTISSA_DIGITS):
        rate, bound = ideal / error, 2 * error
        while bound > error:
            found = march_plan(domain, steps, stage, lipschitz, rate, digits)
            bound = path_error(found.cell, lipschitz, found.half_spacing)
            rate = max(rate * bound / error, found.source.stretch * Fraction(1001, 1000))
        if best is None or _estimated_weights(found) < _estimated_weights(best):
            best = found
    if best is None:
        raise NoDesignError("no mantissa to choose from", remedy="allow one")
    return best


def _estimated_weights(found: MarchPlan) -> int:
    """Dense weights of the parts that depend on the choice."""
    head = found.source.mantissa.denominator.bit_length() + 2 * found.source.doublings
    exponent_free = found.factor.numerator.bit_length()
    return 6 * (found.cells + head + exponent_free)


@dataclass(frozen=True, slots=True)
class _Path:
    """A lattice path; node t stands for y = base + t·step/2, and for origin + t·half in f.

    Attributes:
        nodes: t_0, ..., t_n.
        base: the y of t = 0.
    """

    nodes: Integers
    base: Fraction
    step: Fraction

    @property
    def least(self) -> Fraction:
        """The least y on the path."""
        return self.base + self.step / 2 * int(self.nodes.min())

    @property
    def least_partial(self) -> Fraction:
        """The least value of any partial sum of the march on [0, n]: pieces go on straight."""
        cells = len(self.nodes) - 1
        ends = self.nodes[:-1] + np.diff(self.nodes) * np.arange(cells, 0, -1)
        return min(self.least, self.base + self.step / 2 * int(ends.min()))


@dataclass(frozen=True, slots=True)
class CodedMarch:
    """A plan with its path and everything that depends on it."""

    found: MarchPlan
    path: _Path
    start: Offset
    sink: OutputPlan


def code(target: Target, form: WeightFormat, found: MarchPlan) -> CodedMarch:
    """The path of a plan, on the lattice that the constants of the format can make.

    Raises:
        NoDesignError: the format cannot make the constants.
    """
    ends = _node_values(target, found)
    step = found.steps.step
    first = from_float(float(ends[0]))
    free = _Path(_nodes(ends, found, first), Fraction(0), step)
    coset = step / 2 * found.source.digits[-1]
    margin = 2 * (found.steps.levels + 1)
    for _ in range(4):
        base = -((free.least_partial / step).__floor__()) * step + margin * step + coset
        room = max(base + free.least - margin * step / 2, Fraction(0))
        sink = output_plan(found.factor, found.factor * base - first, room, form)
        path = _Path(_nodes(ends, found, found.factor * base - sink.offset), base, step)
        if path.least_partial >= 0 and path.least >= room:
            return CodedMarch(found, path, _start(path, found, form), sink)
        margin *= 4
    raise NoDesignError("the march's offset does not settle", remedy="use another method")


def build(target: Target, form: WeightFormat, found: MarchPlan) -> Construction:
    """The network of a plan.

    Raises:
        NoDesignError: the format cannot make the constants.
    """
    return _construction(target, form, code(target, form, found))


def _node_values(target: Target, found: MarchPlan) -> Floats:
    cell, shift = found.cell, found.source.shift
    start, step = to_float(-shift * cell), to_float(cell)
    return _Samples(target).at(start + step * np.arange(found.cells + 1))


def _nodes(ends: Floats, found: MarchPlan, origin: Fraction) -> Integers:
    half = to_float(found.factor * found.steps.step / 2)
    return nearest_path((ends - to_float(origin)) / half, found.steps.levels)


def _start(path: _Path, found: MarchPlan, form: WeightFormat) -> Offset:
    """How y comes to be base + t_0·step/2 at X = 0."""
    slope = path.step * int(path.nodes[1] - path.nodes[0])
    value = path.base + path.step / 2 * int(path.nodes[0])
    value -= slope * Fraction(found.source.digits[-1], 2)
    most = (1 << found.source.doublings) - 1
    for weight in sorted(v for v in form.values() if v > 0):
        constant = min((value / weight).__floor__(), most)
        if constant >= 0 and value - weight * constant in form:
            return Offset(slope, weight, constant, value - weight * constant)
    raise NoDesignError(
        f"y would have to start at {value}", remedy="use a format with a larger weight"
    )


def _construction(target: Target, form: WeightFormat, coded: CodedMarch) -> Construction:
    found, path, sink = coded.found, coded.path, coded.sink
    turns = np.diff(np.diff(path.nodes)).tolist()
    changes = [0 * ONE, *(found.steps.step * Fraction(turn, 2) for turn in turns)]
    network = march_network(found.source, coded.start, changes, sink, form)
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
    progress: Callable[[str], None] | None = None,
) -> Designs:
    """Networks for a target to an error, the least memory first; none where no format fits.

    For each supported format the network of the theorem, if a Lipschitz constant is proved, and
    one of fewer cells, if sampling says that it meets the error (`claimed_error` is then that of
    the theorem for its size, larger than what is asked for, or None).

    Args:
        count: the memory that orders them: dense, nonzero or paper.
        max_depth, max_width: networks beyond are left out.
        progress: told what is being tried.
    """
    tell = progress or (lambda _: None)
    built: list[Construction] = []
    refused: list[str] = []
    for form in formats:
        try:
            plans = _plans(target, error, form)
        except (FormatError, NoDesignError) as problem:
            refused.append(str(problem))
            continue
        for found in plans:
            tell(f"march: {found.cells} cells, weights in {form.name}")
            built.append(build(target, form, found))
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


def _plans(target: Target, error: Fraction, form: WeightFormat) -> list[MarchPlan]:
    """The theorem's plan, and a smaller one that sampling believes in.

    Raises:
        FormatError, NoDesignError: as `theorem_plan`.
    """
    body_steps(form)
    samples = _Samples(target)
    lipschitz = lipschitz_constant(target)
    proved = []
    if lipschitz is not None and lipschitz > 0:
        proved.append(theorem_plan(target.domain, error, form, lipschitz))
    smaller = [
        _sampled_plan(samples, error, form, slope)
        for slope in samples.slopes(proved=lipschitz is not None)
    ]
    hopeful = [found for found in smaller if found is not None]
    if hopeful:
        best = min(hopeful, key=_estimated_weights)
        if not proved or best.cells < proved[0].cells:
            return [best, *proved]
    if not proved:
        raise NoDesignError(
            f"no march follows {target.text} to {write_decimal(error, 3)}",
            remedy="the function is too steep for it; ask for a larger error",
        )
    return proved


def _sampled_plan(
    samples: _Samples, error: Fraction, form: WeightFormat, slope: Fraction
) -> MarchPlan | None:
    """The coarsest plan whose sampled error is below the error, by bisection on the coarseness."""
    best: MarchPlan | None = None
    low, high = 0, 96
    goal = to_float(error) * SAMPLED_SHARE
    while high - low > 1:
        middle = (low + high) // 2
        coarser = error * Fraction(2 ** (middle / 16)).limit_denominator(1000)
        try:
            found = theorem_plan(samples.target.domain, coarser, form, slope)
            met = samples.error(code(samples.target, form, found)) <= goal
        except NoDesignError:
            low = middle
            continue
        if met:
            best, low = found, middle
        else:
            high = middle
    return best
