"""ONNX: a model of standard operators that computes the network's exact outputs.

Everything runs in float32 or float64, whichever holds every proved accumulator, so the result does
not depend on the runtime's order of summation, its threads or its vector width. There is no
quantized operator in the file: those saturate differently on different processors.

How it computes is chosen in `float_numbers`, how deep networks stay small in `onnx_scan`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from pathlib import Path

from bitproof.errors import RangeError
from bitproof.exact import write_rational
from bitproof.execute.ranges import InputGrid, RangeAnalysis, analyse
from bitproof.interop.float_numbers import InputReading, Numbers, Route, choose_numbers
from bitproof.interop.layer_plan import goes_by_layers, layer_plan
from bitproof.interop.live import LiveNetwork, declared_grid, live_network
from bitproof.interop.onnx_layers import layered_type, write_layers
from bitproof.interop.onnx_scan import ScanPlan, plan_scan, write_scan
from bitproof.interop.onnx_unrolled import write_unrolled
from bitproof.interop.onnx_writer import INPUT, OnnxWriter, Tensor
from bitproof.network import Network

UNROLLED_DEPTH = 96
MOST_UNROLLED_DEPTH = 4096
SCAN_CELLS = 1 << 23
MOST_SCAN_CELLS = 1 << 26
MOST_ENDS = 16


class OnnxForm(Enum):
    """How depth is written: a Gemm and a Relu for every depth, one Scan over all, or every layer
    of the network as it is (`onnx_layers`; chosen where layers are convolutions)."""

    AUTO = "auto"
    UNROLLED = "unrolled"
    SCAN = "scan"
    LAYERS = "layers"


@dataclass(frozen=True, slots=True)
class OnnxExport:
    """An ONNX file that was written.

    The model has one input `x` of shape (batch, inputs) and one output `y` of shape (batch,
    outputs), both of type `dtype`, both in real units. On every input of the grid `y` is the exact
    output wherever that is a number of the type, else the exact output rounded once to nearest.

    Attributes:
        path: the file.
        dtype: `float32` or `float64`.
        route: whether the weights in the file are the network's, or integers (see `float_numbers`).
        form: unrolled or scan.
        input_step: inputs are multiples of this.
        output_scale: every output is an integer multiple of this, one per output.
        accumulator_bits: bits of the largest proved partial sum, its sign included.
        nodes, file_bytes: the size of the graph and of the file.
        digest: `sha256:` of the file; the bytes depend on the arguments (and versions) only.
    """

    path: Path
    dtype: str
    route: Route
    form: OnnxForm
    input_step: Fraction
    output_scale: tuple[Fraction, ...]
    accumulator_bits: int
    nodes: int
    file_bytes: int
    digest: str


def export_onnx(
    network: Network,
    grid: InputGrid | None,
    path: Path,
    *,
    form: OnnxForm = OnnxForm.AUTO,
    certificate: str | None = None,
) -> OnnxExport:
    """Writes a network as ONNX, exact on every input of a grid.

    Args:
        network: of either semantics, or with layers of both.
        grid: the inputs it has to be exact on; on others a network of real semantics is an
            ordinary float network, and one with fixed-point layers takes the nearest input of the
            grid. None: all levels of the network's input format.
        path: where to.
        form: how depth is written.
        certificate: the digest of its certificate, to be named in the file.

    Raises:
        RangeError: neither float32 nor float64 holds the proved accumulators, or the graph would
            be too deep or too large for a runtime to load.
        InputError: the grid does not fit the network.

    >>> import tempfile
    >>> from bitproof.network import Layer, SparseMatrix
    >>> hinge = Layer((0,), SparseMatrix.from_dense([[2]], columns=1), (-1,), denominator=2)
    >>> grid = InputGrid((Fraction(0),), (Fraction(1),), Fraction(1, 8))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     export = export_onnx(Network(1, (hinge,)), grid, Path(folder) / "hinge.onnx")
    >>> export.dtype, export.route.value, export.nodes, export.output_scale
    ('float32', 'real weights', 2, (Fraction(1, 8),))
    """
    grid = declared_grid(network, grid)
    analysis = analyse(network, grid)
    if form is OnnxForm.LAYERS or (form is OnnxForm.AUTO and goes_by_layers(network)):
        live, numbers, writer, result = _by_layers(analysis)
        chosen, subgraph = OnnxForm.LAYERS, 0
    else:
        live = live_network(network, analysis)
        numbers = choose_numbers(live)
        plan = _choose_form(live, form)
        writer = OnnxWriter(numbers.dtype)
        source = _write_input(writer, live, numbers)
        if plan is None:
            result = write_unrolled(writer, live, numbers, source)
        else:
            result = write_scan(writer, live, numbers, plan, source)
        result = _write_division(writer, numbers, result)
        chosen = OnnxForm.UNROLLED if plan is None else OnnxForm.SCAN
        subgraph = 0 if plan is None else 2
    metadata = _metadata(network, grid, analysis, numbers, certificate)
    encoded = writer.finish(
        result, live.inputs, "bitproof", _description(grid, numbers, chosen), metadata
    )
    path.write_bytes(encoded)
    return OnnxExport(
        path=path,
        dtype=numbers.dtype.value,
        route=numbers.route,
        form=chosen,
        input_step=grid.step,
        output_scale=analysis.integer.output_granules,
        accumulator_bits=analysis.accumulator_bits,
        nodes=len(writer.nodes) + subgraph,
        file_bytes=len(encoded),
        digest="sha256:" + hashlib.sha256(encoded).hexdigest(),
    )


def _by_layers(analysis: RangeAnalysis) -> tuple[LiveNetwork, Numbers, OnnxWriter, Tensor]:
    if any(layer.rescaling is not None for layer in analysis.integer.layers):
        raise RangeError(
            "fixed-point layers in the layered form", remedy="the unrolled form has them"
        )
    plan = layer_plan(analysis)
    dtype, reading = layered_type(plan)
    numbers = Numbers(dtype, Route.INTEGER, reading, ())
    writer = OnnxWriter(dtype)
    source = _write_input(writer, plan.inputs, numbers)
    return plan.inputs, numbers, writer, write_layers(writer, plan, source)


def _choose_form(live: LiveNetwork, form: OnnxForm) -> ScanPlan | None:
    """The plan of a scan, or None for the unrolled form."""
    depth = max(live.levels())
    if live.rounds:
        if form is OnnxForm.SCAN or depth > MOST_UNROLLED_DEPTH:
            raise RangeError(
                f"fixed-point layers to a depth of {depth} as one Scan",
                remedy=f"up to {MOST_UNROLLED_DEPTH} the unrolled form has no such limit; export C",
            )
        return None
    if form is OnnxForm.UNROLLED or (form is OnnxForm.AUTO and depth <= UNROLLED_DEPTH):
        return None
    plan = plan_scan(live)
    small = plan.cells <= SCAN_CELLS
    possible = plan.cells <= MOST_SCAN_CELLS
    if small or form is OnnxForm.SCAN or (possible and depth > MOST_UNROLLED_DEPTH // 4):
        if possible:
            return plan
    elif depth <= MOST_UNROLLED_DEPTH:
        return None
    raise RangeError(
        f"an ONNX graph of depth {depth} with {plan.width} values alive at once",
        remedy="export C, which has no such limit, or ask for a shallower network (--max-depth)",
    )


def _write_input(writer: OnnxWriter, live: LiveNetwork, numbers: Numbers) -> Tensor:
    """The input, or in the integer route its levels."""
    if numbers.reading is InputReading.AS_IS:
        return Tensor(INPUT, live.inputs)
    factor = writer.array((1,), [((0,), 1 / live.input_granule.value)])
    writer.node("Mul", [INPUT, writer.constant("steps_per_unit", factor)], "levels")
    if numbers.reading is InputReading.MULTIPLY:
        return Tensor("levels", live.inputs)
    writer.node("Round", ["levels"], "rounded_levels")
    if numbers.reading is InputReading.MULTIPLY_AND_ROUND:
        return Tensor("rounded_levels", live.inputs)
    lowest, highest = (
        writer.constant(
            name, writer.array((live.inputs,), (((i,), end) for i, end in enumerate(ends)))
        )
        for name, ends in (("lowest", live.input_lower), ("highest", live.input_upper))
    )
    writer.node("Max", ["rounded_levels", lowest], "levels_above")
    writer.node("Min", ["levels_above", highest], "grid_levels")
    return Tensor("grid_levels", live.inputs)


def _write_division(writer: OnnxWriter, numbers: Numbers, result: Tensor) -> Tensor:
    if all(divisor == 1 for divisor in numbers.divisors):
        return result
    divisors = writer.array(
        (len(numbers.divisors),),
        (((index,), divisor) for index, divisor in enumerate(numbers.divisors)),
    )
    writer.node("Div", [result.name, writer.constant("divisors", divisors)], "quotients")
    return Tensor("quotients", result.width)


def _description(grid: InputGrid, numbers: Numbers, form: OnnxForm) -> str:
    return (
        f"Written by bitproof. Exact in {numbers.dtype.value} ({numbers.route.value}, "
        f"{form.value}) for every input that is a multiple of {grid.step} in the box of the "
        "metadata: every partial sum, in any order, is a number of the type."
    )


def _metadata(
    network: Network,
    grid: InputGrid,
    analysis: RangeAnalysis,
    numbers: Numbers,
    certificate: str | None,
) -> dict[str, str]:
    form = network.weight_format
    facts = {
        "bitproof.accumulator_bits": str(analysis.accumulator_bits),
        "bitproof.dtype": numbers.dtype.value,
        "bitproof.grid.lower": _ends(grid.lower),
        "bitproof.grid.step": write_rational(grid.step),
        "bitproof.grid.upper": _ends(grid.upper),
        "bitproof.output_scale": ", ".join(
            map(write_rational, dict.fromkeys(analysis.integer.output_granules))
        ),
        "bitproof.route": numbers.route.value,
        "bitproof.weight_format": "none" if form is None else form.name,
    }
    if certificate is not None:
        facts["bitproof.certificate"] = certificate
    return facts


def _ends(ends: tuple[Fraction, ...]) -> str:
    """One number for each input, or one for all where there are many and they are equal."""
    if len(ends) > MOST_ENDS and len(set(ends)) == 1:
        ends = ends[:1]
    return ", ".join(map(write_rational, ends))
