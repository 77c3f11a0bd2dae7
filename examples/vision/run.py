"""The vision demonstration: a convolutional network in few bits, with proofs.

    python examples/vision/run.py --out vision

reads digits.onnx and the 297 test images beside it, rounds the weights to 8, 4, 3 and 2 bits and to
{-1, 0, 1}, and reports for each: accuracy, certified output error, for how many images the class is
proved unchanged (the image itself, and every image within one grey level in every pixel), memory
and the size of the C file; then it deepens 8 bits into 2 and checks that nothing changes.
Everything is written to a page, index.html, and to result.json. Nothing is downloaded; PyTorch and
scikit-learn are not needed (train.py made the model with them).

With --data FOLDER (or BITPROOF_DATA) that holds mnist-net_256x2.onnx, mnist_15_images.csv and
cifar_base_kw.onnx, the same is done with these.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np
from page import write_page

import bitproof
from bitproof.certify.difference.domain import Domain
from bitproof.certify.difference.prove import certify_class, certify_difference
from bitproof.exact import Interval, to_float
from bitproof.execute.fast import Engine
from bitproof.execute.ranges import InputGrid
from bitproof.interop import export_c
from bitproof.network import Network, measure, multiplications
from bitproof.transform.few_bits import Granularity, Method, RoundingPlan, round_weights

HERE = Path(__file__).resolve().parent
UNIT = Interval(Fraction(0), Fraction(1))
VARIANTS = (("8 bits", 256), ("4 bits", 16), ("3 bits", 8), ("2 bits", 4), ("ternary", 3))


@dataclass(frozen=True)
class Subject:
    """A model and its images.

    Attributes:
        images: one row of grey levels for each; an input is level / white.
        labels: their classes; None where nobody knows them.
        calibration: the images that guide the rounding.
        boxes: how many images are proved on a whole box around them.
        differences: on how many of these boxes the output error is certified.
    """

    name: str
    model: Path
    white: int
    images: tuple[tuple[int, ...], ...]
    labels: tuple[int, ...] | None
    calibration: tuple[tuple[int, ...], ...]
    boxes: int
    differences: int
    variants: tuple[tuple[str, int], ...] = VARIANTS

    def point(self, index: int) -> tuple[Fraction, ...]:
        return tuple(Fraction(level, self.white) for level in self.images[index])

    def domain(self, index: int) -> Domain:
        """One grey level around an image, within black and white."""
        return Domain.around(self.point(index), Fraction(1, self.white), UNIT)


@dataclass
class Row:
    """What was found of one network.

    Attributes:
        right: images given their label. same: images given the original's class, decided exactly.
        boxes: images whose whole box is proved to keep the original's class, in both networks.
        verdicts: one letter for each box: p(roved), r(efuted), u(ndecided).
        error, attained: the largest certified difference of an output over the boxes looked at,
            and the largest one met.
    """

    name: str
    right: int | None
    same: int
    boxes: int
    verdicts: str
    error: float | None
    attained: float | None
    dense_bits: int
    nonzero_bits: int
    c_bytes: int
    depth: int
    operations: int
    notes: list[str] = field(default_factory=list)


def classes(network: Network, subject: Subject) -> list[int]:
    """The first largest output at every image, exactly."""
    grid = InputGrid.on_interval(UNIT, Fraction(1, subject.white), inputs=network.inputs)
    engine = Engine(network, grid)
    rows = engine.run(np.array(subject.images, np.int64)).tolist()
    granules = engine.output_granules
    values = [[int(k) * g for k, g in zip(row, granules, strict=True)] for row in rows]
    return [row.index(max(row)) for row in values]


def c_size(network: Network, subject: Subject) -> tuple[int, str]:
    """Bytes of the C file, and the type of its sums; 0 where C has no type wide enough."""
    grid = InputGrid.on_interval(UNIT, Fraction(1, subject.white), inputs=network.inputs)
    with tempfile.TemporaryDirectory() as folder:
        try:
            export = export_c(network, grid, Path(folder))
        except bitproof.errors.RangeError as error:
            return 0, str(error)
        return export.source.stat().st_size, export.sum_type


def verdicts(network: Network, subject: Subject, chosen: Sequence[int], limit: float) -> str:
    found = []
    for index in range(subject.boxes):
        verdict = certify_class(network, subject.domain(index), chosen[index], time_limit=limit)
        found.append(verdict.status[0])
    return "".join(found)


def both(one: str, other: str) -> str:
    """The verdict on two networks giving one class: proved if both are."""
    letters = {"pp": "p"}
    return "".join(
        letters.get(a + b, "r" if "r" in (a, b) else "u") for a, b in zip(one, other, strict=True)
    )


def describe(
    network: Network,
    original: Network | None,
    subject: Subject,
    name: str,
    before: str,
    chosen: Sequence[int],
    limit: float,
) -> Row:
    """Everything about one network; `original` is None for the original itself."""
    found = classes(network, subject)
    labels = subject.labels
    kept = verdicts(network, subject, chosen, limit)
    joint = kept if original is None else both(before, kept)
    error = attained = None
    if original is not None:
        bounds = [
            certify_difference(
                original, network, subject.domain(i), slack=Fraction(1, 2), time_limit=limit
            )
            for i in range(subject.differences)
        ]
        attained = max(to_float(bound.lower) for bound in bounds)
        if all(bound.upper is not None for bound in bounds):
            error = max(to_float(bound.upper) for bound in bounds if bound.upper is not None)
    sizes = measure(network)
    c_bytes, sums = c_size(network, subject)
    return Row(
        name=name,
        right=None if labels is None else sum(a == b for a, b in zip(found, labels, strict=True)),
        same=sum(a == b for a, b in zip(found, chosen, strict=True)),
        boxes=joint.count("p"),
        verdicts=joint,
        error=error,
        attained=attained,
        dense_bits=sizes.dense_bits,
        nonzero_bits=sizes.nonzero_bits,
        c_bytes=c_bytes,
        depth=sizes.depth,
        operations=multiplications(network),
        notes=[f"sums in {sums}"],
    )


def deepened(subject: Subject, chosen: Sequence[int]) -> Row:
    """8 bits on one grid for each layer, then 2 bits: equal, at the images too."""
    result = bitproof.deepen(subject.model, round_to=8, weight_bits=2, nonnegative_inputs=True)
    before, after = classes(result.original, subject), classes(result.network, subject)
    c_bytes, sums = c_size(result.network, subject)
    sizes = result.after
    return Row(
        name="8 bits deepened to 2",
        right=None
        if subject.labels is None
        else sum(a == b for a, b in zip(after, subject.labels, strict=True)),
        same=sum(a == b for a, b in zip(after, chosen, strict=True)),
        boxes=0,
        verdicts="",
        error=None,
        attained=None,
        dense_bits=sizes.dense_bits,
        nonzero_bits=sizes.nonzero_bits,
        c_bytes=c_bytes,
        depth=sizes.depth,
        operations=result.operations[1],
        notes=[
            f"{result.status} equal to its 8-bit network on every input of at least 0",
            f"the same classes on all images: {before == after}",
            f"nonzero memory {sizes.nonzero_bits / result.before.nonzero_bits:.2f} times, dense "
            f"{sizes.dense_bits / result.before.dense_bits:.2f} times, multiplications "
            f"{result.operations[1] / result.operations[0]:.2f} times, depth "
            f"{result.before.depth} to {sizes.depth}",
            f"sums in {sums}",
        ],
    )


def study(subject: Subject, limit: float) -> list[Row]:
    """All rows of a subject, said as they come."""
    original = bitproof.import_onnx(subject.model).network
    chosen = classes(original, subject)
    rows = [describe(original, None, subject, "float32", "", chosen, limit)]
    say(subject, rows[-1])
    points = np.array(subject.calibration) / subject.white
    for name, symbols in subject.variants:
        plan = RoundingPlan((symbols,) * len(original.layers), Granularity.CHANNEL, Method.GREEDY)
        network = round_weights(original, plan, points)
        row = describe(network, original, subject, name, rows[0].verdicts, chosen, limit)
        rows.append(row)
        say(subject, row)
    rows.append(deepened(subject, chosen))
    say(subject, rows[-1])
    return rows


def say(subject: Subject, row: Row) -> None:
    count, bound = len(subject.images), "" if row.error is None else f"error <= {row.error:.4g}, "
    right = "" if row.right is None else f"{row.right}/{count} right, "
    boxes = f"{row.boxes}/{len(row.verdicts)} boxes, " if row.verdicts else ""
    print(
        f"{subject.name:>6} {row.name:<20} {right}{row.same}/{count} same class, {boxes}{bound}"
        f"{row.dense_bits} bits, C {row.c_bytes} bytes",
        flush=True,
    )
    for note in row.notes:
        print(f"       {'':<20} {note}", flush=True)


def read_images(path: Path) -> tuple[tuple[tuple[int, ...], ...], tuple[int, ...]]:
    """Rows of a label and grey levels."""
    with path.open(newline="") as file:
        rows = [tuple(map(int, row)) for row in csv.reader(file) if row]
    return tuple(row[1:] for row in rows), tuple(row[0] for row in rows)


def subjects(data: Path | None, boxes: int) -> list[Subject]:
    images, labels = read_images(HERE / "digits_test.csv")
    others, _ = read_images(HERE / "digits_calibration.csv")
    model = HERE / "digits.onnx"
    found = [Subject("digits", model, 16, images, labels, others, boxes, min(8, boxes))]
    few = (VARIANTS[0], VARIANTS[1], VARIANTS[3])
    if data is not None and (data / "mnist_15_images.csv").is_file():
        images, labels = read_images(data / "mnist_15_images.csv")
        model = data / "mnist-net_256x2.onnx"
        found.append(Subject("mnist", model, 255, images, labels, images, min(15, boxes), 2, few))
    if data is not None and (data / "cifar_base_kw.onnx").is_file():
        # No CIFAR images here: inputs are seeded random grey levels, and have no label.
        drawn = np.random.default_rng(0).integers(0, 256, (20, 3072)).tolist()
        model = data / "cifar_base_kw.onnx"
        random = tuple(map(tuple, drawn))
        found.append(Subject("cifar", model, 255, random, None, random, min(2, boxes), 1, few))
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="A convolutional network in few bits, proved.")
    parser.add_argument("--out", type=Path, default=Path("vision"), help="folder of the page")
    parser.add_argument("--boxes", type=int, default=60, help="images proved on a whole box")
    parser.add_argument("--limit", type=float, default=2.0, help="seconds for one box")
    parser.add_argument(
        "--data", type=Path, default=os.environ.get("BITPROOF_DATA"), help="folder of other models"
    )
    parser.add_argument("--only", nargs="+", help="of digits, mnist, cifar")
    given = parser.parse_args(arguments)
    start = time.process_time()
    chosen = subjects(None if given.data is None else Path(given.data), given.boxes)
    if given.only:
        chosen = [subject for subject in chosen if subject.name in given.only]
    given.out.mkdir(parents=True, exist_ok=True)
    studied: list[tuple[Subject, list[Row]]] = []
    for subject in chosen:  # a page after each, so that nothing is lost when it is interrupted
        studied.append((subject, study(subject, given.limit)))
        result = {one.name: [asdict(row) for row in rows] for one, rows in studied}
        (given.out / "result.json").write_text(json.dumps(result, indent=1) + "\n")
        write_page(given.out / "index.html", studied)
    print(f"{given.out / 'index.html'} ({time.process_time() - start:.0f} s of processor time)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
