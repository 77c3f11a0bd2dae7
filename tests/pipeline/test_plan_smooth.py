"""Plans for Sobolev balls are consistent with what is built and with the bounds."""

from fractions import Fraction

import pytest

from bitproof.construct.envelope_plan import plan_envelope
from bitproof.construct.switched_rows_plan import plan_switched_rows
from bitproof.errors import InputError
from bitproof.exact import parse_codebook
from bitproof.pipeline.plan_smooth import paper_theorem, plan_smooth
from bitproof.report.plan_smooth import smooth_summary, write_smooth_plan
from bitproof.theory.function_class import SobolevBall
from bitproof.theory.quantization_orders import FixedLinear, FixedNonlinear

BOOKS = ["linear:2", "nested:3", "linear:4"]
UNIT = Fraction(1)


@pytest.mark.parametrize(("n", "planner"), [(1, plan_envelope), (2, plan_switched_rows)])
def test_what_is_planned_is_what_is_built(n, planner):
    plan = plan_smooth(smoothness=n, dimension=2, error="1/8", codebooks=BOOKS)
    assert plan.status == "planned"
    assert [choice.bits for choice in plan.choices] == sorted(c.bits for c in plan.choices)
    for choice in plan.choices:
        layout, sizes = planner(parse_codebook(choice.codebook), (UNIT, UNIT), Fraction(1, 8))
        assert (choice.weights, choice.depth) == (sizes.weights, sizes.depth)
        assert choice.error == layout.claimed_error <= plan.error
        assert choice.bits >= plan.least_bits
        assert choice.weights >= choice.least_weights
        assert choice.overhead.measured > 1


def test_three_derivatives_and_three_dimensions():
    for d, n, error in ((2, 3, "1/50"), (3, 1, "1/2"), (3, 2, "1/2")):
        plan = plan_smooth(smoothness=n, dimension=d, error=error, codebooks=["linear:2"])
        assert plan.best is not None
        assert plan.best.bits >= plan.least_bits


def test_what_is_refused_and_what_is_wrong():
    plan = plan_smooth(smoothness=1, dimension=2, error="1/4", codebooks=["-1,1", "linear:2"])
    assert [name for name, _ in plan.refused] == ["-1,1"]
    assert "integers" in plan.refused[0][1]
    for wrong in (
        lambda: plan_smooth(smoothness=0, error="1/4"),
        lambda: plan_smooth(smoothness=1, dimension=9, error="1/4"),
        lambda: plan_smooth(smoothness=1, error=2),
    ):
        with pytest.raises(InputError):
            wrong()


def test_the_papers_theorem_of_a_codebook():
    ball = SobolevBall(2, 2)
    assert isinstance(paper_theorem(ball, "linear:4", 4), FixedLinear)
    assert isinstance(paper_theorem(ball, "nested:3", 3), FixedNonlinear)


def test_it_prints_and_writes(tmp_path):
    from rich.console import Console

    plan = plan_smooth(smoothness=1, dimension=2, error="1/4", codebooks=BOOKS)
    console = Console(width=100, record=True, file=(tmp_path / "out.txt").open("w"))
    console.print(smooth_summary(plan, {}))
    text = console.export_text()
    assert f"{plan.best.bits:,} bits" in text
    assert "least" in text
    files = write_smooth_plan(plan, tmp_path / "plan", force=False)
    assert {path.name for path in files.values()} == {"plan.json", "plan.svg", "plan.png"}
    assert all(path.stat().st_size > 1000 for path in files.values())
    console.file.close()
