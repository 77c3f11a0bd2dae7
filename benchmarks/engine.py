"""The engine against numpy and the Python reference, as ratios.

    python benchmarks/engine.py [--quick]

Every engine's outputs are compared with the reference before it is timed. Times are CPU seconds of
all threads together, the best of several interleaved runs, so that they say something on a busy
machine too: inputs per second are per core. numpy is timed as one would write it, the whole batch
layer by layer; its BLAS threads count while they wait for each other.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from bitproof.exact import FixedPoint, Interval
from bitproof.execute.array_kernel import ArrayKernel
from bitproof.execute.carrier import Carrier
from bitproof.execute.compiled_kernel import CompiledKernel
from bitproof.execute.fast import Engine
from bitproof.execute.program import compile_program
from bitproof.execute.ranges import InputGrid, analyse
from bitproof.execute.reference import evaluate
from bitproof.network import Activation, Layer, Network, SparseMatrix


@dataclass(frozen=True)
class Case:
    """A network, its inputs and how many of them."""

    name: str
    network: Network
    grid: InputGrid
    batch: int


def dense(widths: list[int], denominator: int, seed: int, largest: int = 7) -> Network:
    """Fully connected with random weights k / denominator, |k| ≤ largest."""
    rng = random.Random(seed)
    layers = []
    for i in range(len(widths) - 1):
        rows = [
            [rng.randint(-largest, largest) for _ in range(widths[i])] for _ in range(widths[i + 1])
        ]
        last = i == len(widths) - 2
        layers.append(
            Layer(
                (i,),
                SparseMatrix.from_dense(rows, columns=widths[i]),
                tuple(rng.randint(-largest, largest) for _ in rows),
                denominator,
                Activation.IDENTITY if last else Activation.RELU,
            )
        )
    return Network(widths[0], tuple(layers))


def routing(width: int, depth: int, seed: int) -> Network:
    """Deep with weights in {-1, 0, 1} whose proved ranges stay small: each neuron passes one value
    on or takes the difference of two, which ReLU keeps within the range of the first."""
    rng = random.Random(seed)
    layers = []
    for i in range(depth):
        rows = []
        for _ in range(width):
            plus, minus = rng.sample(range(width), 2)
            row = [0] * width
            row[plus] = 1
            if i and rng.random() < 0.3:
                row[minus] = -1
            rows.append(row)
        layers.append(Layer((i,), SparseMatrix.from_dense(rows, columns=width), (0,) * width))
    matrix = SparseMatrix.from_dense([[1] * width], columns=width)
    layers.append(Layer((depth,), matrix, (0,), 1, Activation.IDENTITY))
    return Network(width, tuple(layers))


def clipped(network: Network, form: FixedPoint) -> Network:
    """Every activation rounded and clipped to a format."""
    layers = tuple(replace(layer, output_format=form) for layer in network.layers)
    return Network(network.inputs, layers, input_format=form)


def march(depth: int, width: int, seed: int) -> Network:
    """u' = relu(u - 1), y' = relu(y + c·u), 3-bit weights, width - 1 values y side by side."""
    rng = random.Random(seed)
    first = SparseMatrix.from_dense([[2]] + [[1]] * (width - 1), columns=1)
    layers = [Layer((0,), first, (0,) + (3,) * (width - 1), 2)]
    for i in range(1, depth):
        rows = [[2] + [0] * (width - 1)]
        for j in range(1, width):
            row = [rng.choice((-2, -1, 1, 2))] + [0] * (width - 1)
            row[j] = 2
            rows.append(row)
        matrix = SparseMatrix.from_dense(rows, columns=width)
        layers.append(Layer((i,), matrix, (-2,) + (0,) * (width - 1), 2))
    out = SparseMatrix.from_dense([[0] + [1] * (width - 1)], columns=width)
    layers.append(Layer((depth,), out, (0,), 2, Activation.IDENTITY))
    return Network(1, tuple(layers))


def numpy_layers(network: Network, dtype: type) -> Callable[[np.ndarray], np.ndarray]:
    """The network as one writes it in numpy: matrix product, bias, rounding, ReLU, layer by layer.

    Fixed-point layers round to nearest and clip; int64 shifts with a half added. All layers read
    the previous one only.
    """
    parts = []
    for layer in network.layers:
        matrix = np.zeros(layer.matrix.shape, dtype)
        for row in range(layer.width):
            for column, numerator in layer.matrix.row(row):
                matrix[row, column] = numerator
        bias = np.array(layer.bias, dtype)
        relu = layer.activation is Activation.RELU
        parts.append((np.ascontiguousarray(matrix.T), bias, layer, relu))

    def run(values: np.ndarray) -> np.ndarray:
        for matrix, bias, layer, relu in parts:
            values = values @ matrix + bias
            form = layer.output_format
            if form is not None:
                if np.dtype(dtype).kind == "f":
                    values = np.rint(values * dtype(1 / layer.denominator))
                else:
                    values = (values + layer.denominator // 2) // layer.denominator
                values = np.clip(values, form.lowest, form.highest)
            if relu:
                values = np.maximum(values, 0)
        return values

    return run


def best_times(jobs: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The least CPU time of each job over interleaved rounds."""
    best = dict.fromkeys(jobs, float("inf"))
    for _ in range(rounds):
        for name, job in jobs.items():
            start = time.process_time()
            job()
            best[name] = min(best[name], time.process_time() - start)
    return best


def measure(case: Case, rounds: int) -> None:
    """Prints one line per engine."""
    start = time.process_time()
    analysis = analyse(case.network, case.grid)
    analysing = time.process_time() - start
    engine = Engine(case.network, case.grid)
    rng = np.random.default_rng(0)
    ends = zip(case.grid.lowest_levels, case.grid.highest_levels, strict=True)
    levels = np.stack([rng.integers(low, high + 1, case.batch) for low, high in ends], axis=1)
    few = 2 if len(case.network.layers) > 1000 else 20
    expected = reference_outputs(case, engine, levels[:few])
    jobs: dict[str, Callable[[], object]] = {"engine": lambda: engine.run(levels)}
    if engine.carrier is not Carrier.PYTHON:
        kernels = {
            "blocked numpy kernel": ArrayKernel(analysis.integer, engine.carrier),
            "compiled kernel": CompiledKernel(
                analysis.integer, compile_program(analysis.integer), engine.carrier, 2
            ),
        }
        for name, kernel in kernels.items():
            assert kernel.run(levels[:few]).tolist() == expected, name
            jobs[name] = lambda kernel=kernel: kernel.run(levels)
    assert engine.run(levels)[:few].tolist() == expected
    for dtype in (np.float32, np.float64, np.int64):
        run, inputs = numpy_layers(case.network, dtype), levels.astype(dtype)
        jobs[f"numpy {np.dtype(dtype).name}"] = lambda run=run, inputs=inputs: run(inputs)
    with np.errstate(all="ignore"):
        seconds = best_times(jobs, rounds)
    start = time.process_time()
    reference_outputs(case, engine, levels[:few])
    seconds["Python reference"] = (time.process_time() - start) * case.batch / few
    print(
        f"\n{case.name}: batch {case.batch}, {engine.carrier.value}, "
        f"{analysis.accumulator_bits}-bit accumulators, analysed in {analysing:.2f} s"
    )
    for name, value in seconds.items():
        ratio = value / seconds["engine"]
        print(f"  {name:22s} {case.batch / value:14,.0f} inputs/s/core   engine is {ratio:9.2f} ×")


def reference_outputs(case: Case, engine: Engine, levels: np.ndarray) -> list[list[int]]:
    """The output integers by definition."""
    return [
        [
            int(value / granule)
            for value, granule in zip(
                evaluate(case.network, [int(k) * case.grid.step for k in row]),
                engine.output_granules,
                strict=True,
            )
        ]
        for row in levels
    ]


def cases(*, quick: bool) -> list[Case]:
    """The networks that are measured."""
    twelve_bits = FixedPoint.parse("Q3.8")
    batch = 1 << (14 if quick else 17)

    def grid(network: Network) -> InputGrid:
        return InputGrid.of_format(twelve_bits, inputs=network.inputs)

    a, b = dense([8, 64, 64, 1], 16, 0), clipped(dense([16] * 201 + [1], 16, 1), twelve_bits)
    real_b = routing(16, 200, 2)
    listed = [
        Case("A: 8-64-64-1, real semantics", a, grid(a), batch),
        Case("A clipped to 12 bits", clipped(a, twelve_bits), grid(a), batch),
        Case("B: 16 wide, 200 deep, clipped to 12 bits", b, grid(b), batch // 8),
        Case("B: 16 wide, 200 deep, real semantics", real_b, grid(real_b), batch // 8),
    ]
    for depth, width in [(1000, 3), (10_000, 3), (10_000, 8)] + ([] if quick else [(100_000, 3)]):
        network = march(depth, width, 3)
        interval = Interval(Fraction(0), Fraction(depth))
        listed.append(
            Case(
                f"march: {width} wide, {depth} deep",
                network,
                InputGrid.on_interval(interval, Fraction(1, 2)),
                1000,
            )
        )
    return listed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="smaller batches, fewer rounds")
    quick = parser.parse_args().quick
    for case in cases(quick=quick):
        measure(case, rounds=3 if quick else 5)


if __name__ == "__main__":
    main()
