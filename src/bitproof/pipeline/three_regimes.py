"""The paper's three regimes from certified errors: the grid, its jobs, what comes of them.

For every width, depth and precision of a grid the best promised network of R_b^a(W, L) is built for
worst-case functions and its error is certified; beside it stand the lower bounds. A second series
builds networks for a row of errors and gives their κ = error · bits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from bitproof.construct.class_method import Budget
from bitproof.construct.lipschitz_builder import (
    FOUR_VALUES,
    METHODS,
    OPEN_BITS,
    best_promises,
    finest,
    lightest,
)
from bitproof.construct.march_class import Family
from bitproof.construct.promise import Promise
from bitproof.errors import NoDesignError
from bitproof.exact import Interval, Q, WeightFormat, parse_codebook
from bitproof.exact.rationals import parse_rational, write_rational
from bitproof.pipeline.sweep import Job, Record, Sweep, Value
from bitproof.theory.planner import Question, class_bounds
from bitproof.theory.regimes import Regime, Regimes

ONE = Fraction(1)
UNIT, SPAN = Interval(Fraction(0), ONE), Interval(-ONE, ONE)
NAME = "three regimes"
OF_THE_NETWORK = (
    *("method", "weights_in", "path", "width", "depth", "dense_weights", "nonzero_weights"),
    *("certified_upper", "attained_lower", "status"),
)


@dataclass(frozen=True, slots=True)
class Grid:
    """What is built.

    Attributes:
        widths, depths, bits: W, L and b of the classes R_b^a(W, L).
        a: integer bits.
        powers: κ is taken for the errors 2^-k.
        march_power: the largest k for marches, whose depth is of the order of 2^k.
        paths: kinds of worst-case functions.
    """

    widths: tuple[int, ...]
    depths: tuple[int, ...]
    bits: tuple[int, ...]
    powers: tuple[int, ...]
    paths: tuple[str, ...] = ("random", "adversarial")
    a: int = 1
    march_power: int = 10


QUICK = Grid(
    (8, 16, 32),
    (2, 4, 8, 12, 24, 48),
    (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 40),
    (4, 6, 8, 10, 12, 13),
)
FULL = Grid(
    (2, 3, 4, 6, 8, 16, 32, 64),
    (2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256),
    (*range(1, 17), 20, 24, 32, 40),
    (4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16),
    ("random", "persistent", "adversarial"),
    march_power=14,
)


@dataclass(frozen=True, slots=True)
class Place:
    """A class R_b^a(W, L) with its bounds.

    Attributes:
        lower, binding: what no network of the class beats, and which bound says so.
        promise: the best promised network; None where nothing is promised.
    """

    width: int
    depth: int
    a: int
    b: int
    regime: Regime
    lower: Fraction
    binding: str
    promise: Promise | None


@dataclass(frozen=True, slots=True)
class NetworkJob(Job):
    """Builds and certifies one promised network for one worst-case function.

    Attributes:
        method, form, promised: of the promise: who makes it, in which format, its error.
        path, seed: the function.
        width, depth: the budget, where the error is to be least; else
        error: what is to be promised with least memory.
    """

    method: str
    form: WeightFormat
    promised: Fraction
    path: str
    seed: int = 1
    width: int | None = None
    depth: int | None = None
    error: Fraction | None = None

    @property
    def key(self) -> str:
        goal = f"W={self.width} L={self.depth}"
        if self.error is not None:
            goal = f"error {write_rational(self.error)}"
        return (
            f"{self.method} {self.form.name} {goal}, promised {write_rational(self.promised)}, "
            f"{self.path} {self.seed}"
        )

    def promise(self) -> Promise:
        """What is promised.

        Raises:
            NoDesignError: something else.
        """
        method = next(method for method in METHODS if method.name == self.method)
        budget = Budget(self.width, self.depth)
        family = Family(UNIT, SPAN, ONE)
        if self.error is None:
            found = finest(method, family, self.form, budget)
        else:
            found = lightest(method, family, self.form, self.error, budget)
        if found is None or found.error != self.promised:
            raise NoDesignError(f"no longer promised: {self.key}", remedy="plan again")
        return found

    def run(self) -> Record:
        """The sizes, the promised and the certified error."""
        from bitproof.certify.one_dimension import certify_sup_error
        from bitproof.network import measure
        from bitproof.pipeline.three_regimes_paths import worst_case

        promise = self.promise()
        target = worst_case(self.path, promise, self.seed)
        network = promise.build(target).network
        verdict = certify_sup_error(network, target, target.domain, error=promise.error)
        sizes = measure(network)
        return {
            "method": self.method,
            "weights_in": self.form.name,
            "path": self.path,
            "seed": self.seed,
            "width": sizes.width,
            "depth": sizes.depth,
            "dense_weights": sizes.dense_weights,
            "dense_bits": sizes.dense_bits,
            "nonzero_weights": sizes.weights,
            "nonzero_bits": sizes.nonzero_bits,
            "promised_error": write_rational(promise.error),
            "certified_upper": None if verdict.upper is None else write_rational(verdict.upper),
            "attained_lower": write_rational(verdict.lower),
            "status": verdict.status,
        }


def places(grid: Grid) -> list[Place]:
    """The classes of the grid with their bounds and best promises."""
    found = list[Place]()
    forms = [Q(grid.a, b) for b in grid.bits]
    for width in grid.widths:
        question = Question(UNIT, SPAN, ONE, width=width, depth=max(grid.depths))
        best = best_promises(question, width, grid.depths, forms)
        for depth in grid.depths:
            regimes = Regimes(width, depth, grid.a)
            for form in forms:
                bounds = class_bounds(question, width, depth, form)
                found.append(
                    Place(
                        width,
                        depth,
                        grid.a,
                        form.b,
                        regimes.of(form.b),
                        bounds.best,
                        bounds.binding,
                        best[form, depth],
                    )
                )
    return found


def regime_jobs(grid: Grid, found: Iterable[Place]) -> dict[tuple[Place, str], NetworkJob]:
    """For every class and path the job whose network serves it; classes may share one."""
    return {
        (place, path): NetworkJob(
            place.promise.method,
            place.promise.form,
            place.promise.error,
            path,
            width=place.width,
            depth=place.depth,
        )
        for place in found
        if place.promise is not None
        for path in grid.paths
    }


def memory_jobs(grid: Grid) -> list[NetworkJob]:
    """For every method and format networks of the errors 2^-k, where they are promised."""
    forms = [parse_codebook(FOUR_VALUES), *(Q(bits - 3, 1) for bits in OPEN_BITS)]
    jobs = list[NetworkJob]()
    family = Family(UNIT, SPAN, ONE)
    for method, form, power in product(METHODS, forms, grid.powers):
        if form not in method.formats(form):
            continue
        error = Fraction(1, 1 << power)
        found = lightest(method, family, form, error, Budget())
        if found is None or (found.method == "march" and power > grid.march_power):
            continue
        jobs += [
            NetworkJob(method.name, form, found.error, path, error=error) for path in grid.paths
        ]
    return jobs


@dataclass(frozen=True, slots=True)
class ThreeRegimes:
    """What a sweep of a grid has found.

    Attributes:
        regimes: a row for every class, with what its networks were certified to.
        memory: a row for every network of the second series.
        failures: keys and what was wrong.
        resumed, jobs: how many networks were in the journal before, and in all.
    """

    grid: Grid
    regimes: tuple[Mapping[str, Value], ...]
    memory: tuple[Mapping[str, Value], ...]
    failures: tuple[tuple[str, str], ...]
    resumed: int
    jobs: int

    @property
    def worst_gap(self) -> float | None:
        """The largest promised error over the lower bound where the regime is proper."""
        gaps = [
            float(row["gap"])
            for row in self.regimes
            if row["regime"] == Regime.PROPER.value and row["gap"] is not None
        ]
        return max(gaps, default=None)

    def typical_kappa(self, row: Mapping[str, Value]) -> Value:
        """κ of the non-zero weights, for the same promise on a random path: on the regular paths of
        the adversary few weights differ from 0."""
        same = ("method", "weights_in", "promised_error")
        for other in self.memory:
            if other["path"] == "random" and all(other[name] == row[name] for name in same):
                return other["kappa_nonzero"]
        return row["kappa_nonzero"]

    @property
    def all_proved(self) -> bool:
        """Whether no network failed and every promise is proved for its function."""
        rows = [*self.regimes, *self.memory]
        return not self.failures and all(row["status"] in ("proved", None) for row in rows)

    def to_dict(self) -> dict[str, object]:
        return {
            "regimes": [dict(row) for row in self.regimes],
            "memory": [dict(row) for row in self.memory],
            "failures": dict(self.failures),
            "worst_gap_proper": self.worst_gap,
            "networks": self.jobs,
            "resumed": self.resumed,
        }


def all_jobs(
    by_place: Mapping[tuple[Place, str], NetworkJob], memory: Sequence[NetworkJob]
) -> list[NetworkJob]:
    """Every network once, small ones first."""
    jobs = list(dict.fromkeys([*by_place.values(), *memory]))
    return sorted(jobs, key=lambda job: (job.width or 0) ** 2 * (job.depth or 0))


def assembled(
    grid: Grid,
    found: Sequence[Place],
    by_place: Mapping[tuple[Place, str], NetworkJob],
    memory: Sequence[NetworkJob],
    sweep: Sweep,
) -> ThreeRegimes:
    """The rows, from the outcomes of the jobs."""
    records = {o.key: o.record for o in sweep.outcomes if o.record is not None}
    rows = list[Mapping[str, Value]]()
    for place in found:
        if place.promise is None:
            rows.append(_place_row(place, None))
        for path in grid.paths if place.promise is not None else ():
            rows.append(_place_row(place, records.get(by_place[place, path].key)))
    return ThreeRegimes(
        grid,
        tuple(rows),
        tuple(_memory_row(records[job.key]) for job in memory if job.key in records),
        tuple((o.key, o.error or "") for o in sweep.failures),
        sweep.resumed,
        len(sweep.outcomes),
    )


def _place_row(place: Place, record: Mapping[str, Value] | None) -> Record:
    promise = place.promise
    row: Record = {
        "W": place.width,
        "L": place.depth,
        "a": place.a,
        "b": place.b,
        "regime": place.regime.value,
        "lower_bound": write_rational(place.lower),
        "lower_bound_by": place.binding,
        "promised_error": None if promise is None else write_rational(promise.error),
        "gap": None if promise is None else round(float(promise.error / place.lower), 3),
    }
    return row | {name: None if record is None else record[name] for name in OF_THE_NETWORK}


def _memory_row(record: Mapping[str, Value]) -> Record:
    promised = parse_rational(str(record["promised_error"]))
    attained = parse_rational(str(record["attained_lower"]))
    bits, nonzero = int(str(record["dense_bits"])), int(str(record["nonzero_bits"]))
    return dict(record) | {
        "kappa_promised": round(float(promised * bits), 4),
        "kappa_attained": round(float(attained * bits), 4),
        "kappa_nonzero": round(float(promised * nonzero), 4),
    }
