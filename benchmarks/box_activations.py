"""Two inputs of 8 bits, few-bit weights, activations in a format: bits, proved error, CPU seconds.

    python benchmarks/box_activations.py [--error 2^-5] [--quick]

One row for each function and format of the activations ("exact": not rounded): the network kept,
the error proved on all inputs (up to 65,536) with the attained one, CPU seconds to build and prove,
and those of the checker, which evaluates every input anew.
"""

from __future__ import annotations

import argparse
import sys
import time
from fractions import Fraction

from bitproof.checker.replay import check_object
from bitproof.exact import parse_rational
from bitproof.pipeline.boxes import BoxCompileResult, compile_box

FUNCTIONS = (
    ("exp(-(x1^2+x2^2))", (-2, 2, -2, 2), "Q1.6"),
    ("exp(-x1)*sin(3*x2)", (0, 1, 0, 1), "UQ0.8"),
    ("x1*x2", (-1, 1, -1, 1), "Q0.7"),
)
ACTIVATIONS = (None, "Q5.8", "Q3.8", "Q2.8", "Q1.8")


def show(text: str, activations: str | None, result: BoxCompileResult, seconds: float) -> bool:
    """Prints a row; whether what it claims was proved again."""
    head = f"{text:20} {activations or 'exact':6} {seconds:6.1f}"
    if result.measures is None or result.verdict is None or result.verdict.upper is None:
        print(f"{head}  no design", flush=True)
        return True
    start = time.process_time()
    report = check_object(result.verdict.certificate.data)  # type: ignore[attr-defined]
    checking = time.process_time() - start
    sizes = result.measures
    print(
        f"{head} {checking:6.1f} {result.weight_format or '':9} {sizes.weights:7} "
        f"{sizes.dense_bits:7} {sizes.depth:5} {float(result.verdict.upper):9.5f} "
        f"{float(result.verdict.lower):9.5f}",
        flush=True,
    )
    return report.status == "proved"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--error", type=parse_rational, default=Fraction(1, 32))
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    print(
        f"{'f':20} {'values':6} {'build':>6} {'check':>6} {'weights in':9} {'number':>6} "
        f"{'dense':>7} {'depth':>5} {'proved':>9} {'attained':>9}"
    )
    fine = True
    for text, domain, inputs in FUNCTIONS[: 1 if arguments.quick else None]:
        for activations in ACTIVATIONS[: 3 if arguments.quick else None]:
            start = time.process_time()
            result = compile_box(
                text,
                domain=domain,
                error=arguments.error,
                weight_bits=4,
                inputs=inputs,
                activations=activations,
            )
            fine = show(text, activations, result, time.process_time() - start) and fine
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
