"""Results of several inputs as rich text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from bitproof.exact.rationals import write_decimal
from bitproof.report.box_words import box_certify_claim, box_claim, counted, point_text
from bitproof.report.text import facts_grid, outcome_text, verdict_line, verdict_text
from bitproof.report.words import bits_text

if TYPE_CHECKING:
    from bitproof.pipeline.boxes import BoxCertifyResult, BoxCompileResult


def box_compile_summary(result: BoxCompileResult, *, brief: bool = False) -> RenderableType:
    """What `bitproof compile` prints for several inputs. `brief`: the verdict line only."""
    head = verdict_line(result.status, box_claim(result))
    if brief:
        return head
    facts, verdict = facts_grid(result, result.target.text), result.verdict
    if verdict is not None and verdict.upper is not None:
        lower = write_decimal(verdict.lower, 4, rounding="down")
        reached = f"the error really reaches {lower}, at x = {point_text(verdict.witness)}"
        facts.add_row("", Text(f"{reached}; {bits_text(verdict.cells)} {counted(result.inputs)}"))
    return outcome_text(head, facts, result, "error")


def box_certify_summary(result: BoxCertifyResult, *, brief: bool = False) -> RenderableType:
    """What `bitproof certify` prints for several inputs."""
    head = verdict_line(result.status, box_certify_claim(result))
    if brief:
        return head
    verdict = result.verdict
    witness = Text(point_text(verdict.witness))
    return verdict_text(head, result, result.target.text, witness, verdict.cells)
