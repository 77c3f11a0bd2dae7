"""Building and certifying candidates: every method that was asked for, the proved ones kept."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from bitproof.errors import NoDesignError
from bitproof.exact import Interval, Q
from bitproof.network import Measures, measure
from bitproof.pipeline.compile_request import Request
from bitproof.pipeline.results import CandidateRow
from bitproof.pipeline.rounded_activations import (
    LEAST_SHARE,
    rounding_costs,
    sample_inputs,
    smaller_tolerance,
    too_coarse,
    with_rounded_activations,
)

if TYPE_CHECKING:
    from bitproof.certify.verdict import Verdict
    from bitproof.construct.construction import Construction, Designs

Progress = Callable[[float, str], None]
ATTEMPTS = 5
# A candidate many times larger than a proved one is listed by its size, not certified.
WORTH_CERTIFYING = 8
# Fold matrices store the same path in wider weights: beyond these bits planning one takes seconds
# and the network is larger, so only `--method fold-matrix` asks for it.
FOLD_MATRIX_BITS = 6
# Strings take wider weights well, but planning for many formats takes a second or so each.
STRING_BITS = 10


@dataclass(frozen=True, slots=True)
class Candidate:
    """A construction with its sizes and, once certified, its verdict."""

    construction: Construction
    measures: Measures
    verdict: Verdict | None = None
    status: str = "not certified"

    def like(self, other: Candidate) -> bool:
        """Whether both are of the same method, format and sizes: one of them is enough."""
        first, second = self.construction, other.construction
        return (first.method, first.network.weight_format, self.measures) == (
            second.method,
            second.network.weight_format,
            other.measures,
        )

    def row(self, *, chosen: bool) -> CandidateRow:
        form = self.construction.network.weight_format
        upper = None if self.verdict is None else self.verdict.upper
        return CandidateRow(
            method=self.construction.method,
            weight_format="" if form is None else form.name,
            status=self.status,
            error_upper=upper,
            measures=self.measures,
            details=self.construction.details,
            chosen=chosen,
        )


@dataclass(slots=True)
class Stopwatch:
    """Time by stage."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start


def proved_candidates(
    request: Request, watch: Stopwatch, report: Progress
) -> tuple[list[Candidate], dict[str, str]]:
    """Candidates of every method that was asked for, certified; what a method without any says
    it would need."""
    candidates: list[Candidate] = []
    needs: dict[str, str] = {}
    hopeless = _too_coarse(request)
    if hopeless is not None:
        return [], {"activations": hopeless}
    methods = request.methods
    for position, method in enumerate(methods):
        base, share = 0.05 + 0.8 * position / len(methods), 0.8 / len(methods)
        best = _least_proved_bits(candidates, request)
        candidates += _method_candidates(
            request, method, best, needs, watch, part_of(report, base, share)
        )
    return candidates, needs


def _too_coarse(request: Request) -> str | None:
    """Why no network with the activations asked for has the error, where a few inputs tell."""
    if request.activations is None or request.inputs is None:
        return None
    points = sample_inputs(request.inputs, [request.domain])
    values = (request.target.enclose(Interval(x, x)) for (x,) in points)
    return too_coarse(request.activations, request.error, values)


def part_of(report: Progress, base: float, share: float) -> Progress:
    return lambda fraction, text: report(base + share * fraction, text)


def _method_candidates(
    request: Request,
    method: str,
    best: int | None,
    needs: dict[str, str],
    watch: Stopwatch,
    report: Progress,
) -> list[Candidate]:
    """One method's candidates. A rounding that overshoots is asked again for a smaller error.

    What the method says it would need goes into `needs`.
    """
    tolerance = request.error
    kept: list[Candidate] = []
    for attempt in range(ATTEMPTS):
        left = 0.25**attempt  # the first attempt, usually the last, takes most of the bar
        build, certify = (
            part_of(report, 1 - left, left / 2),
            part_of(report, 1 - left / 2, left / 4),
        )
        with watch.stage("build"):
            designs = _designs(request, method, tolerance, best, build)
        with watch.stage("certify"):
            constructions = _as_requested(request, designs.constructions)
            fresh = _certified(request, constructions, best, kept, certify)
        kept += fresh
        if designs.needed:
            needs[method] = designs.needed
        if any(c.status == "proved" for c in fresh):
            break
        overshoot = [c.verdict.lower for c in fresh if c.verdict is not None]
        if not overshoot:
            break
        tolerance = _smaller(tolerance, min(overshoot), request)
        if request.activations is not None and tolerance < request.error * LEAST_SHARE:
            needs[method] = rounding_costs(request.activations, min(overshoot))
            break
    return kept


def _smaller(tolerance: Fraction, reached: Fraction, request: Request) -> Fraction:
    """The tolerance to aim at next, `reached` being the error the last one led to."""
    if request.activations is not None:
        return smaller_tolerance(tolerance, reached, request.error)
    smaller = tolerance * min(Fraction(49, 50), request.error / max(reached, request.error))
    return smaller.limit_denominator(10**30)


def _as_requested(request: Request, constructions: Sequence[Construction]) -> list[Construction]:
    """The constructions with their activations rounded, where that was asked for."""
    form = request.activations
    if form is None or request.inputs is None:
        return list(constructions)
    return with_rounded_activations(constructions, request.inputs, form, request.domain)


def _designs(
    request: Request, method: str, tolerance: Fraction, best: int | None, report: Progress
) -> Designs:
    """A method's designs. A march or a matrix is not even built if it would be far larger
    than what is proved already (`best`, in bits)."""
    from bitproof.construct import (
        adaptive,
        chebyshev,
        fold_matrix,
        hierarchy,
        knot_sum,
        march,
        select_and_decode,
        walk,
    )
    from bitproof.construct.construction import Designs

    report(0.0, f"{method}: building")
    steps = itertools.count(1)

    def tell(text: str) -> None:
        report(1 - 0.8 ** next(steps), text)

    target, formats, count = request.target, request.formats, request.count
    depth, width = request.max_depth, request.max_width
    try:
        if method == "adaptive":
            return adaptive.designs(
                target,
                tolerance,
                formats,
                count=count,
                max_depth=depth,
                max_width=width,
                progress=tell,
            )
        if method == "knots":
            return knot_sum.designs(target, tolerance, formats, smoothness=request.smoothness)
        if method == "hierarchy":
            return hierarchy.designs(target, tolerance, formats, smoothness=request.smoothness)
        if method == "walk":
            return walk.designs(target, tolerance, formats)
        if method == "chebyshev":
            if request.method == "auto" and not chebyshev.applies(target, tolerance, formats):
                return Designs(())
            return chebyshev.designs(target, tolerance, formats)
        most = None if best is None or count == "paper" else WORTH_CERTIFYING * best
        builder = march.designs
        if method in ("fold-matrix", "select-and-decode"):
            # a quarter of the march's allowance: certifying a wide network takes longer
            most = None if most is None else most // 4
            matrix = method == "fold-matrix"
            builder = fold_matrix.designs if matrix else select_and_decode.designs
            if request.method == "auto":
                largest = FOLD_MATRIX_BITS if matrix else STRING_BITS
                formats = tuple(f for f in formats if isinstance(f, Q) and f.bits <= largest)
                if not formats:
                    return Designs(())
        return builder(
            target,
            tolerance,
            formats,
            count=count,
            max_depth=depth,
            max_width=width,
            max_bits=most,
            progress=tell,
        )
    except NoDesignError as error:
        # a method that only fits some functions is silent where it was not asked for
        silent = request.method == "auto" and method in ("chebyshev", "hierarchy")
        return Designs((), "" if silent else str(error))


def _certified(
    request: Request,
    constructions: Sequence[Construction],
    best: int | None,
    seen: Sequence[Candidate],
    report: Progress,
) -> list[Candidate]:
    """Candidates in order of memory; those far larger than a proved one are only listed."""
    known = {c.construction.network for c in seen}
    sized = [Candidate(c, measure(c.network)) for c in constructions if c.network not in known]
    sized.sort(key=lambda c: c.measures.bits(request.count))
    result: list[Candidate] = []
    for position, candidate in enumerate(sized):
        if any(candidate.like(other) for other in result if other.status == "proved"):
            continue
        bits = candidate.measures.bits(request.count)
        if not request.within_limits(candidate.measures):
            result.append(replace(candidate, status="over the limits"))
        elif best is not None and bits > WORTH_CERTIFYING * best:
            result.append(replace(candidate, status="not certified: far larger"))
        else:
            share = part_of(report, position / len(sized), 1 / len(sized))
            verdict = _verdict(request, candidate.construction, share)
            result.append(replace(candidate, verdict=verdict, status=verdict.status))
            if verdict.status == "proved":
                best = bits if best is None else min(best, bits)
    return result


def _verdict(request: Request, construction: Construction, report: Progress) -> Verdict:
    from bitproof.certify import certify_on_grid, certify_sup_error

    if request.inputs is not None:
        return certify_on_grid(
            construction.network,
            request.target,
            request.inputs,
            request.domain,
            error=request.error,
            progress=report,
        )
    return certify_sup_error(
        construction.network, request.target, request.domain, error=request.error, progress=report
    )


def _least_proved_bits(candidates: Sequence[Candidate], request: Request) -> int | None:
    return min(
        (c.measures.bits(request.count) for c in candidates if c.status == "proved"),
        default=None,
    )


def choose(candidates: Sequence[Candidate], request: Request) -> Candidate | None:
    """The least memory among the proved; ties go to the smaller depth, then width."""
    proved = [c for c in candidates if c.status == "proved"]
    return min(
        proved,
        key=lambda c: (
            c.measures.bits(request.count),
            c.measures.depth,
            c.measures.width,
        ),
        default=None,
    )
