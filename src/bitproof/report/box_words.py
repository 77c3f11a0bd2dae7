"""The sentences a result of several inputs is told in. All numbers are rounded outward."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bitproof.exact.rationals import write_decimal
from bitproof.report.words import exact_number, lower_bound, shortened, upper_bound

if TYPE_CHECKING:
    from bitproof.exact import Box
    from bitproof.exact.box import Point
    from bitproof.pipeline.boxes import BoxCertifyResult, BoxCompileResult


def everywhere_in(inputs: str, box: Box) -> str:
    """`for every real x in [0, 1] × [0, 1]`, or `for every Q1.6 input x in …`."""
    sides = (f"[{exact_number(s.lower)}, {exact_number(s.upper)}]" for s in box.sides)
    kind = "every real x" if inputs == "real" else f"every {inputs} input x"
    return f"for {kind} in {' × '.join(sides)}"


def counted(inputs: str) -> str:
    """What a proof counts: cells of the box, or inputs of a format."""
    return "cells" if inputs == "real" else "inputs"


def point_text(point: Point) -> str:
    """`(1/2, 3/4)`, long numbers shortened."""
    return f"({', '.join(shortened(exact_number(x), 24) for x in point)})"


def box_claim(result: BoxCompileResult) -> str:
    """What was proved, or promised, in one line; what would be needed without a design."""
    if result.network is None or result.verdict is None:
        return result.needed or "no design: nothing within the limits was proved"
    asked, where = exact_number(result.error), everywhere_in(result.inputs, result.domain)
    if result.status == "promised":
        lower = write_decimal(result.verdict.lower, 3, rounding="down")
        return (
            f"|f(x) − N(x)| ≤ {asked} {where} by the construction's theorem; not certified "
            f"({result.domain.dimension} inputs), the largest error sampled is {lower}"
        )
    assert result.verdict.upper is not None
    return f"|f(x) − N(x)| ≤ {upper_bound(result.verdict.upper, result.error)} ≤ {asked} {where}"


def box_certify_claim(result: BoxCertifyResult) -> str:
    """The verdict of `certify`, in one line."""
    verdict, at = result.verdict, f"at x = {point_text(result.verdict.witness)}"
    if verdict.status == "proved" and verdict.upper is not None:
        asked = "" if result.error is None else f" ≤ {exact_number(result.error)}"
        upper = upper_bound(verdict.upper, result.error, 6)
        return f"|f(x) − N(x)| ≤ {upper}{asked} {everywhere_in(result.inputs, result.domain)}"
    lower = lower_bound(verdict.lower, result.error, 6)
    if verdict.status == "refuted" and result.error is not None:
        return f"|f(x) − N(x)| ≥ {lower} > {exact_number(result.error)} {at}"
    upper = "unknown" if verdict.upper is None else upper_bound(verdict.upper, None, 6)
    return f"the sup error lies between {lower} (reached {at}) and {upper}"
