"""From a function of several inputs to the smallest proved network: build, certify, compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bitproof.exact import Box, FixedPoint, Interval, WeightFormat, write_decimal
from bitproof.pipeline.boxes.candidates import (
    ACCEPTED,
    BoxCandidate,
    box_candidates,
    choose_box,
)
from bitproof.pipeline.boxes.least_error import least_box_error
from bitproof.pipeline.boxes.request import BoxRequest, read_box_request
from bitproof.pipeline.boxes.results import BoxCompileResult
from bitproof.pipeline.boxes.verdicts import is_enumerated, proved_inputs
from bitproof.pipeline.candidates import Progress, Stopwatch, part_of
from bitproof.pipeline.folder import check_writable
from bitproof.pipeline.request import Number
from bitproof.pipeline.results import CompetitorRow

if TYPE_CHECKING:
    from bitproof.target import BoxTarget

SECONDS = 120.0


def compile_box(
    target: str | Path | BoxTarget,
    *,
    error: Number | None = None,
    domain: Box | Interval | Sequence[Number] | None = None,
    weight_bits: int | None = None,
    codebook: WeightFormat | str | None = None,
    inputs: str | FixedPoint = "real",
    activations: str | FixedPoint | None = None,
    method: str = "auto",
    memory: str = "dense",
    max_depth: int | None = None,
    max_width: int | None = None,
    memory_limit: int | None = None,
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
        error: the largest |f(x) - N(x)| allowed on the whole box. None: the least error within the
            limits is looked for, which have to be a memory, or a depth and a width.
        domain: the ends of the sides in turn; [0, 1]^d if it is None.
        inputs: `real`, or a fixed-point format such as Q1.6: then exactly its values count, one by
            one where there are at most 2^22.
        activations: round every layer's values to this fixed-point format, as integer hardware
            does; the proved error then includes every rounding. The inputs are values of `inputs`,
            or of the same format.
        interpolation: of a table: bilinear or simplicial.
        seconds: the time each certification may take.
        smoothness: 1 or 2, the derivatives the method `fixed` may use; all that are proved if None.
        weight_bits, codebook, method, memory, max_depth, max_width, memory_limit, out, force,
            progress: as for `compile`.

    Raises:
        InputError: something of the above is not understood or impossible.

    >>> result = compile_box("x1*x2", error="1/20", codebook="linear:2")
    >>> result.status, result.verdict.upper <= result.error
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
            activations,
            memory_limit,
        )
    building = part_of(report, 0.02, 0.85)
    if error is None:
        found = least_box_error(request, watch, building)
        request, candidates, reasons = found.request, found.candidates, found.remarks
    else:
        candidates, reasons = box_candidates(request, watch, building)
    remarks = [*_remarks(request), *reasons]
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


def _competitors(request: BoxRequest) -> tuple[CompetitorRow, ...]:
    """Tables of functions of two inputs, each proved within the error."""
    from bitproof.construct.box_tables import box_competitors

    return tuple(map(CompetitorRow.of, box_competitors(request.target, request.error)))


def _result(
    request: BoxRequest,
    candidates: Sequence[BoxCandidate],
    remarks: Sequence[str],
    competitors: tuple[CompetitorRow, ...],
    watch: Stopwatch,
) -> BoxCompileResult:
    chosen = choose_box(candidates, request)
    ordered = sorted(
        candidates,
        key=lambda c: (c.status not in ACCEPTED, c.measures.bits(request.count)),
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


def _needed(request: BoxRequest, candidates: Sequence[BoxCandidate], remarks: Sequence[str]) -> str:
    """Why there is no design."""
    asked = f"no design of error {write_decimal(request.error)}"
    undecided = [c.verdict for c in candidates if c.status == "undecided"]
    reasons = [getattr(verdict, "reason", "") for verdict in undecided if verdict is not None]
    if reasons:
        return f"{asked} could be proved: {reasons[0]}; allow more time or a larger error"
    if remarks:
        return f"{asked}: " + "; ".join(remarks)
    return f"{asked} within the limits; allow a larger error, more weight bits, depth or width"
