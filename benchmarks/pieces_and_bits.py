"""Pieces and bits of the adaptive construction beside the best tables.

    python benchmarks/pieces_and_bits.py [--errors 1e-2,1e-3] [--formats 2,linear:2]

For every function, error and format: bits in the dense and the nonzero count, pieces against the
fewest of any continuous piecewise-linear function, depth, width, error over a grid as a share of
ε, and processor seconds. Beside them the bits of a uniform table with linear interpolation
(`lerp`) and of the same table difference-coded (`lerpΔ`), as published or measured elsewhere.
"""

from __future__ import annotations

import argparse
import time
from fractions import Fraction

import numpy as np

from bitproof.construct.adaptive import designs
from bitproof.exact import Interval, Q, parse_codebook, parse_rational
from bitproof.exact.weight_format import WeightFormat
from bitproof.network import Network, measure
from bitproof.target.expression import ExpressionTarget
from bitproof.target.table import TableTarget
from bitproof.target.target import Target

UNIT = Interval(Fraction(0), Fraction(1))
FUNCTIONS = {
    "sin": "sin(2*pi*x)",
    "exp": "exp(-x)",
    "sqrt": "sqrt(x+1/16)",
    "runge": "1/(1+25*(2*x-1)^2)",
    "log": "log(1+x)",
    "kink": "abs(x-1/3)",
    "gelu": "gelu(x)",
    "clip": "min(1,max(0,3*x-1))",
}
FEWEST = {
    ("sin", "1e-2"): 13, ("sin", "1e-3"): 39, ("sin", "1e-4"): 121,
    ("exp", "1e-2"): 2, ("exp", "1e-3"): 7, ("exp", "1e-4"): 20,
    ("sqrt", "1e-2"): 3, ("sqrt", "1e-3"): 9, ("sqrt", "1e-4"): 26,
    ("runge", "1e-2"): 10, ("runge", "1e-3"): 32, ("runge", "1e-4"): 100,
    ("log", "1e-2"): 2, ("log", "1e-3"): 6, ("log", "1e-4"): 18,
    ("kink", "1e-2"): 2, ("kink", "1e-3"): 2, ("kink", "1e-4"): 2,
}  # fmt: skip
LERP = {
    ("sin", "1e-2"): (203, 90), ("sin", "1e-3"): (828, 303), ("sin", "1e-4"): (3525, 1078),
    ("exp", "1e-2"): (35, 20), ("exp", "1e-3"): (143, 38), ("exp", "1e-4"): (570, 118),
    ("sqrt", "1e-2"): (70, 33), ("sqrt", "1e-3"): (360, 110), ("sqrt", "1e-4"): (1862, 428),
    ("runge", "1e-2"): (301, 156), ("runge", "1e-3"): (1360, 459), ("runge", "1e-4"): (6930, 1792),
    ("log", "1e-2"): (25, 7), ("log", "1e-3"): (110, 29), ("log", "1e-4"): (532, 103),
}  # fmt: skip


def target_of(name: str) -> Target:
    """A function by name; `table` is a rough table of 200 rows."""
    if name == "table":
        steps = np.random.default_rng(1).integers(-40, 41, 200).cumsum()
        rows = [(Fraction(i, 199), Fraction(int(y), 1000)) for i, y in enumerate(steps)]
        return TableTarget(tuple(rows), "rough")
    domain = Interval(Fraction(-8), Fraction(8)) if name == "gelu" else UNIT
    return ExpressionTarget.parse(FUNCTIONS[name], domain)


def formats_of(text: str) -> list[WeightFormat]:
    """Every Q(a, b) of k bits, or a codebook (values separated by semicolons)."""
    if text.isdecimal():
        bits = int(text)
        return [Q(a, bits - 2 - a) for a in range(-1, bits - 2)]
    return [parse_codebook(text.replace(";", ","))]


def grid_error(network: Network, target: Target, points: int = 20_001) -> float:
    """The largest error on a float grid: an impression, not a proof."""
    x = np.linspace(float(target.domain.lower), float(target.domain.upper), points)
    values = [x]
    for layer in network.layers:
        z = np.full(points, float(layer.bias[0]))
        for column, numerator in layer.matrix.row(0):
            z = z + numerator * values[layer.sources[column]]
        z = z / layer.denominator
        values.append(np.maximum(z, 0) if layer.activation.value == "relu" else z)
    return float(np.abs(values[-1] - target.sample(x)).max())


def row(name: str, error: str, formats: str) -> str:
    """One line of the table."""
    target, epsilon = target_of(name), parse_rational(error)
    cells = []
    for count in ("dense", "nonzero"):
        started = time.process_time()
        found = designs(target, epsilon, formats_of(formats), count=count)
        seconds = time.process_time() - started
        if not found.constructions:
            cells.append(f"{count}: none, {seconds:.1f} s ({found.needed})")
            continue
        best = found.constructions[0]
        m = measure(best.network)
        share = grid_error(best.network, target) / float(epsilon)
        sizes = f"{m.bits(count):6d} {best.pieces:4d} {m.depth:4d} {m.width:4d}"
        cells.append(f"{sizes} {share:.3f} {seconds:5.1f}")
    fewest = FEWEST.get((name, error), "-")
    lerp, delta = LERP.get((name, error), ("-", "-"))
    start = f"{name:6s} {error:5s} {formats:12s}"
    return f"{start} | {cells[0]} | {cells[1]} | {fewest!s:>4s} | {lerp!s:>5s} {delta!s:>5s}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--functions", default=",".join([*FUNCTIONS, "table"]))
    parser.add_argument("--errors", default="1e-2,1e-3,1e-4")
    parser.add_argument("--formats", default="2,3,4,8,linear:2,ternary,binary,-1;0;1/2;1")
    options = parser.parse_args()
    half = "bits pieces depth width err/ε s"
    print(f"function ε format | dense: {half} | nonzero: {half} | fewest pieces | lerp lerpΔ")
    for error in options.errors.split(","):
        for name in options.functions.split(","):
            for formats in options.formats.split(","):
                print(row(name, error, formats), flush=True)


if __name__ == "__main__":
    main()
