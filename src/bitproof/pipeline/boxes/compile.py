"""From a function of several inputs to the smallest proved network: build, certify, compare."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from bitproof.errors import BitproofError
from bitproof.exact import Box, FixedPoint, Interval, WeightFormat, write_decimal
from bitproof.network import Measures, measure
from bitproof.pipeline.boxes.methods import METHODS, ON_REQUEST, fixed
from bitproof.pipeline.boxes.request import BoxRequest, read_box_request
from bitproof.pipeline.boxes.results import BoxCompileResult
from bitproof.pipeline.boxes.verdicts import box_verdict, is_certified, is_enumerated, proved_inputs
from bitproof.pipeline.candidates import WORTH_CERTIFYING, Progress, Stopwatch, part_of
from bitproof.pipeline.folder import check_writable
from bitproof.pipeline.request import Number
from bitproof.pipeline.results import CandidateRow, CompetitorRow

if TYPE_CHECKING:
    from bitproof.certify.boxes import BoxVerdict
    from bitproof.construct.construction import Construction
    from bitproof.target import BoxTarget

ATTEMPTS = 3
SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class _Candidate:
    construction: Construction
    measures: Measures
    verdict: BoxVerdict | None = None
    status: str = "not certified"

    def row(self, *, chosen: bool) -> CandidateRow:
        form = self.construction.network.weight_format
        return CandidateRow(
            method=self.construction.method,
            weight_format="" if form is None else form.name,
            status=self.status,
            error_upper=self.upper,
            measures=self.measures,
            details=self.construction.details,
            chosen=chosen,
        )

    @property
    def upper(self) -> Fraction | None:
        """The proved error, or where none can be proved the promised one."""
        if self.status == "promised":
            return self.construction.claimed_error
        return None if self.verdict is None else self.verdict.upper


def compile_box(
    target: str | Path | BoxTarget,
    *,
    error: Number,
    domain: Box | Interval | Sequence[Number] | None = None,
    weight_bits: int | None = None,
    codebook: WeightFormat | str | None = None,
    inputs: str | FixedPoint = "real",
    method: str = "auto",
    memory: str = "dense",
    max_depth: int | None = None,
    max_width: int | None = None,
    interpolation: str | None = None,
    seconds: float = SECONDS,
    smoothness: int | None = None,
    out: str | Path | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> BoxCompileResult:
    """The smallest network of few-bit weights proved to be within `error` of a function of several
    inputs; what `compile` does for x1, x2, ….

    Args:
        target: an expression in x1, …, xd, a CSV table on a grid, or a `BoxTarget`.
        error: the largest |f(x) - N(x)| allowed on the whole box.
        domain: the ends of the sides in turn; [0, 1]^d if it is None.
        inputs: `real`, or a fixed-point format such as Q1.6: then exactly its values count, one by
            one where there are at most 2^22.
        interpolation: of a table: bilinear or simplicial.
        seconds: the time each certification may take.
        smoothness: 1 or 2, the derivatives the method `fixed` may use; all that are proved if None.
        weight_bits, codebook, method, memory, max_depth, max_width, out, force, progress: as for
            `compile`.

    Raises:
        InputError: something of the above is not understood or impossible.

    >>> result = compile_box("x1*x2", error="1/20", codebook="linear:2")
    >>> result.status, result.verdict.upper <= Fraction(1, 20)
    ('proved', True)
    """
    watch = Stopwatch()
    report = progress or _silent
    if out is not None:
        check_writable(Path(out), force=force)
    with watch.stage("read"):
        request = read_box_request(
            target,
            error,
            domain,
            weight_bits,
            codebook,
            method,
            memory,
            max_depth,
            max_width,
            interpolation,
            seconds,
            smoothness,
            inputs,
        )
    candidates: list[_Candidate] = []
    remarks = _remarks(request)
    automatic = [name for name in METHODS if name not in ON_REQUEST]
    names = automatic if request.method == "auto" else [request.method]
    for position, name in enumerate(names):
        share = part_of(report, 0.02 + 0.85 * position / len(names), 0.85 / len(names))
        candidates += _candidates(request, name, candidates, remarks, watch, share)
    report(0.87, "competitors")
    with watch.stage("competitors"):
        competitors = _competitors(request)
    result = _result(request, candidates, remarks, competitors, watch)
    if out is not None and result.network is not None:
        from bitproof.pipeline.boxes.files import write_box_files

        report(0.9, "writing files")
        with watch.stage("export"):
            files, refusals = write_box_files(result, Path(out), force=force)
        result = replace(result, files=files, refusals=refusals)
    watch.seconds["total"] = sum(watch.seconds.values())
    report(1.0, "done")
    return result


def _silent(_fraction: float, _text: str) -> None:
    """No progress wanted."""


def _remarks(request: BoxRequest) -> list[str]:
    """What is to be said before anything is built."""
    form = request.inputs
    if form is None or is_enumerated(request.target, form):
        return []
    return [f"too many inputs of {form.name} to try them all: proved for all real inputs instead"]


def _candidates(
    request: BoxRequest,
    name: str,
    before: Sequence[_Candidate],
    remarks: list[str],
    watch: Stopwatch,
    report: Progress,
) -> list[_Candidate]:
    """A method's candidates, certified; one that overshoots is asked again for a smaller error."""
    tolerance, kept = request.error, list[_Candidate]()
    for attempt in range(ATTEMPTS):
        start = 1 - 0.5**attempt
        steps = itertools.count(1)
        building = part_of(report, start, 0.25 * 0.5**attempt)
        with watch.stage("build"):
            try:
                make = fixed(request.smoothness) if name == "fixed" else METHODS[name]
                designs = make(
                    request.target,
                    tolerance,
                    request.formats,
                    request.count,
                    lambda text, tell=building, n=steps: tell(1 - 0.8 ** next(n), text),  # type: ignore[misc]
                )
            except BitproofError as problem:
                remarks.append(f"{name}: {problem}")
                break
        if designs.needed:
            remarks.append(f"{name}: {designs.needed}")
        proving = part_of(report, start + 0.25 * 0.5**attempt, 0.25 * 0.5**attempt)
        with watch.stage("certify"):
            best = _least([*before, *kept], request)
            fresh = _certified(request, designs.constructions, best, proving)
        kept += fresh
        if not any(c.status == "refuted" for c in fresh) or any(
            c.status in ("proved", "promised") for c in fresh
        ):
            break
        reached = [c.verdict.lower for c in fresh if c.verdict is not None]
        factor = request.error / max(*reached, request.error) if reached else Fraction(1)
        tolerance = (tolerance * min(Fraction(24, 25), factor)).limit_denominator(10**12)
    return kept


def _least(candidates: Sequence[_Candidate], request: BoxRequest) -> int | None:
    proved = (c for c in candidates if c.status in ("proved", "promised"))
    return min((c.measures.bits(request.count) for c in proved), default=None)


def _certified(
    request: BoxRequest,
    constructions: Sequence[Construction],
    best: int | None,
    report: Progress,
) -> list[_Candidate]:
    """Candidates in order of memory; those far larger than a proved one are only listed."""
    sized = [_Candidate(c, measure(c.network)) for c in constructions]
    sized.sort(key=lambda c: c.measures.bits(request.count))
    result: list[_Candidate] = []
    for position, candidate in enumerate(sized):
        bits = candidate.measures.bits(request.count)
        if not request.within_limits(candidate.measures):
            result.append(replace(candidate, status="over the limits"))
        elif best is not None and bits > WORTH_CERTIFYING * best:
            result.append(replace(candidate, status="not certified: far larger"))
        elif best is not None and result and request.method == "auto" and bits > best:
            result.append(replace(candidate, status="not certified: larger"))
        else:
            share = part_of(report, position / len(sized), 1 / len(sized))
            verdict = _verdict(request, candidate.construction, share)
            status = _status(request, candidate.construction, verdict)
            result.append(replace(candidate, verdict=verdict, status=status))
            if status in ("proved", "promised"):
                best = bits if best is None else min(best, bits)
    return result


def _verdict(request: BoxRequest, construction: Construction, report: Progress) -> BoxVerdict:
    return box_verdict(
        construction.network,
        request.target,
        request.inputs,
        request.error,
        request.seconds * _patience(request, construction),
        report,
    )


def _patience(request: BoxRequest, construction: Construction) -> float:
    """The part of the time for one network: where a theorem speaks already, not all of it."""
    claimed = construction.claimed_error
    return 0.25 if claimed is not None and claimed <= request.error else 1.0


def _status(request: BoxRequest, construction: Construction, verdict: BoxVerdict) -> str:
    """`promised` where only the construction's theorem speaks: beyond three inputs, or where the
    certifier ran out of time; and nothing was found against it."""
    claimed = construction.claimed_error
    certified = is_certified(request.target, request.inputs)
    decided = certified and verdict.status != "undecided"
    if decided or verdict.lower > request.error:
        return verdict.status
    return "promised" if claimed is not None and claimed <= request.error else verdict.status


def _competitors(request: BoxRequest) -> tuple[CompetitorRow, ...]:
    """Tables of functions of two inputs, each proved within the error."""
    from bitproof.construct.box_tables import box_competitors

    return tuple(map(CompetitorRow.of, box_competitors(request.target, request.error)))


def _result(
    request: BoxRequest,
    candidates: Sequence[_Candidate],
    remarks: Sequence[str],
    competitors: tuple[CompetitorRow, ...],
    watch: Stopwatch,
) -> BoxCompileResult:
    accepted = [c for c in candidates if c.status in ("proved", "promised")]
    chosen = min(
        accepted,
        key=lambda c: (
            c.status != "proved",
            c.measures.bits(request.count),
            c.measures.depth,
            c.measures.width,
        ),
        default=None,
    )
    ordered = sorted(
        candidates,
        key=lambda c: (c.status not in ("proved", "promised"), c.measures.bits(request.count)),
    )
    return BoxCompileResult(
        status="no design" if chosen is None else chosen.status,
        target=request.target,
        domain=request.target.domain,
        inputs=proved_inputs(request.target, request.inputs),
        error=request.error,
        count=request.count,
        construction=None if chosen is None else chosen.construction,
        network=None if chosen is None else chosen.construction.network,
        measures=None if chosen is None else chosen.measures,
        verdict=None if chosen is None else chosen.verdict,
        candidates=tuple(c.row(chosen=c is chosen) for c in ordered),
        competitors=competitors,
        remarks=tuple(remarks),
        needed="" if chosen is not None else _needed(request, candidates, remarks),
        seconds=watch.seconds,
    )


def _needed(request: BoxRequest, candidates: Sequence[_Candidate], remarks: Sequence[str]) -> str:
    """Why there is no design."""
    asked = f"no design of error {write_decimal(request.error)}"
    undecided = [c.verdict for c in candidates if c.status == "undecided"]
    reasons = [getattr(verdict, "reason", "") for verdict in undecided if verdict is not None]
    if reasons:
        return f"{asked} could be proved: {reasons[0]}; allow more time or a larger error"
    if remarks:
        return f"{asked}: " + "; ".join(remarks)
    return f"{asked} within the limits; allow a larger error, more weight bits, depth or width"
