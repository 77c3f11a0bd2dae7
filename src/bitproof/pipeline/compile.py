"""From a target to the smallest proved network: build, certify, compare, write."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from bitproof.errors import NoDesignError
from bitproof.exact import FixedPoint, Interval, WeightFormat, write_decimal
from bitproof.network import Measures, measure
from bitproof.pipeline.folder import check_writable
from bitproof.pipeline.request import (
    COUNTS,
    METHODS,
    Number,
    clip_to_format,
    read_choice,
    read_domain,
    read_error,
    read_formats,
    read_inputs,
    read_target,
)
from bitproof.pipeline.results import CandidateRow, CompetitorRow, CompileResult

if TYPE_CHECKING:
    from bitproof.certify.verdict import Verdict
    from bitproof.construct.construction import Construction, Designs
    from bitproof.target.target import Target

Progress = Callable[[float, str], None]
ATTEMPTS = 5
# A candidate many times larger than a proved one is listed by its size, not certified.
WORTH_CERTIFYING = 8


@dataclass(frozen=True, slots=True)
class Request:
    """Everything `compile` was asked, read and checked."""

    target: Target
    domain: Interval
    inputs: FixedPoint | None
    activations: FixedPoint | None
    error: Fraction
    formats: tuple[WeightFormat, ...]
    method: str
    count: str
    max_depth: int | None
    max_width: int | None

    def within_limits(self, measures: Measures) -> bool:
        """Whether a network keeps the limits on depth and width."""
        deep = self.max_depth is not None and measures.depth > self.max_depth
        wide = self.max_width is not None and measures.width > self.max_width
        return not deep and not wide


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


def compile(  # noqa: A001  (the verb of the project)
    target: str | Path | Target | Callable[[Fraction], Fraction],
    *,
    error: Number,
    domain: Interval | Sequence[Number] | None = None,
    weight_bits: int | None = None,
    codebook: WeightFormat | str | None = None,
    inputs: str | FixedPoint = "real",
    activations: str | FixedPoint | None = None,
    method: str = "auto",
    memory: str = "dense",
    max_depth: int | None = None,
    max_width: int | None = None,
    lipschitz: Number | None = None,
    out: str | Path | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> CompileResult:
    """The smallest network of few-bit weights proved to be within `error` of `target`.

    Builds networks by every method that applies, certifies them, and keeps the one of least
    memory (in the count `memory`) within the limits. Nothing is random.

    Args:
        target: an expression in x, a path to a CSV table, a `Target`, or a callable from Fraction
            to Fraction (then `domain` and `lipschitz` are needed).
        error: the largest |f(x) - N(x)| allowed, over all real x in the domain (or all inputs of
            the format `inputs`).
        domain: the two ends; [0, 1] for expressions, the table's span for tables.
        weight_bits: every weight and bias in one Q(a, b) with a + b + 2 = weight_bits (default 4).
        codebook: instead: binary, ternary, linear:λ, or values separated by commas.
        inputs: `real`, or a fixed-point format such as Q0.12 (then exactly its values count).
        activations: round every layer's values to this fixed-point format, as integer hardware
            does; the proved error then includes every rounding. The inputs are values of `inputs`,
            or of the same format.
        method: auto, adaptive or march.
        memory: the count that is minimised: dense, nonzero or paper.
        max_depth, max_width: limits (see `bitproof.network.measures`).
        out: a folder for network, certificate, ONNX, C, golden vectors (`report` adds the page).
        force: write into a folder that is not empty.
        progress: called with a fraction in [0, 1] and a text.

    Returns:
        A result of status `proved`, or `no design` with what would be needed.

    Raises:
        InputError: something of the above is not understood or impossible.

    >>> result = compile("abs(x-1/2)", error="1/100", weight_bits=4)
    >>> result.status, result.verdict.upper <= Fraction(1, 100)
    ('proved', True)
    """
    watch = Stopwatch()
    report = progress or _silent
    folder = None if out is None else Path(out)
    if folder is not None:
        check_writable(folder, force=force)
    with watch.stage("read"):
        request = read_request(
            target,
            error,
            domain,
            weight_bits,
            codebook,
            inputs,
            activations,
            method,
            memory,
            max_depth,
            max_width,
            lipschitz,
        )
    report(0.02, "building networks")
    candidates, needs = _proved_candidates(request, watch, report)
    chosen = _choose(candidates, request)
    report(0.85, "competitors")
    with watch.stage("competitors"):
        competitors = _competitors(request)
    result = _result(request, candidates, needs, chosen, competitors, watch)
    if folder is not None and chosen is not None:
        from bitproof.pipeline.files import write_files

        report(0.9, "writing files")
        with watch.stage("export"):
            files, refusals = write_files(result, folder, force=force)
        result = replace(result, files=files, refusals=refusals)
    watch.seconds["total"] = sum(watch.seconds.values())
    report(1.0, "done")
    return result


def read_request(
    target: str | Path | Target | Callable[[Fraction], Fraction],
    error: Number,
    domain: Interval | Sequence[Number] | None,
    weight_bits: int | None,
    codebook: WeightFormat | str | None,
    inputs: str | FixedPoint,
    activations: str | FixedPoint | None,
    method: str,
    memory: str,
    max_depth: int | None,
    max_width: int | None,
    lipschitz: Number | None,
) -> Request:
    """Checks everything before any work is done."""
    wanted = read_error(error)
    formats = tuple(read_formats(weight_bits, codebook))
    chosen_method = read_choice(method, METHODS, "method")
    count = read_choice(memory, COUNTS, "memory count")
    rounding = None if activations is None else read_inputs(activations)
    form = read_inputs(inputs) or rounding
    interval = read_domain(domain)
    if form is not None and interval is None and not str(target).endswith(".csv"):
        interval = form.interval
    read = read_target(target, interval, lipschitz)
    interval = read.domain
    if form is not None:
        clip_to_format(interval, form)
    return Request(
        read, interval, form, rounding, wanted, formats, chosen_method, count, max_depth, max_width
    )


def _silent(_fraction: float, _text: str) -> None:
    """No progress wanted."""


def _proved_candidates(
    request: Request, watch: Stopwatch, report: Progress
) -> tuple[list[Candidate], dict[str, str]]:
    """Candidates of every method that was asked for, certified; what a method without any says
    it would need."""
    candidates: list[Candidate] = []
    needs: dict[str, str] = {}
    methods = ("adaptive", "march") if request.method == "auto" else (request.method,)
    for position, method in enumerate(methods):
        base, share = 0.05 + 0.8 * position / len(methods), 0.8 / len(methods)
        best = _least_proved_bits(candidates, request)
        candidates += _method_candidates(
            request, method, best, needs, watch, _part(report, base, share)
        )
    return candidates, needs


def _part(report: Progress, base: float, share: float) -> Progress:
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
        build, certify = _part(report, 1 - left, left / 2), _part(report, 1 - left / 2, left / 4)
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
        if request.activations is not None and tolerance < request.error / 8:
            needs[method] = (
                f"rounding to {request.activations.name} costs too much (error "
                f"{write_decimal(min(overshoot), 3)}); give the activations more integer or "
                "fraction bits"
            )
            break
    return kept


def _smaller(tolerance: Fraction, reached: Fraction, request: Request) -> Fraction:
    """The tolerance to aim at next, `reached` being the error the last one led to. Rounded
    activations add an error that does not shrink with it, so the excess is subtracted."""
    if request.activations is not None:
        return tolerance - max(reached - request.error, Fraction(0)) - request.error / 50
    smaller = tolerance * min(Fraction(49, 50), request.error / max(reached, request.error))
    return smaller.limit_denominator(10**30)


def _as_requested(request: Request, constructions: Sequence[Construction]) -> list[Construction]:
    """The constructions with their activations rounded, where that was asked for."""
    form = request.activations
    if form is None or request.inputs is None:
        return list(constructions)
    from bitproof.transform.rounding import round_activations

    return [
        replace(
            construction,
            network=round_activations(
                construction.network, request.inputs, form, request.domain
            ).network,
            claimed_error=None,
            details=(*construction.details, ("activations", form.name)),
        )
        for construction in constructions
    ]


def _designs(
    request: Request, method: str, tolerance: Fraction, best: int | None, report: Progress
) -> Designs:
    """A method's designs. A march is not even built if it would be far larger than what is proved
    already (`best`, in bits)."""
    from bitproof.construct import adaptive, march
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
        most = None if best is None or count == "paper" else WORTH_CERTIFYING * best
        return march.designs(
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
        return Designs((), str(error))


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
            share = _part(report, position / len(sized), 1 / len(sized))
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


def _choose(candidates: Sequence[Candidate], request: Request) -> Candidate | None:
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


def _competitors(request: Request) -> tuple[CompetitorRow, ...]:
    """Tables and, for smooth targets, a polynomial: each proved within the error over the reals."""
    from bitproof.construct.polynomials import polynomial_within
    from bitproof.construct.tables import competitors

    rows = [
        CompetitorRow(c.name, c.bits, c.error_upper, c.entries, c.description)
        for c in competitors(request.target, request.error)
    ]
    polynomial = polynomial_within(request.target, request.error)
    if polynomial is not None:
        degree = len(polynomial.coefficients) - 1
        rows.append(
            CompetitorRow(
                "polynomial",
                polynomial.bits,
                request.error,
                polynomial.terms,
                f"one polynomial of degree {degree} about {polynomial.centre}; full multipliers",
            )
        )
    return tuple(rows)


def _result(
    request: Request,
    candidates: Sequence[Candidate],
    needs: dict[str, str],
    chosen: Candidate | None,
    competitors: tuple[CompetitorRow, ...],
    watch: Stopwatch,
) -> CompileResult:
    ordered = sorted(
        candidates, key=lambda c: (c.status != "proved", c.measures.bits(request.count))
    )
    return CompileResult(
        status="no design" if chosen is None else "proved",
        target=request.target,
        domain=request.domain,
        inputs="real" if request.inputs is None else request.inputs.name,
        error=request.error,
        count=request.count,
        construction=None if chosen is None else chosen.construction,
        network=None if chosen is None else chosen.construction.network,
        measures=None if chosen is None else chosen.measures,
        verdict=None if chosen is None else chosen.verdict,
        candidates=tuple(c.row(chosen=c is chosen) for c in ordered),
        remarks=tuple(f"{method}: {text}" for method, text in needs.items()),
        competitors=competitors,
        needed="" if chosen is not None else _needed(request, candidates, needs),
        seconds=watch.seconds,
    )


def _needed(request: Request, candidates: Sequence[Candidate], needs: dict[str, str]) -> str:
    """Why there is no design, and what would be needed for one."""
    asked = f"no design of error {write_decimal(request.error)}"
    if needs:
        return f"{asked}: " + "; ".join(f"{method}: {text}" for method, text in needs.items())
    if any(c.verdict is not None for c in candidates):
        return f"{asked} could be proved; ask for a larger error or more weight bits"
    return f"{asked} in this weight format; allow more weight bits, depth or width"
