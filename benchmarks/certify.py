"""Certification: seconds and cells, for networks of many shapes.

    python benchmarks/certify.py [--quick]

Times are CPU seconds of one run, so that a busy machine disturbs them less. `replay` is the
independent checker on the same certificate.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from bitproof.certify import certify_on_grid, certify_sup_error
from bitproof.certify.breakpoints import breakpoints
from bitproof.checker.replay import check_object
from bitproof.exact import FixedPoint, Interval
from bitproof.network import Network
from bitproof.target import ExpressionTarget

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.certify.networks import interpolant, march, random_network

UNIT = Interval(Fraction(0), Fraction(1))
FUNCTIONS: dict[str, Callable[[float], float]] = {
    "sin(2*pi*x)": lambda x: math.sin(2 * math.pi * x),
    "exp(-x)": lambda x: math.exp(-x),
    "sqrt(x)": math.sqrt,
    "1/(1+25*(2*x-1)^2)": lambda x: 1 / (1 + 25 * (2 * x - 1) ** 2),
    "abs(x-1/3)": lambda x: abs(x - 1 / 3),
}


def timed(work: Callable[[], object]) -> tuple[float, object]:
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def rounded_polygon(function: Callable[[float], float], pieces: int, bits: int) -> Network:
    """Through equidistant points with values rounded to `bits` binary places."""
    points = [
        (Fraction(k, pieces), Fraction(round(function(k / pieces) * 2**bits), 2**bits))
        for k in range(pieces + 1)
    ]
    return interpolant(points)


def show_breakpoints(*, quick: bool) -> None:
    print(f"{'breakpoints of':34} {'points':>8} {'seconds':>9} {'bits':>6}")
    cases = [
        ("1-300-1, 8 bits", random_network(300, 1, 8, 1)),
        ("1-16x10-1, 4 bits", random_network(16, 10, 4, 1)),
        ("1-16x10-1, 24 bits", random_network(16, 10, 24, 1)),
        ("march, 2 x 2^10 layers", march(1 << 10, 1)),
        ("march, 2 x 2^12 layers", march(1 << 12, 1)),
    ]
    if not quick:
        cases.append(("march, 2 x 2^14 layers", march(1 << 14, 1)))
    for name, network in cases:
        seconds, found = timed(lambda network=network: breakpoints(network, UNIT))
        bits = max(x.denominator.bit_length() for x in found.points)
        print(f"{name:34} {len(found.points):8} {seconds:9.3f} {bits:6}")


def show_intervals() -> None:
    print(f"\n{'|f - N| on [0, 1], slack 1%':34} {'upper':>11} {'seconds':>9} {'replay':>9}")
    for text, function in FUNCTIONS.items():
        for pieces in (40, 150):
            network = rounded_polygon(function, pieces, 20)
            target = ExpressionTarget.parse(text, UNIT)
            work = lambda n=network, t=target: certify_sup_error(n, t, UNIT)  # noqa: E731
            seconds, verdict = timed(work)
            replay, report = timed(lambda v=verdict: check_object(v.certificate.data))
            assert report.status == verdict.status == "proved", report.reason
            name = f"{text}, {pieces} pieces"
            print(f"{name:34} {float(verdict.upper):11.4g} {seconds:9.3f} {replay:9.3f}")


def show_grids(*, quick: bool) -> None:
    print(f"\n{'|f - N| on every input of':34} {'upper':>11} {'seconds':>9} {'M/s':>9}")
    network = rounded_polygon(FUNCTIONS["sin(2*pi*x)"], 40, 12)
    target = ExpressionTarget.parse("sin(2*pi*x)", UNIT)
    for bits in (8, 12, 16, 20) if quick else (8, 12, 16, 20, 24):
        form = FixedPoint.parse(f"UQ0.{bits}")
        work = lambda form=form: certify_on_grid(network, target, form, UNIT)  # noqa: E731
        seconds, verdict = timed(work)
        rate = 2**bits / seconds / 1e6
        print(f"{form.name:34} {float(verdict.upper):11.4g} {seconds:9.3f} {rate:9.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="leave out the longest cases")
    quick = parser.parse_args().quick
    show_breakpoints(quick=quick)
    show_intervals()
    show_grids(quick=quick)


if __name__ == "__main__":
    main()
