"""κ of the constructions for Lipschitz functions, certified: `python benchmarks/three_regimes.py`.

κ = promised error · bits of all weights, for 1-Lipschitz functions on [0, 1]; whatever is stored in
bits has κ above 1 - error. The promise holds for every such function with values in [-1, 1]; the
network shown is built for a path of slopes ±1 on N cells and certified exactly (`found·N`: its own
error). Seconds are CPU seconds. `--cells 1048576 --bits 9` takes 35 s and 1.1 GB.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bitproof.certify.certificate import Certificate
from bitproof.certify.one_dimension import certify_sup_error
from bitproof.checker import check_file
from bitproof.construct.fold_matrix_class import ClassFoldMatrix, class_fold_matrix
from bitproof.construct.fold_matrix_plan import Limits, levels_of
from bitproof.construct.march_class import Family
from bitproof.construct.select_and_decode_class import (
    ClassSelectAndDecode,
    class_select_and_decode,
)
from bitproof.errors import FormatError, NoDesignError
from bitproof.exact import Interval, Q, to_float
from bitproof.execute.fast import Engine
from bitproof.execute.ranges import InputGrid
from bitproof.execute.reference import evaluate
from bitproof.network import measure
from bitproof.target.table import TableTarget
from bitproof.theory.lower_bounds import MemoryBound
from bitproof.theory.march import path_error

ROW = "{:>17} {:>10} {:>8} {:>8} {:>5} {:>5} {:>7} {:>7} {:>7} {:>6} {:>7} {:>8} {:>8} {:>8} {:>8}"
ONE = Fraction(1)
FAMILY = Family(Interval(Fraction(0), ONE), Interval(-ONE, ONE), ONE)
MOST_MATRIX = 1 << 17
Promise = ClassFoldMatrix | ClassSelectAndDecode
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
    parser.add_argument("--cells", type=int, nargs="+", default=[1024, 8192])
    parser.add_argument(
        "--bits", type=int, nargs="+", default=[4, 5, 6, 7, 8, 9], help="bits per weight to try"
    )
    parser.add_argument("--methods", nargs="+", choices=tuple(PLANNERS), default=list(PLANNERS))
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=["random"])
    parser.add_argument("--every", action="store_true", help="all bits, not only the best")
    parser.add_argument("--check", action="store_true", help="replay every certificate")
    parser.add_argument("--speed", action="store_true", help="inputs a second instead of proofs")
    arguments = parser.parse_args()
    if arguments.speed:
        show_speed(arguments.cells, arguments.bits)
        return
    print(ROW.format(
        "method", "path", "N", "weights", "depth", "width", "dense", "error·N", "found·N", "κ",
        "κ nonz.", "status", "build s", "prove s", "check s",
    ))  # fmt: skip
    for cells in arguments.cells:
        for method in arguments.methods:
            plans = list(promises(method, cells, arguments.bits))
            if not arguments.every:
                plans = sorted(plans, key=lambda plan: plan.error * plan.dense_bits)[:1]
            for plan in plans:
                for kind in arguments.kinds:
                    show(kind, cells, plan, check=arguments.check)


def show_speed(sizes: list[int], bits: list[int]) -> None:
    """The engine on strings, on a grid of four inputs a fine cell, against the reference."""
    print(f"{'N':>8} {'weights':>8} {'carrier':>8} {'inputs/s':>10} {'reference/s':>12}")
    for cells in sizes:
        plan = min(promises("select-and-decode", cells, bits), key=lambda p: p.error * p.dense_bits)
        network = plan.build(path("random", cells)).network
        grid = InputGrid((Fraction(0),), (ONE,), ONE / (4 * cells))
        engine = Engine(network, grid)
        levels = np.arange(min(4 * cells + 1, 1 << 17), dtype=np.int64)[:, None]
        engine.run(levels[:4096])
        started = time.process_time()
        outputs = engine.run(levels)
        ended = time.process_time()
        (granule,) = engine.output_granules
        for at in range(0, len(levels), len(levels) // 8):
            (exact,) = evaluate(network, [at * grid.step])
            assert int(outputs[at, 0]) * granule == exact
        slow = 9 / (time.process_time() - ended)
        print(
            f"{cells:8} {plan.form.name:>8} {engine.carrier.value:>8} "
            f"{len(levels) / (ended - started):10.0f} {slow:12.1f}"
        )


def promises(method: str, cells: int, bits: list[int]) -> Iterator[Promise]:
    """What the method promises for error about 1/N, in each format that can."""
    for each in bits:
        form = Q(each - 3, 1)
        try:
            yield PLANNERS[method](form, cells)
        except (FormatError, NoDesignError):
            continue


def matrix_plan(form: Q, cells: int) -> Promise:
    """A fold matrix of about N cells."""
    if cells > MOST_MATRIX or form.bits > 6:
        raise NoDesignError("too large", remedy="fewer cells")
    levels = levels_of(form)
    error = path_error(ONE / cells, ONE, ONE / levels) * Fraction(501, 500)
    return class_fold_matrix(FAMILY, form, error, Limits())


def strings_plan(form: Q, cells: int) -> Promise:
    """Strings on about N fine cells."""
    return class_select_and_decode(FAMILY, form, ONE / cells)


PLANNERS = {"fold-matrix": matrix_plan, "select-and-decode": strings_plan}


def show(kind: str, cells: int, plan: Promise, *, check: bool) -> None:
    """Builds, certifies, replays if asked, and prints one network."""
    target = path(kind, cells)
    started = time.process_time()
    made = plan.build(target)
    built = time.process_time()
    verdict = certify_sup_error(made.network, target, target.domain, error=plan.error)
    ended = time.process_time()
    sizes, bound = measure(made.network), MemoryBound(ONE, ONE)
    assert (sizes.depth, sizes.width, sizes.dense_bits) == (
        plan.depth, plan.width, plan.dense_bits,
    )  # fmt: skip
    error = verdict.upper if verdict.upper is not None else plan.error
    print(ROW.format(
        plan.method, kind, cells, plan.form.name, sizes.depth, sizes.width, sizes.dense_weights,
        f"{to_float(plan.error * cells):.4f}", f"{to_float(error * cells):.4f}",
        f"{to_float(bound.overhead(plan.error, sizes.dense_bits)):.3f}",
        f"{to_float(bound.overhead(plan.error, sizes.nonzero_bits)):.3f}",
        verdict.status, f"{built - started:.2f}", f"{ended - built:.2f}",
        f"{replayed(verdict.certificate):.2f}" if check and verdict.certificate else "",
    ), flush=True)  # fmt: skip


def replayed(certificate: Certificate) -> float:
    """Seconds the checker takes for the file."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "certificate.json.gz"
        certificate.save(path)
        started = time.process_time()
        report = check_file(path)
        assert report.status == certificate.status, report.reason
        return time.process_time() - started


if __name__ == "__main__":
    main()
