"""Differential certification against stacked CROWN, and quantized real models.

    python benchmarks/quantize.py [--models FOLDER] [--quick] [--check]

CPU seconds of this process, one BLAS thread. *Stacked CROWN* is branch and bound on the two
networks side by side, every ReLU relaxed on its own and every box bounded anew, which is what
general verifiers do with a pair of networks; *stacked* is the same with ranges inherited from box
to half, as the differential search does. `--models` names a folder with the models of VNN-COMP
(`ACASXU_run2a_1_1_batch_2000.onnx`, `mnist-net_256x2.onnx`, `mnist_15_images.csv`); without it,
seeded networks only. `--check` also replays every certificate and states the checker's time.
"""

from __future__ import annotations

import argparse
import os
import time
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from bitproof.certify.difference.certificate import DifferenceCertificate
from bitproof.certify.difference.domain import Domain
from bitproof.certify.difference.goal import Goal
from bitproof.certify.difference.prove import certify_class, certify_difference
from bitproof.certify.difference.search import Search
from bitproof.certify.difference.stack import Stack
from bitproof.checker import check_object
from bitproof.exact import Interval
from bitproof.interop import import_onnx
from bitproof.network import Activation, Layer, Network, SparseMatrix
from bitproof.transform.few_bits import Granularity, Method, RoundingPlan, round_weights

NAMED = {
    "far, abeam": ("0.6", "0", "0", "0.45", "-0.45"),
    "ahead, slow": ("0.1", "0", "0", "-0.3", "-0.3"),
    "centre": ("0", "0", "0", "0", "0"),
}


def trained_like(widths: tuple[int, ...], seed: int) -> Network:
    """Float32 weights of He's size, seeded."""
    random = np.random.default_rng(seed)
    layers = []
    for position, (columns, rows) in enumerate(pairwise(widths)):
        weights = np.float32(random.normal(size=(rows, columns)) * np.sqrt(2 / columns))
        bias = np.float32(random.normal(size=rows) / 10)
        exact = [[int(Fraction(float(w)) * 2**60) for w in row] for row in weights]
        last = position == len(widths) - 2
        layers.append(
            Layer(
                (position,),
                SparseMatrix.from_dense(exact, columns=columns),
                tuple(int(Fraction(float(b)) * 2**60) for b in bias),
                2**60,
                Activation.IDENTITY if last else Activation.RELU,
            )
        )
    return Network(widths[0], tuple(layers))


def eight_bits(network: Network) -> Network:
    """Nearest, one power of two a layer."""
    plan = RoundingPlan((256,) * len(network.layers), Granularity.LAYER, Method.NEAREST, 24, 0)
    return round_weights(network, plan)


def cube(inputs: int, radius: Fraction) -> Domain:
    return Domain((Interval(-radius, radius),) * inputs)


KINDS = {
    "differential": {"hybrid": True, "inherit": True},
    "stacked": {"hybrid": False, "inherit": True},
    "stacked CROWN": {"hybrid": False, "inherit": False},
}


def timed(
    pair: Stack, domain: Domain, slack: float, limit: float, kind: str
) -> tuple[str, int, float]:
    """The gap reached, boxes and CPU seconds."""
    goal = Goal.differences(pair.outputs, None, slack)
    start, started = time.process_time(), time.monotonic()
    search = Search(pair, domain.dyadic(), goal, **KINDS[kind])
    # Reading the processor's clock can take milliseconds, so the limit is one of wall time.
    while not search.finished and time.monotonic() - started < limit:
        search.step()
    seconds = time.process_time() - start
    gap = float(goal.of_groups(search.uppers()).max() / search.best.attained.max()) - 1
    done = f"gap {gap:.2%}" if search.complete else f"not done, gap {gap:.2%}"
    return done, search.boxes, seconds


def searched(pair: Stack, domain: Domain, slack: float, limit: float, kind: str) -> str:
    """The same in words."""
    done, boxes, seconds = timed(pair, domain, slack, limit, kind)
    return f"{done:22} {boxes:6d} boxes {seconds:7.3f} s"


def compare(name: str, network: Network, domain: Domain, slack: float, limit: float) -> None:
    pair = Stack.of(network, eight_bits(network))
    for kind in KINDS:
        print(f"{name:36} {kind:14} {searched(pair, domain, slack, limit, kind)}", flush=True)


def ratios(widths: tuple[int, ...], slack: float, seeds: range, limit: float) -> None:
    """How many times less the differential search takes than stacked CROWN, seed by seed; the
    least of three runs each, taken in turn."""
    found = []
    for seed in seeds:
        network = trained_like(widths, seed)
        pair, domain = Stack.of(network, eight_bits(network)), cube(widths[0], Fraction(1))
        least = dict.fromkeys(KINDS, float("inf"))
        for _ in range(3):
            for kind in KINDS:
                least[kind] = min(least[kind], timed(pair, domain, slack, limit, kind)[2])
        found.append(least["stacked CROWN"] / least["differential"])
        times = ", ".join(f"{kind} {1000 * seconds:.1f} ms" for kind, seconds in least.items())
        print(f"  seed {seed}: {times}: {found[-1]:.1f} x", flush=True)
    name = "-".join(map(str, widths))
    print(
        f"{name} on [-1, 1]^{widths[0]}, {slack:.0%}: stacked CROWN takes {np.median(found):.1f} x "
        f"the time in the median, {min(found):.1f} x at least, {max(found):.1f} x at most"
    )


def proved(name: str, network: Network, domain: Domain, slack: Fraction, *, check: bool) -> None:
    """The stated bounds, and the replay of the certificate."""
    second = eight_bits(network)
    start = time.process_time()
    verdict = certify_difference(network, second, domain, slack=slack, time_limit=60)
    seconds = time.process_time() - start
    upper = "none" if verdict.upper is None else f"{float(verdict.upper):.7g}"
    line = (
        f"{name:34} {verdict.status}: {float(verdict.lower):.7g} ≤ sup ≤ {upper}, {seconds:.2f} s"
    )
    certificate = DifferenceCertificate.of(network, second, [verdict])
    if check and certificate is not None:
        start = time.process_time()
        report = check_object(certificate.data)
        line += f"; checker: {report.status} in {time.process_time() - start:.1f} s"
    print(line, flush=True)


def digits(folder: Path, *, check: bool) -> None:
    """mnist-net_256x2 in 4 bits: classes at 15 images, and on ±1/255 around each."""
    network = import_onnx(folder / "mnist-net_256x2.onnx").network
    table = np.loadtxt(folder / "mnist_15_images.csv", delimiter=",", dtype=int)
    points = table[:, 1:] / 255.0
    plan = RoundingPlan((16,) * 3, Granularity.LAYER, Method.NEAREST)
    second = round_weights(network, plan, points)
    pair = Stack.of(network, second)
    before, after = pair.only(0), pair.only(1)
    unit = Interval(Fraction(0), Fraction(1))
    kept, differences, classes = 0, [], []
    start = time.process_time()
    for row in table:
        point = tuple(Fraction(int(k), 255) for k in row[1:])
        domain = Domain.around(point, Fraction(1, 255), unit)
        chosen = int(row[0])
        found = [
            ("first", certify_class(network, domain, chosen, time_limit=30, stack=before)),
            ("second", certify_class(second, domain, chosen, time_limit=30, stack=after)),
        ]
        kept += all(verdict.status == "proved" for _, verdict in found)
        classes += found
        differences.append(certify_difference(network, second, domain, time_limit=10, stack=pair))
    seconds = time.process_time() - start
    worst = max(verdict.upper or Fraction(0) for verdict in differences)
    line = (
        f"mnist-net_256x2, 4 bits: {kept} of {len(table)} boxes of ±1/255 keep the label's class "
    )
    line += f"in both networks; difference ≤ {float(worst):.4f}; {seconds:.1f} s for all"
    certificate = DifferenceCertificate.of(network, second, differences, classes)
    if check and certificate is not None:
        start = time.process_time()
        report = check_object(certificate.data)
        line += f"; checker: {report.status} in {time.process_time() - start:.1f} s"
    print(line, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    limit = 10 if arguments.quick else 180
    small = trained_like((2, 32, 32, 1), 1)
    searched(Stack.of(small, eight_bits(small)), cube(2, Fraction(1)), 0.5, 1, "differential")
    compare("2-32-32-1 on [-1, 1]², 1%", small, cube(2, Fraction(1)), 0.01, limit)
    proved("the same, proved", small, cube(2, Fraction(1)), Fraction(1, 100), check=arguments.check)
    ratios((2, 32, 32, 1), 0.01, range(1, 9), limit)
    for seed in (1, 2, 3):
        random = trained_like((5, *([50] * 6), 5), seed)
        for radius in (Fraction(1, 20), Fraction(1, 10)):
            pair = Stack.of(random, eight_bits(random))
            words = searched(pair, cube(5, radius), 0.1, limit, "differential")
            print(f"5-50×6-5, seed {seed}, ±{float(radius)}, 10%       {words}", flush=True)
    if arguments.models is None:
        return
    acas = import_onnx(arguments.models / "ACASXU_run2a_1_1_batch_2000.onnx").network
    for radius in (Fraction(1, 20), Fraction(1, 10)):
        compare(f"ACAS Xu 1_1 (5-50×6-5), ±{float(radius)}, 10%", acas, cube(5, radius), 0.1, limit)
    for name, point in NAMED.items():
        domain = Domain.around([Fraction(x) for x in point], Fraction(1, 50))
        label = f"ACAS Xu 1_1, ±0.02, {name}"
        proved(label, acas, domain, Fraction(1, 10), check=arguments.check)
    digits(arguments.models, check=arguments.check)


if __name__ == "__main__":
    main()
