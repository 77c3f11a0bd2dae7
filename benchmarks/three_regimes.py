"""κ of the constructions for Lipschitz functions, certified: `python benchmarks/three_regimes.py`.

κ = proved error · bits of all weights, for 1-Lipschitz functions on [0, 1]; whatever is stored in
bits has κ above 1 - error. The target is a path of slopes ±1 on N cells; the error asked for is
that of a path of the stated number of slopes on about N cells. `--cells 65536` takes a minute or
two.
"""

from __future__ import annotations

import argparse
import random
import time
from fractions import Fraction
from itertools import accumulate

from bitproof.certify.one_dimension import certify_sup_error
from bitproof.construct.fold_matrix import build
from bitproof.construct.fold_matrix_plan import levels_of
from bitproof.construct.fold_matrix_search import theorem_plan
from bitproof.exact import Q, to_float
from bitproof.network import measure
from bitproof.target.table import TableTarget
from bitproof.theory.lower_bounds import MemoryBound
from bitproof.theory.march import path_error

ROW = "{:>11} {:>8} {:>9} {:>6} {:>6} {:>8} {:>9} {:>6} {:>8} {:>8} {:>8} {:>8}"
ONE = Fraction(1)
KINDS = ("random", "persistent", "zigzag")


def path(kind: str, cells: int) -> TableTarget:
    """A path of slopes ±1 from 0."""
    draw = random.Random(1)
    turns = {
        "random": lambda _: draw.random() < 0.5,
        "persistent": lambda _: draw.random() < 0.1,
        "zigzag": lambda at: at % 2 == 0,
    }[kind]
    slopes = list(accumulate((-1 if turns(at) else 1 for at in range(cells)), lambda a, b: a * b))
    heights = accumulate(slopes, initial=0)
    points = tuple((Fraction(i, cells), Fraction(h, cells)) for i, h in enumerate(heights))
    return TableTarget(points, f"{kind} path")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, nargs="+", default=[1024])
    parser.add_argument("--bits", type=int, nargs="+", default=[4, 5], help="bits per weight")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=["random"])
    arguments = parser.parse_args()
    print(ROW.format(
        "path", "N", "weights", "depth", "width", "error·N", "found·N", "κ", "κ nonz.", "status",
        "build s", "prove s",
    ))  # fmt: skip
    for cells in arguments.cells:
        for bits in arguments.bits:
            for kind in arguments.kinds:
                show(kind, cells, Q(bits - 3, 1))


def show(kind: str, cells: int, form: Q) -> None:
    """Builds, certifies and prints one network."""
    target, levels = path(kind, cells), levels_of(form)
    error = path_error(ONE / cells, ONE, ONE / levels) * Fraction(501, 500)
    started = time.perf_counter()
    made = build(target, theorem_plan(target.domain, error, form, ONE))
    built = time.perf_counter()
    verdict = certify_sup_error(made.network, target, target.domain, error=error)
    ended = time.perf_counter()
    sizes, bound = measure(made.network), MemoryBound(ONE, ONE)
    print(ROW.format(
        kind, cells, form.name, sizes.depth, sizes.width, f"{to_float(error * cells):.4f}",
        f"{to_float(verdict.lower * cells):.4f}",
        f"{to_float(bound.overhead(error, sizes.dense_bits)):.2f}",
        f"{to_float(bound.overhead(error, sizes.nonzero_bits)):.2f}",
        verdict.status, f"{built - started:.2f}", f"{ended - built:.2f}",
    ), flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
