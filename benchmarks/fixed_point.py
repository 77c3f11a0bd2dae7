"""Fixed-point networks: rounding tables by proof, every input of two bytes, the checker's replay.

    python benchmarks/fixed_point.py [--quick]

Times are CPU seconds of all threads together, the best of several runs. The engine's outputs are
compared with the reference on a sample of inputs first.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from fractions import Fraction
from functools import partial

import numpy as np

from bitproof.certify import Proved, certify_on_grid
from bitproof.checker import check_object
from bitproof.exact import FixedPoint, Overflow, Rounding
from bitproof.execute.fast import Engine
from bitproof.execute.grid import InputGrid
from bitproof.execute.reference import evaluate
from bitproof.network import Activation, Layer, Network, SparseMatrix
from bitproof.target import ExpressionTarget, activation_table
from bitproof.target.activations import ACTIVATIONS


def seconds(job: Callable[[], object], runs: int) -> float:
    """The least CPU time of a job."""
    best = float("inf")
    for _ in range(runs):
        start = time.process_time()
        job()
        best = min(best, time.process_time() - start)
    return best


def tables(names: tuple[str, ...], runs: int) -> None:
    print("correctly rounded tables, ms:   8 bits (Q3.4)   12 bits (Q3.8)")
    for name in names:
        jobs = [
            partial(activation_table, name, FixedPoint.parse(text)) for text in ("Q3.4", "Q3.8")
        ]
        times = [seconds(job, runs) for job in jobs]
        print(f"  {name:30s}{times[0] * 1e3:12.1f}{times[1] * 1e3:17.1f}")


def sparse(inputs: int, widths: tuple[int, ...], fan: int, form: FixedPoint, name: str) -> Network:
    """Random layers of a given number of weights a neuron; the output reads all of the last."""
    rng = random.Random(1)
    table, layers, before = activation_table(name, form), list[Layer](), inputs
    for position, width in enumerate((*widths, 1)):
        last = position == len(widths)
        entries = before if last else min(fan, before)
        rows = [
            [(column, rng.choice((-1, 1)) * rng.randint(1, 100)) for column in sorted(chosen)]
            for chosen in (rng.sample(range(before), entries) for _ in range(width))
        ]
        layers.append(
            Layer(
                (position,),
                SparseMatrix.from_rows(rows, columns=before),
                tuple(rng.randint(-900, 900) for _ in range(width)),
                form.scale,
                Activation.IDENTITY if last else Activation.TABLE,
                form,
                None if last else table,
            )
        )
        before = width
    return Network(inputs, tuple(layers), input_format=form)


def every_input(rules: tuple[Rounding, ...], runs: int) -> None:
    print("\n65,536 inputs of two bytes, 3,001 neurons of 4 weights, gelu as a table, s:")
    levels = np.array([[a, b] for a in range(-128, 128) for b in range(-128, 128)])
    for rule in rules:
        for scale, overflow in (
            (16, Overflow.SATURATE),
            (10, Overflow.SATURATE),
            (16, Overflow.WRAP),
        ):
            form = FixedPoint(-128, 127, scale, rule, overflow)
            network = sparse(2, (1000, 2000), 4, form, "gelu")
            engine = Engine(network, InputGrid.of_format(form, inputs=2), threads=1)
            outputs = engine.run(levels)
            for index in range(0, len(levels), 13_001):
                point = [form.value(int(level)) for level in levels[index]]
                assert evaluate(network, point)[0] * scale == outputs[index, 0]
            time_of_a_run = seconds(lambda engine=engine: engine.run(levels), runs)
            print(
                f"  {rule.value:14s} scale {scale:3d} {overflow.value:9s} "
                f"{engine.carrier.value:8s} {time_of_a_run:6.2f}"
            )


def replay() -> None:
    """Certification of a network of 1,201 neurons on 256 inputs, and the checker on it."""
    form = FixedPoint.parse("Q3.4")
    network = sparse(1, (400, 800), 4, form, "gelu")
    target = ExpressionTarget.parse("gelu(x)", form.interval)
    start = time.process_time()
    verdict = certify_on_grid(network, target, form, form.interval, error=Fraction(100))
    certified = time.process_time()
    assert isinstance(verdict, Proved)
    report = check_object(verdict.certificate.data)
    assert report.status == "proved", report.reason
    print(
        f"\n256 inputs, 1,201 neurons: certified in {certified - start:.2f} s, "
        f"replayed by the checker in {time.process_time() - certified:.2f} s"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer cases and runs")
    quick = parser.parse_args().quick
    tables(("relu", "sigmoid", "gelu", "mish") if quick else ACTIVATIONS, 2 if quick else 5)
    rules = (Rounding.NEAREST_EVEN, Rounding.NEAREST_AWAY) if quick else tuple(Rounding)
    every_input(rules, 2 if quick else 4)
    replay()


if __name__ == "__main__":
    main()
