"""The march's memory per error against the lower bound, certified: `python benchmarks/march.py`.

κ = proved error · dense bits for 1-Lipschitz functions on [0, 1]; nothing stored in bits can have a
κ below 1 - error. `--cells 16384` is the largest case (about a minute).
"""

from __future__ import annotations

import argparse
import random
import time
from fractions import Fraction
from itertools import accumulate

from bitproof.certify.one_dimension import certify_sup_error
from bitproof.construct.march import build
from bitproof.construct.march_cells import body_steps, theorem_plan
from bitproof.exact import Q, parse_codebook, to_float
from bitproof.network import measure
from bitproof.target.table import TableTarget
from bitproof.theory.lower_bounds import MemoryBound
from bitproof.theory.march import path_error

ROW = "{:>12} {:>6} {:>6} {:>6} {:>10} {:>10} {:>7} {:>8} {:>9} {:>8} {:>8}"


def random_path(cells: int, seed: int) -> TableTarget:
    draw = random.Random(seed)
    heights = accumulate((draw.choice((-1, 1)) for _ in range(cells)), initial=0)
    points = tuple((Fraction(i, cells), Fraction(h, cells)) for i, h in enumerate(heights))
    return TableTarget(points, "random path")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=1024, help="cells of the random path")
    cells = parser.parse_args().cells
    target, one = random_path(cells, 1), Fraction(1)
    print(ROW.format(
        "weights", "cells", "depth", "width", "error·N", "proved·N", "κ", "κ nonz.", "status",
        "build s", "prove s",
    ))  # fmt: skip
    for form in (parse_codebook("-1,0,1/2,1"), Q(0, 1), Q(1, 1), Q(2, 1)):
        levels = body_steps(form).levels
        error = path_error(one / cells, one, one / levels) * Fraction(101, 100)
        started = time.perf_counter()
        made = build(target, form, theorem_plan(target.domain, error, form, one))
        built = time.perf_counter()
        verdict = certify_sup_error(made.network, target, target.domain, error=error)
        ended = time.perf_counter()
        sizes, bound = measure(made.network), MemoryBound(one, one)
        print(ROW.format(
            form.name, made.pieces, sizes.depth, sizes.width,
            f"{to_float(error * cells):.4f}", f"{to_float(verdict.upper * cells):.4f}",
            f"{to_float(bound.overhead(error, sizes.dense_bits)):.2f}",
            f"{to_float(bound.overhead(error, sizes.nonzero_bits)):.2f}",
            verdict.status, f"{built - started:.2f}", f"{ended - built:.2f}",
        ))  # fmt: skip


if __name__ == "__main__":
    main()
