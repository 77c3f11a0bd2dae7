"""Fixed-point networks for the exports: every rounding and overflow rule, tables, skips."""

from __future__ import annotations

import math
import random
from fractions import Fraction

import numpy as np

from bitproof.exact import FixedPoint, Overflow, Rounding
from bitproof.execute import reference
from bitproof.execute.ranges import InputGrid
from bitproof.interop import CExport, OnnxExport
from bitproof.network import Activation, ActivationTable, Layer, Network, SparseMatrix
from tests.interop.running import rounded, run_c, run_onnx

SCALES = (16, 12)
Outputs = list[tuple[Fraction, ...]]


def form(
    scale: int = 16,
    rounding: Rounding = Rounding.NEAREST_EVEN,
    overflow: Overflow = Overflow.SATURATE,
    ends: tuple[int, int] = (-128, 127),
) -> FixedPoint:
    """An 8-bit format unless other ends are given."""
    return FixedPoint(*ends, scale, rounding, overflow)


def gelu(levels: FixedPoint) -> ActivationTable:
    """GELU in the levels of a format. Any table would do, so floats may make it."""
    values = [level / levels.scale for level in range(levels.lowest, levels.highest + 1)]
    rounded_values = [
        round(levels.scale * x / 2 * (1 + math.erf(x / math.sqrt(2)))) for x in values
    ]
    return ActivationTable("gelu", tuple(map(levels.limit, rounded_values)))


def random_layer(
    generator: random.Random,
    sources: tuple[int, ...],
    columns: int,
    width: int,
    levels: FixedPoint,
    activation: Activation = Activation.IDENTITY,
    *,
    denominator: int = 16,
    most: int = 40,
) -> Layer:
    def entry() -> int:
        return generator.randint(-most, most)

    matrix = [[entry() for _ in range(columns)] for _ in range(width)]
    return Layer(
        sources,
        SparseMatrix.from_dense(matrix, columns=columns),
        tuple(entry() for _ in range(width)),
        denominator,
        activation,
        levels,
        gelu(levels) if activation is Activation.TABLE else None,
    )


def every_rule(scale: int, overflow: Overflow) -> Network:
    """A hidden layer for each rounding rule, all on the input; the outputs are their values."""
    generator = random.Random(scale)
    kinds = (Activation.IDENTITY, Activation.RELU, Activation.TABLE)
    layers = [
        random_layer(generator, (0,), 1, 3, form(scale, rule, overflow), kinds[index % 3])
        for index, rule in enumerate(Rounding)
    ]
    unit = SparseMatrix.from_rows([[(row, 1)] for row in range(21)], columns=21)
    sources = tuple(range(1, len(layers) + 1))
    last = Layer(sources, unit, (0,) * 21, 1, Activation.IDENTITY, form(scale))
    return Network(1, (*layers, last), None, form(scale))


def mixed(
    rule: Rounding, overflow: Overflow, scale: int, *, inputs: int = 1, ends: tuple[int, int]
) -> Network:
    """Layers of different formats with a table, a ReLU and skip connections; two outputs."""
    generator = random.Random(scale)
    first = form(scale, rule, overflow, ends)
    second = form(7, rule, overflow, (-9, 100))
    return Network(
        inputs,
        (
            random_layer(generator, (0,), inputs, 5, first, Activation.TABLE),
            random_layer(generator, (0, 1), inputs + 5, 4, second, Activation.RELU),
            random_layer(generator, (1, 2), 9, 3, second, Activation.TABLE, denominator=33),
            random_layer(generator, (0, 2, 3), inputs + 7, 2, first),
        ),
        None,
        first,
    )


def chain(widths: tuple[int, ...], levels: FixedPoint, *, most: int, seed: int = 0) -> Network:
    """Dense layers in one format, GELU but for the last."""
    generator = random.Random(seed)
    layers = [
        random_layer(
            generator,
            (index,),
            widths[index],
            width,
            levels,
            Activation.IDENTITY if index == len(widths) - 2 else Activation.TABLE,
            denominator=levels.scale,
            most=most,
        )
        for index, width in enumerate(widths[1:])
    ]
    return Network(widths[0], tuple(layers), None, levels)


def by_definition(network: Network, grid: InputGrid, levels: list[tuple[int, ...]]) -> Outputs:
    """What the reference executor says."""
    return [reference.evaluate(network, [level * grid.step for level in row]) for row in levels]


def run_torch(module: object, grid: InputGrid, levels: list[tuple[int, ...]]) -> np.ndarray:
    """The outputs of a PyTorch module."""
    import torch

    inputs = rounded([tuple(level * grid.step for level in row) for row in levels], "float64")
    with torch.no_grad():
        result: np.ndarray = module(torch.from_numpy(inputs)).numpy()  # type: ignore[operator]
    assert result.dtype == np.float64
    return result


def assert_c(export: CExport, levels: list[tuple[int, ...]], expected: Outputs) -> None:
    assert run_c(export, levels) == expected


def assert_onnx(
    export: OnnxExport, grid: InputGrid, levels: list[tuple[int, ...]], expected: Outputs
) -> None:
    assert np.array_equal(run_onnx(export, grid, levels), rounded(expected, export.dtype))


def sparse(neurons: int) -> Network:
    """Single neurons in formats of different scales, all powers of two."""
    generator = random.Random(neurons)
    layers = list[Layer]()
    for _ in range(neurons):
        count = generator.randint(0, min(3, len(layers) + 1))
        sources = tuple(sorted(generator.sample(range(len(layers) + 1), count)))
        levels = form(1 << generator.randint(2, 7), generator.choice(tuple(Rounding)))
        activation = generator.choice(tuple(Activation))
        layers.append(random_layer(generator, sources, count, 1, levels, activation))
    last = tuple(range(max(1, neurons - 12), neurons + 1))
    layers.append(random_layer(generator, last, len(last), 2, form(8)))
    return Network(1, tuple(layers), None, form(32))
