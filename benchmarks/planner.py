"""Promised errors over lower bounds for whole ranges of (W, L, b): `python benchmarks/planner.py`.

For every class R_b^a(W, L) of a grid it takes the least error that is promised to every 1-Lipschitz
function on [0, 1] and divides it by the largest lower bound of the class. It prints the largest
quotient over b for each width and depth in the proper regime, and the worst of all. Nothing is
built.
"""

from __future__ import annotations

import argparse
import time

from bitproof.exact import to_float
from bitproof.pipeline.three_regimes import Grid, Place, places
from bitproof.theory.regimes import Regime

WIDTHS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
DEPTHS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)
BITS = (1, 2, 3, 4, 6, 8, 10, 12, 14, 16)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--widths", type=int, nargs="+", default=list(WIDTHS))
    parser.add_argument("--depths", type=int, nargs="+", default=list(DEPTHS))
    parser.add_argument("--bits", type=int, nargs="+", default=list(BITS), help="the b")
    parser.add_argument("--integer-bits", type=int, default=1, help="the a")
    arguments = parser.parse_args()
    started = time.process_time()
    grid = Grid(
        tuple(arguments.widths),
        tuple(arguments.depths),
        tuple(arguments.bits),
        (),
        a=arguments.integer_bits,
    )
    found = places(grid)
    for regime in Regime:
        show([place for place in found if place.regime is regime], grid, regime)
    unserved = sum(place.promise is None for place in found)
    print(f"{len(found)} classes, {unserved} without a promise, "
          f"{time.process_time() - started:.1f} s of processor time")  # fmt: skip


def show(found: list[Place], grid: Grid, regime: Regime) -> None:
    """One table: the largest quotient over b for each W and L."""
    if not found:
        return
    worst = dict[tuple[int, int], Place]()
    for place in found:
        key = place.width, place.depth
        if place.promise is not None and (key not in worst or gap(place) > gap(worst[key])):
            worst[key] = place
    print(f"\n{regime.value}-quantization, promised error / lower bound, largest over b")
    print("   W\\L" + "".join(f"{depth:>7}" for depth in grid.depths))
    for width in grid.widths:
        cells = [worst.get((width, depth)) for depth in grid.depths]
        print(f"{width:>6}" + "".join("      ." if c is None else f"{gap(c):>7.1f}" for c in cells))
    if worst:
        place = max(worst.values(), key=gap)
        print(f"worst: {gap(place):.1f} at W = {place.width}, L = {place.depth}, b = {place.b} "
              f"({name(place)}; lower bound by {place.binding})")  # fmt: skip
        for least in (8, 16, 32):
            inside = [p for p in worst.values() if p.width >= least and p.depth >= least]
            if inside:
                print(f"  with W ≥ {least} and L ≥ {least}: {gap(max(inside, key=gap)):.1f}")


def gap(place: Place) -> float:
    assert place.promise is not None
    return to_float(place.promise.error / place.lower)


def name(place: Place) -> str:
    assert place.promise is not None
    return f"{place.promise.method} in {place.promise.form.name}"


if __name__ == "__main__":
    main()
