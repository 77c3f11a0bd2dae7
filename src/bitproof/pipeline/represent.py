"""Represent: a fixed-point network that is equal to a function on every input of a format."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bitproof.errors import BitproofError, InputError
from bitproof.exact.fixed_point import FixedPoint, Rounding

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bitproof.construct.fixed_point import Represented
    from bitproof.execute.fast import Engine
    from bitproof.network import Network
    from bitproof.theory.arithmetic import Arithmetic

TIES = {
    "even": Rounding.NEAREST_EVEN,
    "away": Rounding.NEAREST_AWAY,
    "up": Rounding.NEAREST_UP,
    "down": Rounding.NEAREST_DOWN,
    "zero": Rounding.NEAREST_ZERO,
    "floor": Rounding.FLOOR,
    "truncate": Rounding.TRUNCATE,
}
BIASES = ("wide", "same", "accumulator")
ROUNDINGS = ("once", "every")
BEYOND = 1 << 40


@dataclass(frozen=True)
class RepresentResult:
    """An exact network, checked on every input, and what it costs.

    Attributes:
        function: the expression or the file.
        form: the format of inputs, outputs and activations, with its rounding.
        arithmetic: weights and biases.
        activation: the activation's name.
        dims: the number of inputs.
        values: the output level for every input, the first coordinate slowest.
        represented: the network, its method and its sizes.
        inputs_checked: on how many inputs it was run and found equal: all of them.
        accumulator_bits: every sum is proved to stay below 2^this.
        step: the largest |f - network| at the inputs of the format, where f does not saturate:
            half a unit in the last place (a whole one for floor and truncate); None for a table.
        saturated: at how many inputs f lies outside the format; 0 for a table.
        seconds: of the construction, and of the check.
        files: what was written, by kind.
        refusals: why a kind of file was not written.
    """

    function: str
    form: FixedPoint
    arithmetic: Arithmetic
    activation: str
    dims: int
    values: tuple[int, ...] = field(repr=False)
    represented: Represented = field(repr=False)
    inputs_checked: int
    accumulator_bits: int
    step: Fraction | None
    saturated: int
    seconds: dict[str, float]
    files: dict[str, Path] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)

    @property
    def network(self) -> Network:
        return self.represented.construction.network

    @property
    def weight_bits(self) -> int:
        """Bits of one weight: 1 binary, 2 ternary, else enough for every weight level."""
        fixed = {"binary": 1, "ternary": 2}.get(self.arithmetic.weight_set, 0)
        return fixed if fixed else int(2 * self.arithmetic.weights).bit_length()

    @property
    def bias_bits(self) -> int:
        """Bits of one bias: those of the greatest one here, with its sign."""
        biases = [abs(bias) for layer in self.network.layers for bias in layer.bias]
        return max(biases).bit_length() + 1

    @property
    def nonzero_bits(self) -> int:
        """Non-zero weights and all biases; which neuron reads what is not counted."""
        biases = sum(layer.width for layer in self.network.layers)
        return self.represented.weights * self.weight_bits + biases * self.bias_bits

    @property
    def dense_bits(self) -> int:
        """Every entry of every affine map, and all biases."""
        entries: int = sum(layer.matrix.stored_entries for layer in self.network.layers)
        biases: int = sum(layer.width for layer in self.network.layers)
        return entries * self.weight_bits + biases * self.bias_bits

    @property
    def activation_bits(self) -> int:
        """The activation's table, stored once, on top of the weights; 0 where it is computed."""
        from bitproof.network import measure

        return measure(self.network).activation_bits

    @property
    def table_bits(self) -> int:
        """A plain table of the function: one level for every input."""
        return len(self.values) * (self.form.levels - 1).bit_length()

    @property
    def indicator_neurons(self) -> int:
        """What an indicator for every input takes at least: its faces, and one neuron each."""
        inputs: int = self.form.levels**self.dims
        return 2 * self.dims * (self.form.levels - 1) + inputs

    def to_dict(self) -> dict[str, Any]:
        """Everything but the network itself, for JSON."""
        found = self.represented
        return {
            "status": "exact",
            "function": self.function,
            "format": self.form.name,
            "rounding": self.form.rounding.value,
            "activation": self.activation,
            "weights": self.arithmetic.weight_set,
            "bias": self.arithmetic.bias,
            "operations_rounded": "once" if self.arithmetic.rounding_once else "every",
            "dims": self.dims,
            "method": found.construction.method,
            "hidden_layers": list(found.hidden_layers),
            "neurons": found.neurons,
            "nonzero_weights": found.weights,
            "bits": {
                "nonzero": self.nonzero_bits,
                "dense": self.dense_bits,
                "per_weight": self.weight_bits,
                "per_bias": self.bias_bits,
                "table": self.table_bits,
                "activation_table": self.activation_bits,
            },
            "one_hidden_layer_at_least": found.least or None,
            "indicator_neurons": self.indicator_neurons,
            "inputs_checked": self.inputs_checked,
            "accumulator_bits": self.accumulator_bits,
            "error_on_the_format": None if self.step is None else str(self.step),
            "saturated_inputs": self.saturated,
            "tried": [list(row) for row in found.tried],
            "seconds": {key: round(value, 3) for key, value in self.seconds.items()},
            "files": {kind: str(path) for kind, path in self.files.items()},
            "refusals": dict(self.refusals),
        }


def represent(
    function: str | Sequence[int],
    form: str | FixedPoint,
    activation: str = "relu",
    *,
    weights: str = "full",
    bias: str = "wide",
    ties: str = "even",
    rounding: str = "once",
    dims: int = 1,
    minimise: str = "neurons",
    effort: str = "default",
    progress: Callable[[str], None] | None = None,
) -> RepresentResult:
    """A network equal to a function on every input of a fixed-point format, run on all of them.

    Args:
        function: an expression (in x, or x1 … xd), a CSV file (columns x, y or x1 … xd, y: levels
            or values, every input once), or the levels of all outputs, first coordinate slowest.
        form: `Qm.n`, `UQm.n`, `p,s` or a format.
        activation: a name, an expression in x, or a CSV file of levels.
        weights: `full`, `binary` or `ternary`.
        bias: `wide` (any multiple of 1/scale), `same` (in the format) or `accumulator` (any
            multiple of 1/scale²).
        ties: even, away, up, down, zero, floor or truncate; of a format given as text.
        rounding: `once`, after an exact sum, or after `every` operation (products are rounded,
            partial sums saturate).
        dims: the number d of inputs.
        minimise: `neurons` or `weights`.
        effort: `quick`, `default` or `thorough`: how long integer programs are searched, where the
            levels are few enough for them.

    Raises:
        InputError: something is not understood, or the table is not one of the format.
        NoDesignError: no network computes it; the message names what forbids it.

    >>> result = represent("max(x, -1)", "3,4", "relu")
    >>> result.represented.neurons, result.inputs_checked
    (2, 15)
    """
    from bitproof.construct.fixed_point import represent as build
    from bitproof.target.activations import activation_table

    levels = read_format(form, ties)
    arithmetic = arithmetic_of(levels, weights=weights, bias=bias, rounding=rounding)
    sigma = activation_table(activation, levels)
    values, text, saturated = _function(function, levels, dims)
    began = time.perf_counter()
    found = build(
        values, sigma, arithmetic, dims=dims, minimise=minimise, effort=effort, progress=progress
    )
    built = time.perf_counter()
    bits = verify(found.construction.network, values, levels, dims)
    is_table = not isinstance(function, str) or _is_file(function)
    return RepresentResult(
        function=text,
        form=levels,
        arithmetic=arithmetic,
        activation=sigma.name,
        dims=dims,
        values=values,
        represented=found,
        inputs_checked=len(values),
        accumulator_bits=bits,
        step=None if is_table else _step(levels),
        saturated=saturated,
        seconds={"construct": built - began, "check": time.perf_counter() - built},
    )


def read_format(form: str | FixedPoint, ties: str) -> FixedPoint:
    """The format with its rounding."""
    if isinstance(form, FixedPoint):
        return form
    if ties not in TIES:
        raise InputError(f"ties {ties[:40]!r}", remedy=f"one of {', '.join(TIES)}")
    return replace(FixedPoint.parse(form), rounding=TIES[ties])


def arithmetic_of(
    form: FixedPoint, *, weights: str, bias: str, rounding: str = "once"
) -> Arithmetic:
    """Weights, biases and rounding by their names."""
    from bitproof.theory.arithmetic import Arithmetic

    if bias not in BIASES:
        raise InputError(f"bias {bias[:40]!r}", remedy=f"one of {', '.join(BIASES)}")
    if rounding not in ROUNDINGS:
        raise InputError(f"rounding {rounding[:40]!r}", remedy=f"one of {', '.join(ROUNDINGS)}")
    once = rounding == "once"
    if bias == "accumulator":
        return Arithmetic.of(form, weights=weights, beta=1, rounding_once=once)
    return Arithmetic.of(form, weights=weights, bias=bias, rounding_once=once)


def verify(network: Network, values: Sequence[int], form: FixedPoint, dims: int) -> int:
    """Runs the network on every input; returns the bits that its sums are proved to need.

    Raises:
        AssertionError: it differs somewhere, which would be a fault of the construction.
    """
    import numpy as np

    engine, outputs = run_on_every_input(network, form, dims)
    levels = engine.output_granules[0] * form.scale
    wanted = np.array(values, dtype=np.int64)
    if not (outputs[:, 0] * levels.numerator == wanted * levels.denominator).all():
        raise AssertionError("the network differs from the function on some input")
    return engine.analysis.accumulator_bits


def run_on_every_input(
    network: Network, form: FixedPoint, dims: int
) -> tuple[Engine, NDArray[Any]]:
    """The engine, and the outputs in its granules: a row for every input of the format, the first
    coordinate slowest."""
    import numpy as np

    from bitproof.execute.fast import Engine
    from bitproof.execute.ranges import InputGrid

    ends = form.interval
    grid = InputGrid((ends.lower,) * dims, (ends.upper,) * dims, Fraction(1, form.scale))
    engine = Engine(network, grid)
    axis = range(form.lowest, form.highest + 1)
    return engine, engine.run(np.array(list(product(axis, repeat=dims)), dtype=np.int64))


def write_represented_files(
    result: RepresentResult, folder: Path
) -> tuple[dict[str, Path], dict[str, str]]:
    """Writes network.json, the C files and the ONNX file into a folder.

    Returns:
        The files by kind, and why a kind could not be written.
    """
    from bitproof.interop import export_c, export_onnx
    from bitproof.network import save_network

    refusals: dict[str, str] = {}
    save_network(result.network, folder / "network.json")
    files = {"network": folder / "network.json"}
    try:
        written = export_c(result.network, None, folder, "network")
        files |= {"c": written.source, "header": written.header}
    except BitproofError as error:
        refusals["c"] = str(error)
    try:
        export_onnx(result.network, None, folder / "network.onnx")
        files["onnx"] = folder / "network.onnx"
    except BitproofError as error:
        refusals["onnx"] = str(error)
    return files, refusals


def _function(
    function: str | Sequence[int], form: FixedPoint, dims: int
) -> tuple[tuple[int, ...], str, int]:
    """(levels, text, how many values saturate)."""
    from bitproof.pipeline.level_table import read_level_table
    from bitproof.target.rounding import rounded_expression

    if not isinstance(function, str):
        return tuple(function), f"{len(function)} levels", 0
    if _is_file(function):
        return read_level_table(Path(function), form, dims), function, 0
    wide = replace(form, lowest=-BEYOND, highest=BEYOND)
    exact = rounded_expression(function, wide, inputs=form, dims=dims)
    values = tuple(min(max(value, form.lowest), form.highest) for value in exact)
    saturated = sum(1 for one, other in zip(exact, values, strict=True) if one != other)
    return values, function, saturated


def _is_file(text: str) -> bool:
    return text.strip().lower().endswith(".csv")


def _step(form: FixedPoint) -> Fraction:
    nearest = form.rounding not in (Rounding.FLOOR, Rounding.TRUNCATE)
    return Fraction(1, (2 if nearest else 1) * form.scale)
