"""From a target to the smallest proved network: build, certify, compare, write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from bitproof.exact import FixedPoint, Interval, WeightFormat, write_decimal
from bitproof.pipeline.candidates import (
    Candidate,
    Progress,
    Stopwatch,
    choose,
    part_of,
    proved_candidates,
)
from bitproof.pipeline.compile_request import Request, read_request
from bitproof.pipeline.folder import check_writable
from bitproof.pipeline.least_error import least_error
from bitproof.pipeline.request import Number
from bitproof.pipeline.results import CompetitorRow, CompileResult

if TYPE_CHECKING:
    from bitproof.target.target import Target


def compile(  # noqa: A001  (the verb of the project)
    target: str | Path | Target | Callable[[Fraction], Fraction],
    *,
    error: Number | None = None,
    domain: Interval | Sequence[Number] | None = None,
    weight_bits: int | None = None,
    codebook: WeightFormat | str | None = None,
    inputs: str | FixedPoint = "real",
    activations: str | FixedPoint | None = None,
    method: str = "auto",
    memory: str = "dense",
    max_depth: int | None = None,
    max_width: int | None = None,
    memory_limit: int | None = None,
    structure: str = "any",
    smoothness: int | None = None,
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
            the format `inputs`). None: the least error within the limits is looked for, which
            have to be a memory, or a depth and a width.
        domain: the two ends; [0, 1] for expressions, the table's span for tables.
        weight_bits: every weight and bias in one Q(a, b) with a + b + 2 = weight_bits (default 4).
        codebook: instead: binary, ternary, linear:λ, nested:λ, midrise:λ, or values separated by
            commas.
        inputs: `real`, or a fixed-point format such as Q0.12 (then exactly its values count).
        activations: round every layer's values to this fixed-point format, as integer hardware
            does; the proved error then includes every rounding. The inputs are values of `inputs`,
            or of the same format.
        method: auto, adaptive, fold-matrix, select-and-decode, march, knots, walk or
            chebyshev.
        memory: the count that is minimised: dense, nonzero or paper.
        max_depth, max_width: limits (see `bitproof.network.measures`).
        memory_limit: the same for bits, in the count `memory`.
        structure: `fixed`: edges that are the same for every function of a class (its derivatives'
            bounds, domain and error), only the weights' values differ; `free`: edges chosen for
            the function; `any`.
        smoothness: n, the derivatives a fixed structure may use; None to try all.
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
            memory_limit,
            structure,
            smoothness,
        )
    if error is None:
        found = least_error(request, watch, part_of(report, 0.02, 0.8))
        request, candidates, needs = found.request, found.candidates, found.needs
    else:
        report(0.02, "building networks")
        candidates, needs = proved_candidates(request, watch, report)
    chosen = choose(candidates, request)
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


def _silent(_fraction: float, _text: str) -> None:
    """No progress wanted."""


def _competitors(request: Request) -> tuple[CompetitorRow, ...]:
    """Tables and, for smooth targets, a polynomial: each proved within the error over the reals."""
    from bitproof.construct.polynomials import polynomial_within
    from bitproof.construct.tables import competitors

    rows = [CompetitorRow.of(table) for table in competitors(request.target, request.error)]
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
        _distinct(candidates), key=lambda c: (c.status != "proved", c.measures.bits(request.count))
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


def _distinct(candidates: Sequence[Candidate]) -> list[Candidate]:
    """One of those that a reader could not tell apart."""
    kept: list[Candidate] = []
    for candidate in candidates:
        if not any(candidate.status == other.status and candidate.like(other) for other in kept):
            kept.append(candidate)
    return kept


def _needed(request: Request, candidates: Sequence[Candidate], needs: dict[str, str]) -> str:
    """Why there is no design, and what would be needed for one."""
    asked = f"no design of error {write_decimal(request.error)}"
    if needs:
        return f"{asked}: " + "; ".join(f"{method}: {text}" for method, text in needs.items())
    if any(c.verdict is not None for c in candidates):
        return f"{asked} could be proved; ask for a larger error or more weight bits"
    return f"{asked} in this weight format; allow more weight bits, depth or width"
