"""Codebook expansion of a random network: edges per weight, depth, bits, error.

python benchmarks/expand.py [--error E]
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from fractions import Fraction
from pathlib import Path

from bitproof.exact import Interval
from bitproof.exact.weight_format import parse_codebook
from bitproof.execute.reference import evaluate
from bitproof.network import measure
from bitproof.transform.codebook_expansion import expand

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tests.transform.test_codebook_expansion import random_mlp

CODEBOOKS = ("linear:2", "nested:3", "nested:4", "linear:3", "linear:4", "linear:8", "midrise:2")
POINTS = 200


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--error", type=Fraction, default=Fraction(8, 10_000))
    asked = parser.parse_args()
    network = random_mlp((2, 16, 16, 1), 0)
    box = [Interval(Fraction(0), Fraction(1))] * 2
    rng = random.Random(1)
    points = [[Fraction(rng.randrange(1025), 1024) for _ in box] for _ in range(POINTS)]
    values = [evaluate(network, point)[0] for point in points]
    for name in CODEBOOKS:
        began = time.process_time()
        found = expand(network, parse_codebook(name), box=box, error=asked.error)
        seconds = time.process_time() - began
        pairs = zip(points, values, strict=True)
        seen = max(abs(evaluate(found.network, point)[0] - value) for point, value in pairs)
        sizes = measure(found.network)
        print(
            f"| {name} | {float(found.edges_per_weight):.2f} | {sizes.depth} | "
            f"{sizes.nonzero_bits} | {float(found.claim.bound):.1e} | {float(seen):.1e} |"
            f"  {seconds:.1f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
