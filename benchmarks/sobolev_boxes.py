"""Fixed structures for Sobolev balls against the prototype's figures, and the time to plan them.

    python benchmarks/sobolev_boxes.py

Bits with two weight values, {-1, 1/2}, and with {-1, 1/2, 1}; `prototype` is the smaller of hats
and hierarchical hats (bits with two values), `paper` the paper's layout as built here.
"""

from __future__ import annotations

import time
from fractions import Fraction

from bitproof.construct.sobolev_layouts import smallest_layout
from bitproof.construct.trapezoids import plan_trapezoids
from bitproof.errors import NoDesignError
from bitproof.exact import parse_codebook
from bitproof.theory.function_class import SobolevBall
from bitproof.theory.real_network import real_weights
from bitproof.theory.sobolev_packing import PackingBound

ROWS = [
    (2, 1, "1/10", 2218),
    (2, 1, "1/40", 23411),
    (2, 2, "1/100", 1292),
    (2, 2, "3/10000", 24650),
    (2, 3, "3/10000", 4290),
    (3, 1, "1/10", None),
    (3, 2, "1/10", None),
]


def main() -> None:
    print(
        "| d | n | ε | layout | λ = 2: W = bits | depth | λ = 3: W / bits | prototype | paper | "
        "real W | least bits | CPU s |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    for d, n, text, prototype in ROWS:
        ball, error = SobolevBall(d, n), Fraction(text)
        start = time.process_time()
        two = smallest_layout(parse_codebook("linear:2"), ball, error)
        seconds = time.process_time() - start
        three = smallest_layout(parse_codebook("nested:3"), ball, error)
        try:
            _, paper = plan_trapezoids(parse_codebook("linear:2"), ball, error)
            baseline = str(paper.weights)
        except NoDesignError:
            baseline = "> 600,000"
        print(
            f"| {d} | {n} | {text} | {two.name} | {two.sizes.weights} | {two.sizes.depth} | "
            f"{three.sizes.weights} / {three.sizes.paper_bits} | {prototype or '–'} | {baseline} | "
            f"{real_weights(ball, error)} | {PackingBound(ball).least_bits(error)} | "
            f"{seconds:.1f} |"
        )


if __name__ == "__main__":
    main()
