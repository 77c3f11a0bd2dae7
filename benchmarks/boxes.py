"""Functions of two inputs: bits, and CPU seconds to build, certify and check.

    python benchmarks/boxes.py [--error 1e-2] [--quick]

One row for each function and weight format: the grid, the network's sizes, the proved error with
the attained one, the cells of the branch and bound, and CPU seconds of one run. The last rows
certify interpolants with random 12-bit nodal values, whose error is then found without a claim.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from bitproof.certify.boxes import certify_on_box
from bitproof.checker.replay import check_object
from bitproof.construct.kuhn import designs
from bitproof.exact import Box, Codebook, Q, WeightFormat, parse_rational
from bitproof.network import measure
from bitproof.target import ExpressionBoxTarget

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.certify.boxes.networks import hats

UNIT = Box.unit(2)
FUNCTIONS = (
    "exp(-8*((x1-1/2)^2+(x2-1/2)^2))",
    "x1*x2",
    "x1^2-x2^2",
    "exp(-x1)*sin(3*x2)",
    "abs(x1-x2)",
    "max(x1,1-x2)",
    "abs(x1-x2/2)",
    "sqrt(1+x1+x2)",
)
FORMATS: tuple[WeightFormat, ...] = (
    Codebook.linear(2),
    Codebook((Fraction(-1), Fraction(1, 2), Fraction(1))),
    Q(0, 2),
)


def timed(work: Callable[[], object]) -> tuple[float, object]:
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def show_functions(error: Fraction, *, quick: bool) -> bool:
    """Whether every row was proved and replayed."""
    print(
        f"{'f':32} {'weights in':10} {'grid':>8} {'weights':>7} {'dense':>7} {'depth':>5} "
        f"{'proved':>9} {'attained':>9} {'cells':>6} {'build':>6} {'certify':>7} {'check':>6}"
    )
    fine = True
    for text in FUNCTIONS[:: 2 if quick else 1]:
        for form in FORMATS[: 1 if quick else None]:
            target = ExpressionBoxTarget.parse(text, UNIT)
            building, found = timed(lambda t=target, f=form: designs(t, error, [f]))
            design = found.constructions[0]
            proving, verdict = timed(
                lambda d=design, t=target: certify_on_box(d.network, t, error=error)
            )
            checking, report = 0.0, None
            if verdict.status == "proved":
                checking, report = timed(lambda v=verdict: check_object(v.certificate.data))
            fine = fine and report is not None and report.status == "proved"
            sizes = measure(design.network)
            upper = verdict.status if verdict.upper is None else f"{float(verdict.upper):.3e}"
            print(
                f"{text:32} {form.name[:10]:10} {dict(design.details)['grid']:>8} "
                f"{sizes.weights:7} {sizes.dense_bits:7} {sizes.depth:5} {upper:>9} "
                f"{float(verdict.lower):9.3e} {verdict.cells:6} {building:6.2f} {proving:7.2f} "
                f"{checking:6.2f}",
                flush=True,
            )
    return fine


def show_rough(counts: tuple[int, ...]) -> None:
    print(f"\n{'interpolant of random values':32} {'layers':>7} {'cells':>6} {'certify':>7}")
    target = ExpressionBoxTarget.parse("x1*x2", UNIT)
    for count in counts:
        rng = random.Random(count)
        network = hats(lambda *_, r=rng: Fraction(r.randint(0, 4096), 4096), count)
        seconds, verdict = timed(lambda n=network: certify_on_box(n, target, seconds=600))
        print(f"{count:29}^2 {len(network.layers):8} {verdict.cells:6} {seconds:7.2f}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--error", type=parse_rational, default=Fraction(1, 100))
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    fine = show_functions(arguments.error, quick=arguments.quick)
    show_rough((8,) if arguments.quick else (8, 16, 32))
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
