"""The path of a march: nodes on the lattice that the constants of the format can make."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from bitproof.construct.march_cells import MarchPlan
from bitproof.construct.march_layers import Offset
from bitproof.construct.march_plan import OutputPlan, output_plan
from bitproof.construct.path_code import nearest_path
from bitproof.errors import NoDesignError
from bitproof.exact import WeightFormat, from_float, to_float

if TYPE_CHECKING:
    import numpy.typing as npt

    from bitproof.target.target import Target

    Floats = npt.NDArray[np.float64]
    Integers = npt.NDArray[np.int64]

SAMPLES_PER_CELL = 8
SLOPE_SAMPLES = 4096


@dataclass(frozen=True, slots=True)
class LatticePath:
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
    path: LatticePath
    start: Offset
    sink: OutputPlan


def code(target: Target, form: WeightFormat, found: MarchPlan) -> CodedMarch:
    """The path of a plan, on the lattice that the constants of the format can make.

    Raises:
        NoDesignError: the format cannot make the constants.
    """
    ends = node_values(target, found)
    step = found.steps.step
    first = from_float(float(ends[0]))
    free = LatticePath(nodes_on(ends, found, first), Fraction(0), step)
    coset = step / 2 * found.source.digits[-1]
    margin = 2 * (found.steps.levels + 1)
    for _ in range(4):
        base = -((free.least_partial / step).__floor__()) * step + margin * step + coset
        room = max(base + free.least - margin * step / 2, Fraction(0))
        sink = output_plan(found.factor, found.factor * base - first, room, form)
        path = LatticePath(nodes_on(ends, found, found.factor * base - sink.offset), base, step)
        if path.least_partial >= 0 and path.least >= room:
            return CodedMarch(found, path, start_of(path, found, form), sink)
        margin *= 4
    raise NoDesignError("the march's offset does not settle", remedy="use another method")


def node_values(target: Target, found: MarchPlan) -> Floats:
    """f at the ends of the cells; beyond the domain, at its ends."""
    cell, shift = found.cell, found.source.shift
    start, step = to_float(-shift * cell), to_float(cell)
    return Samples(target).at(start + step * np.arange(found.cells + 1))


def nodes_on(ends: Floats, found: MarchPlan, origin: Fraction) -> Integers:
    """The path t_0, ..., t_n on the lattice whose node 0 stands for `origin`."""
    half = to_float(found.factor * found.steps.step / 2)
    return nearest_path((ends - to_float(origin)) / half, found.steps.levels)


def start_of(path: LatticePath, found: MarchPlan, form: WeightFormat) -> Offset:
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


@dataclass(frozen=True, slots=True)
class Samples:
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
        points = np.clip(points, to_float(domain.lower), to_float(domain.upper))
        positions = points / to_float(found.cell) + to_float(found.source.shift)
        values = np.interp(positions, np.arange(found.cells + 1), drawn)
        return float(np.abs(self.at(points) - values).max())
