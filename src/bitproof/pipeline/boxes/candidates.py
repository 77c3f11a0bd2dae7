"""Building and certifying candidates of several inputs: every method asked for, the proved kept."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from bitproof.errors import BitproofError
from bitproof.network import Measures, measure
from bitproof.pipeline.boxes.methods import METHODS, ON_REQUEST, method_of
from bitproof.pipeline.boxes.request import BoxRequest
from bitproof.pipeline.boxes.verdicts import box_verdict, is_certified
from bitproof.pipeline.candidates import WORTH_CERTIFYING, Progress, Stopwatch, part_of
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
    from bitproof.certify.boxes import BoxVerdict
    from bitproof.construct.construction import Construction

ATTEMPTS = 3
ATTEMPTS_ROUNDED = 5
ACCEPTED = ("proved", "promised")


@dataclass(frozen=True, slots=True)
class BoxCandidate:
    """A construction with its sizes and, once certified, its verdict."""

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


def box_candidates(
    request: BoxRequest, watch: Stopwatch, report: Progress
) -> tuple[list[BoxCandidate], list[str]]:
    """Candidates of every method that was asked for, certified; and why a method offers nothing."""
    candidates: list[BoxCandidate] = []
    remarks: list[str] = []
    hopeless = _too_coarse(request)
    if hopeless is not None:
        return [], [f"activations: {hopeless}"]
    automatic = [name for name in METHODS if name not in ON_REQUEST]
    names = automatic if request.method == "auto" else [request.method]
    for position, name in enumerate(names):
        share = part_of(report, position / len(names), 1 / len(names))
        candidates += _candidates(request, name, candidates, remarks, watch, share)
    return candidates, remarks


def _too_coarse(request: BoxRequest) -> str | None:
    """Why no network with the activations asked for has the error, where a few inputs tell."""
    if request.activations is None or request.inputs is None:
        return None
    points = sample_inputs(request.inputs, request.target.domain.sides)
    return too_coarse(request.activations, request.error, map(request.target.at, points))


def choose_box(candidates: Sequence[BoxCandidate], request: BoxRequest) -> BoxCandidate | None:
    """The least memory among the proved; only where there is none, among the promised."""
    return min(
        (c for c in candidates if c.status in ACCEPTED),
        key=lambda c: (
            c.status != "proved",
            c.measures.bits(request.count),
            c.measures.depth,
            c.measures.width,
        ),
        default=None,
    )


def _candidates(
    request: BoxRequest,
    name: str,
    before: Sequence[BoxCandidate],
    remarks: list[str],
    watch: Stopwatch,
    report: Progress,
) -> list[BoxCandidate]:
    """A method's candidates, certified; one that overshoots is asked again for a smaller error."""
    tolerance, kept = request.error, list[BoxCandidate]()
    form = request.activations
    for attempt in range(ATTEMPTS if form is None else ATTEMPTS_ROUNDED):
        start = 1 - 0.5**attempt
        steps = itertools.count(1)
        building = part_of(report, start, 0.25 * 0.5**attempt)
        with watch.stage("build"):
            try:
                largest = None if form is None else form.interval.upper
                make = method_of(name, request.smoothness, largest)
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
            made = _as_requested(request, designs.constructions)
            fresh = _certified(request, made, best, proving)
        kept += fresh
        if not any(c.status == "refuted" for c in fresh) or any(
            c.status in ACCEPTED for c in fresh
        ):
            break
        reached = [c.verdict.lower for c in fresh if c.verdict is not None]
        if form is None:
            factor = request.error / max(*reached, request.error)
            tolerance = (tolerance * min(Fraction(24, 25), factor)).limit_denominator(10**12)
            continue
        tolerance = smaller_tolerance(tolerance, min(reached), request.error)
        if tolerance < request.error * LEAST_SHARE:
            remarks.append(f"{name}: {rounding_costs(form, min(reached))}")
            break
    return kept


def _as_requested(
    request: BoxRequest, constructions: Sequence[Construction]
) -> Sequence[Construction]:
    """The constructions with their activations rounded, where that was asked for."""
    form = request.activations
    if form is None or request.inputs is None:
        return constructions
    domain = request.target.domain
    return with_rounded_activations(constructions, request.inputs, form, domain)


def _least(candidates: Sequence[BoxCandidate], request: BoxRequest) -> int | None:
    proved = (c for c in candidates if c.status in ACCEPTED)
    return min((c.measures.bits(request.count) for c in proved), default=None)


def _certified(
    request: BoxRequest,
    constructions: Sequence[Construction],
    best: int | None,
    report: Progress,
) -> list[BoxCandidate]:
    """Candidates in order of memory; those far larger than a proved one are only listed."""
    sized = [BoxCandidate(c, measure(c.network)) for c in constructions]
    sized.sort(key=lambda c: c.measures.bits(request.count))
    result: list[BoxCandidate] = []
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
            if status in ACCEPTED:
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
