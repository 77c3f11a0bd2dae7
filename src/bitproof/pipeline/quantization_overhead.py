"""What quantization costs: networks over (d, n, ε, λ), their sizes between the bounds.

For every class F_{d,n}, error and codebook of a grid the smallest fixed structure is planned and
sized exactly; beside it stand the bits and weights no network goes below, our own network of real
weights, and the paper's layout. A second series builds the networks of one function of the class
and certifies their errors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import log2
from typing import TYPE_CHECKING

from bitproof.errors import NoDesignError
from bitproof.exact import parse_codebook, to_float
from bitproof.exact.rationals import parse_rational, write_rational
from bitproof.pipeline.plan_smooth import paper_theorem
from bitproof.pipeline.sweep import Job, Record, Sweep, Value
from bitproof.theory.function_class import SobolevBall
from bitproof.theory.quantization_overhead import Overhead, paper_best_values
from bitproof.theory.real_network import real_weights
from bitproof.theory.sobolev_packing import PackingBound
from bitproof.theory.sobolev_real_weights import RealWeightBound

if TYPE_CHECKING:
    from bitproof.certify.boxes import BoxVerdict
    from bitproof.certify.verdict import Verdict
    from bitproof.construct.construction import Construction

NAME = "quantization overhead"
UNIT = Fraction(1)
MEMBER = "sin(x1+x2/2)"
"""All its derivatives are at most 1, so it is in F_{2,n} for every n."""
MEMBER_OF_A_LINE = "sin(x)"
PER_REAL_WEIGHT = 12
BASELINE_CODEBOOK = "linear:2"
BASELINE_ROOM = 3
"""The paper's layout may have so many times the weights of our largest networks."""


@dataclass(frozen=True, slots=True)
class Grid:
    """What is planned and built.

    Attributes:
        classes: (d, n).
        powers: errors are 2^-k.
        codebooks: names.
        largest: networks expected to have more weights are left out.
        certified: for (d, n), the k for which a network is built and certified.
        seconds: each certification may take.
    """

    classes: tuple[tuple[int, int], ...]
    powers: tuple[int, ...]
    codebooks: tuple[str, ...]
    largest: int
    certified: Mapping[tuple[int, int], tuple[int, ...]]
    seconds: float


QUICK = Grid(
    ((1, 1), (1, 2), (1, 3), (2, 1), (2, 2)),
    (2, 3, 4, 5, 6, 7, 8),
    ("linear:2", "nested:3", "linear:4"),
    20_000,
    {(1, 1): (4, 6), (1, 2): (6, 8), (2, 1): (2, 3), (2, 2): (3,)},
    15,
)
FULL = Grid(
    ((1, 1), (1, 2), (1, 3), (1, 4), (2, 1), (2, 2), (2, 3), (3, 1)),
    tuple(range(2, 21)),
    ("linear:2", "nested:3", "linear:3", "linear:4", "nested:4", "linear:8", "linear:16"),
    100_000,
    {
        (1, 1): (4, 6, 8, 10),
        (1, 2): (6, 8, 10, 14),
        (1, 3): (8, 12),
        (2, 1): (2, 3, 4, 5),
        (2, 2): (3, 4, 5),
    },
    120,
)


@dataclass(frozen=True, slots=True)
class SizeJob(Job):
    """The sizes of the smallest fixed structure of a class, or of the paper's layout.

    Attributes:
        dimension, smoothness, power: F_{d,n} and ε = 2^-power.
        codebook: its name.
        baseline: whether the paper's layout is sized.
    """

    dimension: int
    smoothness: int
    power: int
    codebook: str
    baseline: bool = False

    @property
    def key(self) -> str:
        what = "paper's layout" if self.baseline else "smallest layout"
        return f"{what}, F({self.dimension},{self.smoothness}) to 2^-{self.power}, {self.codebook}"

    def run(self) -> Record:
        """Weights, depth, bits and the bounds."""
        from bitproof.construct.sobolev_layouts import SizedLayout, smallest_layout
        from bitproof.construct.trapezoids import plan_trapezoids

        ball = SobolevBall(self.dimension, self.smoothness)
        error, form = Fraction(1, 1 << self.power), parse_codebook(self.codebook)
        if self.baseline:
            layout, measures = plan_trapezoids(form, ball, error)
            found = SizedLayout(layout.name, layout.claimed_error, measures)
        else:
            found = smallest_layout(form, ball, error)
        values, packing = len(form.values()), PackingBound(ball)
        theorem = paper_theorem(ball, self.codebook, values)
        overhead = Overhead(
            ball, error, found.sizes.weights, found.sizes.depth, real_weights(ball, error)
        )
        return {
            "d": self.dimension,
            "n": self.smoothness,
            "error": write_rational(error),
            "codebook": self.codebook,
            "values": values,
            "layout": found.name,
            "weights": found.sizes.weights,
            "depth": found.sizes.depth,
            "bits": found.sizes.paper_bits,
            "promised_error": write_rational(found.error),
            "least_bits": packing.least_bits(error),
            "least_weights": packing.least_weights(error, values),
            "real_weights": overhead.real,
            "least_real_weights": RealWeightBound(ball).least_weights(error, found.sizes.depth),
            "overhead": round(to_float(overhead.measured), 4),
            "paper_weights_order": theorem.weights_order(to_float(error)),
            "paper_bits_order": theorem.bits_order(to_float(error)),
            "paper_best_values": paper_best_values(self.power),
        }


@dataclass(frozen=True, slots=True)
class CertifyJob(Job):
    """A network for one function of the class, built and certified.

    Attributes:
        dimension, smoothness, power, codebook: as for `SizeJob`.
        seconds: the certification may take.
    """

    dimension: int
    smoothness: int
    power: int
    codebook: str
    seconds: float

    @property
    def key(self) -> str:
        return (
            f"certified, F({self.dimension},{self.smoothness}) to 2^-{self.power}, "
            f"{self.codebook}, {self.seconds} s"
        )

    def run(self) -> Record:
        """The promised error, what is proved and what is attained."""
        from bitproof.network import measure

        construction: Construction
        verdict: Verdict | BoxVerdict
        if self.dimension == 1:
            construction, verdict = self._on_a_line()
        else:
            construction, verdict = self._on_a_box()
        promised = construction.claimed_error
        if promised is None or verdict.lower > promised:
            raise NoDesignError(f"a promise is broken: {self.key}", remedy="report it")
        return {
            "d": self.dimension,
            "n": self.smoothness,
            "error": write_rational(Fraction(1, 1 << self.power)),
            "codebook": self.codebook,
            "function": MEMBER_OF_A_LINE if self.dimension == 1 else MEMBER,
            "weights": measure(construction.network).weights,
            "promised_error": write_rational(promised),
            "certified_upper": None if verdict.upper is None else write_rational(verdict.upper),
            "attained_lower": write_rational(verdict.lower),
            "status": verdict.status,
        }

    def _on_a_line(self) -> tuple[Construction, Verdict]:
        from bitproof.certify.one_dimension import certify_sup_error
        from bitproof.construct.sobolev_layouts import line_design
        from bitproof.exact import Interval
        from bitproof.target.expression import ExpressionTarget

        target = ExpressionTarget.parse(MEMBER_OF_A_LINE, Interval(Fraction(0), UNIT))
        error, form = Fraction(1, 1 << self.power), parse_codebook(self.codebook)
        construction = line_design(target, error, form, self.smoothness)
        verdict = certify_sup_error(construction.network, target, target.domain, error=error)
        return construction, verdict

    def _on_a_box(self) -> tuple[Construction, BoxVerdict]:
        from bitproof.certify.boxes import certify_on_box
        from bitproof.construct.sobolev_boxes import designs
        from bitproof.exact import Box
        from bitproof.target.box_expression import ExpressionBoxTarget

        target = ExpressionBoxTarget.parse(MEMBER, Box.unit(self.dimension))
        error, form = Fraction(1, 1 << self.power), parse_codebook(self.codebook)
        found = designs(target, error, [form], smoothness=self.smoothness)
        if not found.constructions:
            raise NoDesignError(found.needed, remedy="another codebook")
        construction = found.constructions[0]
        verdict = certify_on_box(construction.network, target, error=error, seconds=self.seconds)
        return construction, verdict


def jobs_of(grid: Grid) -> list[Job]:
    """Every job of a grid that is not expected to be too large, cheap ones first."""
    found: list[tuple[float, Job]] = []
    for d, n in grid.classes:
        for power in grid.powers:
            error = Fraction(1, 1 << power)
            expected = PER_REAL_WEIGHT * real_weights(SobolevBall(d, n), error)
            if expected > grid.largest:
                break
            found += [(expected, SizeJob(d, n, power, book)) for book in grid.codebooks]
            # the paper's layout is larger by the factor of its digits and gates
            larger = expected * (1 if n == 1 and d == 1 else power * 2)
            if d <= 2 and larger <= grid.largest * BASELINE_ROOM:
                job = SizeJob(d, n, power, BASELINE_CODEBOOK, baseline=True)
                found.append((larger, job))
    for (d, n), powers in grid.certified.items():
        found += [
            (1e6, CertifyJob(d, n, power, book, grid.seconds))
            for power in powers
            for book in grid.codebooks[:2]
        ]
    return [job for _, job in sorted(found, key=lambda pair: pair[0])]


@dataclass(frozen=True, slots=True)
class QuantizationOverhead:
    """What a sweep of a grid has found.

    Attributes:
        sizes: a row for every class, error and codebook.
        baseline: the same for the paper's layout.
        certified: the networks that were built and certified.
        failures: keys and what was wrong.
        resumed, jobs: how many were in the journal before, and in all.
    """

    grid: Grid
    sizes: tuple[Mapping[str, Value], ...]
    baseline: tuple[Mapping[str, Value], ...]
    certified: tuple[Mapping[str, Value], ...]
    failures: tuple[tuple[str, str], ...]
    resumed: int
    jobs: int

    @property
    def above_the_bounds(self) -> bool:
        """Whether no network is below a lower bound (a check of the theorems)."""
        return all(
            int(str(row["bits"])) >= int(str(row["least_bits"]))
            and int(str(row["weights"])) >= int(str(row["least_weights"]))
            for row in (*self.sizes, *self.baseline)
        )

    def classes(self) -> list[tuple[int, int]]:
        """The (d, n) of the rows."""
        return sorted({(_int(row, "d"), _int(row, "n")) for row in self.sizes})

    def rows(self, d: int, n: int, codebook: str | None = None) -> list[Mapping[str, Value]]:
        """The rows of a class, larger errors first."""
        chosen = [
            row
            for row in self.sizes
            if (row["d"], row["n"]) == (d, n) and codebook in (None, row["codebook"])
        ]
        return sorted(chosen, key=lambda row: -parse_rational(str(row["error"])))

    def baseline_rows(self, d: int, n: int) -> list[Mapping[str, Value]]:
        """The rows of the paper's layout, larger errors first."""
        chosen = [row for row in self.baseline if (row["d"], row["n"]) == (d, n)]
        return sorted(chosen, key=lambda row: -parse_rational(str(row["error"])))

    def best(self, d: int, n: int) -> list[Mapping[str, Value]]:
        """For every error the row of fewest bits."""
        least: dict[Value, Mapping[str, Value]] = {}
        for row in self.rows(d, n):
            known = least.get(row["error"])
            if known is None or _int(row, "bits") < _int(known, "bits"):
                least[row["error"]] = row
        return list(least.values())

    def to_dict(self) -> dict[str, object]:
        return {
            "sizes": [dict(row) for row in self.sizes],
            "baseline": [dict(row) for row in self.baseline],
            "certified": [dict(row) for row in self.certified],
            "failures": dict(self.failures),
            "above_the_bounds": self.above_the_bounds,
            "jobs": self.jobs,
            "resumed": self.resumed,
        }


def assembled(grid: Grid, jobs: Sequence[Job], sweep: Sweep) -> QuantizationOverhead:
    """The rows, from the outcomes of the jobs."""
    by_key = {outcome.key: outcome for outcome in sweep.outcomes}
    kinds: dict[str, list[Mapping[str, Value]]] = {"size": [], "baseline": [], "certified": []}
    for job in jobs:
        record = by_key[job.key].record
        if record is not None:
            baseline = isinstance(job, SizeJob) and job.baseline
            kind = "baseline" if baseline else "size" if isinstance(job, SizeJob) else "certified"
            kinds[kind].append(record)
    return QuantizationOverhead(
        grid,
        tuple(kinds["size"]),
        tuple(kinds["baseline"]),
        tuple(kinds["certified"]),
        tuple((o.key, o.error or "") for o in sweep.failures),
        sweep.resumed,
        len(sweep.outcomes),
    )


def _int(row: Mapping[str, Value], name: str) -> int:
    return int(str(row[name]))


def digits_of(row: Mapping[str, Value]) -> float:
    """log2(1/ε) of a row.

    >>> digits_of({"error": "1/64"})
    6.0
    """
    return -log2(to_float(parse_rational(str(row["error"]))))
