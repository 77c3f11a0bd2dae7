"""Sobolev networks of one input: weights, depth, bits, certified errors; speed of building.

    python benchmarks/sobolev.py              # all tables, some minutes
    python benchmarks/sobolev.py --quick      # coarse errors only
    python benchmarks/sobolev.py --speed 1e6  # only building a network of about a million weights

*fixed structure* (layout R): one structure for the whole unit ball of smoothness n; the worst
certified error among members of the ball (sin, exp, a kink or a random spline). Beside it a
prototype's weights/depth and the least bits any network of fixed structure needs. *free structure*:
walks on a random ±1 path, adaptive hinges and Chebyshev networks on single functions.
"""

from __future__ import annotations

import argparse
import random
import resource
import time
from fractions import Fraction
from itertools import accumulate

from bitproof.certify import certify_sup_error
from bitproof.construct import adaptive, cached_patterns, chebyshev, hierarchy, walk
from bitproof.construct.knot_sum import build, dry, nodes, plan
from bitproof.construct.scaled_function import Domain, ScaledFunction
from bitproof.errors import NoDesignError
from bitproof.exact import Interval, parse_codebook, to_float
from bitproof.network import measure
from bitproof.network.patterns import weights_of
from bitproof.target import parse_target
from bitproof.target.table import TableTarget
from bitproof.theory.cached_patterns import Blocks
from bitproof.theory.function_class import SobolevBall
from bitproof.theory.knot_sum import DerivativeBounds
from bitproof.theory.sobolev_packing import PackingBound

UNIT = Interval(Fraction(0), Fraction(1))
BOOKS = ("linear:2", "nested:3", "linear:4", "linear:16")
PROTOTYPE = {
    (1, "1/10"): ("224/17", "99/13", "245/14", "150/11"),
    (1, "1/100"): ("910/29", "547/22", "758/21", "565/17"),
    (1, "1/1000"): ("6789/40", "4749/33", "5531/31", "4184/25"),
    (2, "1/100"): ("185/19", "92/16", "163/14", "140/10"),
    (2, "1/10000"): ("674/34", "440/32", "569/23", "425/16"),
    (2, "1/1000000"): ("4505/48", "3212/48", "3795/35", "-"),
    (3, "1/10000"): ("596/45", "383/43", "506/36", "363/43"),
    (3, "1/1000000"): ("1436/66", "1058/63", "1078/54", "-"),
}
FREE = (
    ("sin(2*pi*x)", "1/1000", 499),
    ("sin(2*pi*x)", "1/10000", 1136),
    ("sin(2*pi*x)", "1/1000000", None),
    ("exp(-x)", "1/1000", 79),
    ("exp(-x)", "1/10000", None),
    ("1/(1+25*(2*x-1)^2)", "1/1000", 397),
    ("1/(1+25*(2*x-1)^2)", "1/10000", 1085),
)


def random_path(cells: int) -> TableTarget:
    draw = random.Random(1)
    heights = accumulate((draw.choice((-1, 1)) for _ in range(cells)), initial=0)
    points = tuple((Fraction(i, cells), Fraction(h, cells)) for i, h in enumerate(heights))
    return TableTarget(points, "random path")


def members(smoothness: int) -> list[str]:
    rough = {1: ["abs(x-1/3)-1/2"], 2: ["x^2/2-x/3"], 3: ["x^3/6-x/4"]}
    return ["sin(x)", "exp(-x)", *rough[smoothness]]


def fixed_row(smoothness: int, error: Fraction, name: str, prototype: str) -> str:
    form = parse_codebook(name)
    start = time.process_time()
    layout = plan(DerivativeBounds.unit(smoothness), error, form)
    sizes = measure(dry(layout, form))
    built = time.process_time() - start
    worst = Fraction(0)
    for text in members(smoothness):
        target = parse_target(text, UNIT)
        kit = weights_of(form)
        found = ScaledFunction.of(target, smoothness, kit)
        assert found is not None
        ball = DerivativeBounds.unit(smoothness)
        function = ScaledFunction(found.derivatives, Domain(), kit.base, ball)
        values, _ = function.read(nodes(layout, Domain()))
        network = build(layout, form, values)
        assert measure(network).weights == sizes.weights
        verdict = certify_sup_error(network, target, UNIT, error=error)
        assert verdict.status == "proved", (text, name)
        assert verdict.upper is not None
        worst = max(worst, verdict.upper)
    return (
        f"{smoothness:>2} {to_float(error):8.0e} {name:>10} {sizes.weights:>7} {sizes.depth:>5} "
        f"{sizes.paper_bits:>7} {prototype:>9} {to_float(worst / error):6.2f} "
        f"{to_float(layout.error / error):6.2f} {built:6.1f}"
    )


def fixed(*, quick: bool) -> None:
    print("fixed structure: the unit ball of smoothness n on [0, 1]")
    print(" n    error   codebook weights depth    bits prototype worst/ε  promised/ε  CPU s")
    for (smoothness, text), row in PROTOTYPE.items():
        error = Fraction(text)
        if quick and (error < Fraction(1, 10_000) or (smoothness, error) == (1, Fraction(1, 1000))):
            continue
        for name, prototype in zip(BOOKS, row, strict=True):
            print(fixed_row(smoothness, error, name, prototype), flush=True)
        bound = packing(smoothness, error)
        print(f"   no network of fixed structure takes fewer than {bound} bits")


def packing(smoothness: int, error: Fraction) -> int:
    return PackingBound(SobolevBall(1, smoothness)).least_bits(error)


def hierarchies(*, quick: bool) -> None:
    """Layout H beside layout R (both for the whole unit ball, counted exactly)."""
    print("\nhierarchy (weights/depth) beside knots, n <= 2")
    for smoothness, text in PROTOTYPE:
        error = Fraction(text)
        if smoothness > hierarchy.HIGHEST_SMOOTHNESS or (quick and error < Fraction(1, 10_000)):
            continue
        row = []
        for name in BOOKS:
            form, ball = parse_codebook(name), DerivativeBounds.unit(smoothness)
            sizes = [
                measure(hierarchy.dry(hierarchy.plan(ball, error, form), form)),
                measure(dry(plan(ball, error, form), form)),
            ]
            row.append(" ".join(f"{one.weights}/{one.depth}" for one in sizes))
        print(f"{smoothness:>2} {to_float(error):8.0e} " + "  ".join(f"{e:>17}" for e in row))


def free() -> None:
    print("\nfree structure, linear:2, bits (structure not counted)")
    for text, error, prototype in FREE:
        target, tolerance = parse_target(text, UNIT), Fraction(error)
        rows = []
        form = [parse_codebook("linear:2")]
        for method in ("adaptive", "chebyshev"):
            try:
                found = (
                    adaptive.designs(target, tolerance, form, count="paper").constructions
                    if method == "adaptive"
                    else chebyshev.designs(target, tolerance, form).constructions
                )
            except NoDesignError:
                found = ()
            if not found:
                rows.append("-")
                continue
            network = found[0].network
            verdict = certify_sup_error(network, target, UNIT, error=tolerance)
            rows.append(f"{measure(network).paper_bits} ({verdict.status})")
        print(
            f"{text:>22} {error:>10} adaptive {rows[0]:>16} chebyshev {rows[1]:>16} "
            f"prototype's best {prototype}",
            flush=True,
        )
    print("\nwalks: a random ±1 path at 1/1024 (prototype: nested:3 2496, linear:2 3704 weights)")
    path, tolerance = random_path(1024), Fraction(1, 1024)
    for name in BOOKS:
        network = walk.designs(path, tolerance, [parse_codebook(name)]).constructions[0].network
        verdict = certify_sup_error(network, path, UNIT, error=tolerance)
        sizes = measure(network)
        print(f"{name:>10} weights {sizes.weights} depth {sizes.depth} {verdict.status}")


def patterns() -> None:
    """Cached patterns beside one hinge a turn, for one walk: exact counts."""
    print("\ncached patterns: weights by cells a block (patterns that turn), the walk's turns")
    for cells in (1024, 8192):
        for name in BOOKS[:2]:
            form = parse_codebook(name)
            function = ScaledFunction.of(random_path(cells), 1, weights_of(form))
            assert function is not None
            course = next(iter(walk.courses(function, Fraction(1, cells))))
            ways, row = course.walk.directions, []
            for length in (2, 4, 8, 16):
                made = cached_patterns.build(
                    function.domain, course.start, course.shape, ways, form, length
                )
                kinds = len({pattern for pattern, _ in Blocks.of(ways, length).kinds})
                row.append(f"{length}: {measure(made).weights} ({kinds})")
            plain = measure(walk.build(function, course, form)).weights
            print(f"{cells:>6} {name:>10} {course.walk.turns} turns, {plain}; {', '.join(row)}")


def speed(weights: float) -> None:
    """Planning, reading f at the nodes and building a network of about so many weights."""
    form = parse_codebook("nested:3")
    error = Fraction(4, round(weights))
    start = time.process_time()
    layout = plan(DerivativeBounds.unit(1), error, form)
    planned = time.process_time()
    values, _ = _sine_values(layout, form)
    read = time.process_time()
    network = build(layout, form, values)
    built = time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"\nbuild speed, nested:3: {measure(network).weights} weights; CPU s: plan "
        f"{planned - start:.1f}, read f {read - planned:.1f}, build {built - read:.1f}; "
        f"peak memory {peak:.0f} MB"
    )


def _sine_values(layout, form):
    kit = weights_of(form)
    found = ScaledFunction.of(parse_target("sin(x)", UNIT), 1, kit)
    assert found is not None
    function = ScaledFunction(found.derivatives, Domain(), kit.base, DerivativeBounds.unit(1))
    return function.read(nodes(layout, Domain()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="coarse errors only")
    parser.add_argument("--speed", type=float, help="only build about so many weights")
    arguments = parser.parse_args()
    if arguments.speed:
        speed(arguments.speed)
        return
    fixed(quick=arguments.quick)
    hierarchies(quick=arguments.quick)
    free()
    patterns()
    speed(1e5)


if __name__ == "__main__":
    main()
