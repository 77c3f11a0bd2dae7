"""The engine and each of its kernels equal the reference, bit by bit."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitproof.errors import InputError
from bitproof.exact import FixedPoint, Interval, Overflow, Rounding
from bitproof.execute.array_kernel import ArrayKernel, gathers
from bitproof.execute.compiled_kernel import CompiledKernel
from bitproof.execute.fast import Engine
from bitproof.execute.kernel import Kernel
from bitproof.execute.program import compile_program
from bitproof.execute.python_kernel import PythonKernel
from bitproof.execute.ranges import Carrier, InputGrid, RangeAnalysis, analyse
from bitproof.execute.reference import evaluate
from bitproof.network import Activation, Layer, Network, SparseMatrix
from tests.execute.strategies import grids, levels, networks

UNIT = Interval(Fraction(0), Fraction(1))

KERNELS: dict[str, Callable[[RangeAnalysis], Kernel]] = {
    "python": lambda a: PythonKernel(a.integer),
    "array": lambda a: ArrayKernel(a.integer, a.carrier),
    "compiled": lambda a: CompiledKernel(a.integer, compile_program(a.integer), a.carrier, 2),
}


def every_kernel(analysis: RangeAnalysis) -> list[Kernel]:
    """All kernels in all carriers that hold the numbers."""
    integer = analysis.integer
    wide = [
        c for c in (Carrier.FLOAT32, Carrier.FLOAT64, Carrier.INT64) if c.holds(analysis.magnitude)
    ]
    program = compile_program(integer)
    return [
        PythonKernel(integer),
        *(ArrayKernel(integer, carrier) for carrier in wide),
        *(CompiledKernel(integer, program, carrier, 2) for carrier in wide),
    ]


def reference(network: Network, grid: InputGrid, rows: list[list[int]]) -> list[list[Fraction]]:
    return [list(evaluate(network, [k * grid.step for k in row])) for row in rows]


def scaled(outputs: np.ndarray, granules: tuple[Fraction, ...]) -> list[list[Fraction]]:
    return [[k * g for k, g in zip(row, granules, strict=True)] for row in outputs.tolist()]


def sequential(weights: list[list[list[int]]], denominator: int = 1) -> Network:
    """A plain feed-forward network without biases, ReLU everywhere."""
    return Network(
        len(weights[0][0]),
        tuple(
            Layer((i,), SparseMatrix.from_dense(w, columns=len(w[0])), (0,) * len(w), denominator)
            for i, w in enumerate(weights)
        ),
    )


@pytest.mark.parametrize("kernel", KERNELS)
@settings(deadline=None)  # the first example compiles
@given(data=st.data())
def test_kernels_equal_the_reference(kernel: str, data: st.DataObject):
    network = data.draw(networks())
    grid = data.draw(grids(network))
    analysis = analyse(network, grid)
    rows = data.draw(levels(grid))
    if analysis.carrier is Carrier.PYTHON and kernel != "python":
        return
    outputs = KERNELS[kernel](analysis).run(np.array(rows))
    assert scaled(outputs, analysis.integer.output_granules) == reference(network, grid, rows)


@settings(deadline=None)
@given(st.data())
def test_the_engine_equals_the_reference(data: st.DataObject):
    network = data.draw(networks())
    grid = data.draw(grids(network))
    rows = data.draw(levels(grid))
    engine = Engine(network, grid)
    outputs = engine.run(np.array(rows))
    assert outputs.shape == (len(rows), network.outputs)
    assert scaled(outputs, engine.output_granules) == reference(network, grid, rows)


@pytest.mark.parametrize("rounding", Rounding)
@pytest.mark.parametrize("overflow", Overflow)
@pytest.mark.parametrize(("scale", "denominator"), [(8, 64), (3, 7)])
def test_every_rounding_rule_on_every_tie(
    rounding: Rounding, overflow: Overflow, scale: int, denominator: int
):
    form = FixedPoint(-11, 9, scale, rounding, overflow)
    weights = SparseMatrix.from_dense([[1], [-3]], columns=1)
    network = Network(1, (Layer((0,), weights, (0, 1), denominator, Activation.IDENTITY, form),))
    grid = InputGrid.on_interval(Interval(Fraction(-200), Fraction(200)), Fraction(1))
    rows = [[k] for k in range(-200, 201)]
    expected = reference(network, grid, rows)
    analysis = analyse(network, grid)
    assert analysis.carrier is Carrier.FLOAT32
    for kernel in every_kernel(analysis):
        outputs = kernel.run(np.array(rows))
        assert scaled(outputs, analysis.integer.output_granules) == expected


@pytest.mark.parametrize("rounding", Rounding)
@pytest.mark.parametrize("bits", [24, 53])
@pytest.mark.parametrize(("scale", "denominator"), [(1, 3), (2, 7), (1000, 999), (5, 10**4 + 7)])
def test_rounding_at_the_limit_of_a_float(
    rounding: Rounding, bits: int, scale: int, denominator: int
):
    """Quotients near whole numbers and ties, from numbers that barely fit the mantissa."""
    form = FixedPoint(-(1 << bits), 1 << bits, scale, rounding)
    matrix = SparseMatrix.from_dense([[1]], columns=1)
    network = Network(1, (Layer((0,), matrix, (0,), denominator, Activation.IDENTITY, form),))
    largest = ((1 << bits) - 1 - 2 * denominator) // (2 * scale)
    grid = InputGrid.on_interval(Interval(Fraction(-largest), Fraction(largest)), Fraction(1))
    analysis = analyse(network, grid)
    assert analysis.magnitude.bit_length() == bits
    ends = [k for n in range(60) for k in (largest - n, n - largest, n, -n)]
    inside = np.random.default_rng(1).integers(-largest, largest + 1, 500).tolist()
    rows = [[k] for k in ends + inside]
    expected = [[analysis.integer.layers[0].rescaling.level(0, k)] for [k] in rows]
    for kernel in every_kernel(analysis):
        assert kernel.run(np.array(rows)).tolist() == expected


@pytest.mark.parametrize("bits", [20, 24, 53, 63])
def test_wrapping_far_from_the_levels(bits: int):
    """A few levels, or about as many as the carrier holds, far below the sum."""
    rows = [[k] for k in (-(2**12), -5, -1, 0, 1, 7, 2**12)]
    for span in (3, 10, 2 ** (bits - 4) - 1):
        form = FixedPoint(-1, span - 2, 3, overflow=Overflow.WRAP)
        matrix = SparseMatrix.from_dense([[2 ** (bits - 18)]], columns=1)
        network = Network(1, (Layer((0,), matrix, (0,), 7, Activation.IDENTITY, form),))
        grid = InputGrid.on_interval(Interval(Fraction(-(2**12)), Fraction(2**12)), Fraction(1))
        analysis = analyse(network, grid)
        expected = [[analysis.integer.evaluate(row)[0]] for row in rows]
        assert expected == [[int(v * 3) for v in evaluate(network, row)] for row in rows]
        for kernel in every_kernel(analysis):
            assert kernel.run(np.array(rows)).tolist() == expected


@pytest.mark.parametrize("carrier", [Carrier.FLOAT32, Carrier.FLOAT64, Carrier.INT64])
def test_sparse_layers_gather_their_weights(carrier: Carrier):
    """Wide layers of few weights: rows without any, two sources, skips, a layer of constants."""
    rng = random.Random(3)
    widths, found = [3], list[Layer]()
    for position, width in enumerate((200, 300, 250, 90)):
        sources = tuple(sorted({position, max(position - 1, 0)}))
        columns = sum(widths[source] for source in sources)
        rows = [
            [(column, rng.choice((-1, 2, 3))) for column in sorted(rng.sample(range(columns), n))]
            for n in (rng.choice((0, 1, 2, 3)) for _ in range(width))
        ]
        matrix = SparseMatrix.from_rows(rows, columns=columns)
        bias = tuple(rng.randint(-3, 3) for _ in range(width))
        found.append(Layer(sources, matrix, bias, 2))
        widths.append(width)
    network = Network(3, tuple(found))
    analysis = analyse(network, InputGrid((Fraction(-9),) * 3, (Fraction(9),) * 3, Fraction(1)))
    assert analysis.carrier is Carrier.FLOAT32
    assert [gathers(layer, carrier) for layer in analysis.integer.layers][1:3] == [True, True]
    rows = np.random.default_rng(0).integers(-9, 10, (300, 3))
    expected = PythonKernel(analysis.integer).run(rows).tolist()
    assert ArrayKernel(analysis.integer, carrier).run(rows).tolist() == expected
    assert len({tuple(row) for row in expected}) > 50


@pytest.mark.parametrize("bits", [24, 53, 63])
@pytest.mark.parametrize("excess", [-1, 0])
@pytest.mark.parametrize("kernel", KERNELS)
def test_extreme_sums_at_the_limits_of_the_carriers(bits: int, excess: int, kernel: str):
    """Random inputs miss overflow: these reach the accumulator's bound, odd to the last bit."""
    top = (1 << bits) + excess
    half = (top - 1) // 2
    weights = [[half, top - 1 - half, -half], [-half, -(top - 1 - half), half]]
    layer = Layer(
        (0,), SparseMatrix.from_dense(weights, columns=3), (1, -1), 1, Activation.IDENTITY
    )
    network = Network(3, (layer,))
    grid = InputGrid.on_interval(UNIT, Fraction(1), inputs=3)
    analysis = analyse(network, grid)
    assert analysis.magnitude == top
    assert analysis.carrier.holds(top)
    if analysis.carrier is Carrier.PYTHON and kernel != "python":
        return
    rows = [[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)]
    outputs = KERNELS[kernel](analysis).run(np.array(rows))
    assert scaled(outputs, analysis.integer.output_granules) == reference(network, grid, rows)
    assert max(abs(value) for row in outputs.tolist() for value in row) == top


@pytest.mark.parametrize("batch", [0, 1, 31, 32, 33, 1023, 1025, 5000])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_blocks_and_threads_cover_every_row_once(batch: int, threads: int):
    network = sequential([[[1, -2], [3, 1]], [[1, -1], [0, 5], [2, 2]]], denominator=4)
    grid = InputGrid.on_interval(Interval(Fraction(-4), Fraction(4)), Fraction(1, 8), inputs=2)
    analysis = analyse(network, grid)
    rows = np.random.default_rng(batch).integers(-32, 33, (batch, 2))
    expected = PythonKernel(analysis.integer).run(rows)
    program = compile_program(analysis.integer)
    compiled = CompiledKernel(analysis.integer, program, analysis.carrier, threads).run(rows)
    assert compiled.shape == (batch, 3)
    assert np.array_equal(compiled, expected)
    assert np.array_equal(ArrayKernel(analysis.integer, analysis.carrier).run(rows), expected)
    assert np.array_equal(Engine(network, grid, threads).run(rows), expected)


def test_levels_of_any_layout_and_integer_type():
    network = sequential([[[1, -2], [3, 1]]])
    grid = InputGrid.on_interval(Interval(Fraction(0), Fraction(100)), Fraction(1), inputs=2)
    rows = np.random.default_rng(1).integers(0, 101, (3000, 2))
    engine = Engine(network, grid)
    expected = engine.run(rows)
    analysis = engine.analysis
    for other in (rows.astype(np.int8), np.asfortranarray(rows), rows.astype(np.uint16)):
        assert np.array_equal(engine.run(other), expected)
        for make in KERNELS.values():
            assert np.array_equal(make(analysis).run(other), expected)
    assert np.array_equal(engine.run(rows[::-1]), expected[::-1])
    assert np.array_equal(engine.run(rows.astype(object)), expected)


def test_a_deep_narrow_network_in_bounded_memory():
    """Path coding: u' = relu(u - 1), y' = relu(y + c·u)."""
    rng = np.random.default_rng(0)
    depth = 3000
    first = Layer((0,), SparseMatrix.from_dense([[2], [1]], columns=1), (0, 2000), 2)
    steps = [
        Layer((i,), SparseMatrix.from_dense([[2, 0], [int(c), 2]], columns=2), (-2, 0), 2)
        for i, c in enumerate(rng.choice([-1, 0, 1], depth), start=1)
    ]
    network = Network(1, (first, *steps))
    grid = InputGrid.on_interval(Interval(Fraction(0), Fraction(depth)), Fraction(1, 2))
    engine = Engine(network, grid)
    assert compile_program(engine.analysis.integer).slots <= 4
    rows = rng.integers(0, 2 * depth + 1, (40, 1))
    for make in KERNELS.values():
        outputs = make(engine.analysis).run(rows)
        assert scaled(outputs[:2], engine.output_granules) == reference(
            network, grid, rows[:2].tolist()
        )
        assert np.array_equal(outputs, engine.run(rows))


def test_integers_beyond_every_machine_number():
    layers = tuple(
        Layer((i,), SparseMatrix.from_dense([[10**12 + 1]], columns=1), (-i,), 3) for i in range(3)
    )
    network = Network(1, layers)
    grid = InputGrid.on_interval(UNIT, Fraction(1, 7))
    engine = Engine(network, grid)
    assert engine.carrier is Carrier.PYTHON
    rows = [[k] for k in range(8)]
    outputs = engine.run(np.array(rows))
    assert scaled(outputs, engine.output_granules) == reference(network, grid, rows)


def test_input_levels_beyond_machine_numbers():
    network = sequential([[[1]]])
    grid = InputGrid.on_interval(UNIT, Fraction(1, 10**30))
    xs = [Fraction(0), Fraction(1, 3).limit_denominator(10**6), Fraction(1)]
    with pytest.raises(InputError, match="not a multiple"):
        Engine(network, grid).evaluate(xs)
    assert Engine(network, grid).evaluate([xs[2]]) == [(Fraction(1),)]
    tenth = Fraction(10**29 + 1, 10**30)
    assert Engine(network, grid).evaluate([tenth]) == [(tenth,)]


@given(st.data())
def test_evaluate_gives_exact_rationals(data: st.DataObject):
    network = data.draw(networks(inputs=1, fixed=False))
    points = data.draw(st.lists(st.fractions(-2, 2, max_denominator=50), min_size=1, max_size=5))
    engine = Engine(network, InputGrid.covering(tuple(points)))
    assert engine.evaluate(points) == [evaluate(network, [point]) for point in points]


def test_what_is_refused():
    grid = InputGrid.on_interval(UNIT, Fraction(1, 4), inputs=2)
    engine = Engine(sequential([[[1, 1]]]), grid)
    refused: list[tuple[object, str]] = [
        (np.zeros(2, np.int64), "shape"),
        (np.zeros((2, 3), np.int64), "shape"),
        ([[0, 0]], "shape"),
        (np.zeros((1, 2)), "float64"),
        (np.zeros((1, 2), bool), "bool"),
        (np.array([["0", "0"]]), "type"),
        (np.array([[Fraction(0), 0]]), "not integers"),
        (np.array([[True, 0]], object), "not integers"),
        (np.array([[0, 5]]), "level 5 of input 1"),
        (np.array([[-1, 0]]), "level -1 of input 0"),
        (np.array([[2**64 - 1, 0]], np.uint64), "level 18446744073709551615"),
        (np.array([[10**30, 0]], object), "level 1000000000000000000000000000000"),
    ]
    for given_levels, message in refused:
        with pytest.raises(InputError, match=message):
            engine.run(given_levels)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="2 inputs"):
        engine.evaluate([Fraction(0)])
    with pytest.raises(InputError, match="threads"):
        Engine(sequential([[[1, 1]]]), grid, threads=0)
    outside = Engine(sequential([[[1]]]), InputGrid.on_interval(UNIT, Fraction(1, 4)))
    with pytest.raises(InputError, match="outside"):
        outside.evaluate([Fraction(5, 4)])


def test_without_a_compiler_numpy_does_the_work(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "bitproof.execute.compiled_kernel", None)
    network = sequential([[[1, 1], [1, -1]]] + [[[1, 0], [0, 1]]] * 2000)
    grid = InputGrid.on_interval(UNIT, Fraction(1, 4), inputs=2)
    engine = Engine(network, grid)
    rows = np.random.default_rng(0).integers(0, 5, (20_000, 2))
    outputs = engine.run(rows)
    assert engine._workload.choose(engine.carrier, len(rows), loaded=True).value == "compiled"
    assert np.array_equal(outputs[:50], PythonKernel(engine.analysis.integer).run(rows[:50]))
    assert engine._compiled_kernel is None
