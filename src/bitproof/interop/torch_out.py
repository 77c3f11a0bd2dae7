"""PyTorch: a module that computes the network's exact outputs in float64.

PyTorch is optional; it is imported when a module is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bitproof.errors import MissingDependencyError, RangeError
from bitproof.execute.ranges import InputGrid, analyse
from bitproof.interop.float_numbers import FloatType, input_reading, integer_numbers, refusal
from bitproof.interop.layer_plan import LayerPlan, goes_by_layers, layer_plan
from bitproof.interop.live import declared_grid, live_network
from bitproof.network import Network

if TYPE_CHECKING:
    from torch import nn


def to_torch(network: Network, grid: InputGrid | None = None) -> nn.Module:
    """A module of the same outputs, bit for bit, on every input of a grid.

    It takes a tensor of shape (batch, inputs), in real units, and gives a float64 tensor of shape
    (batch, outputs). Inside it everything is an integer in a float64, below 2^53 by the proved
    ranges, so neither the device nor the order of summation changes a result. The outputs are
    exact wherever they are floats, else the exact outputs rounded once. With fixed-point layers
    an input off the grid is taken as the nearest of the grid; a network of real semantics is an
    ordinary float64 network there.

    Its parameters are integer buffers, so `.half()` or `.to(torch.float32)` do not change them. It
    is for inference: rounding has no useful gradient.

    Args:
        network: of either semantics, or with layers of both.
        grid: the inputs it has to be exact on. None: all levels of the network's input format.

    Raises:
        RangeError: float64 does not hold the proved accumulators.
        InputError: the grid does not fit the network, or none is given where one is needed.
        MissingDependencyError: PyTorch is not installed.

    >>> from bitproof.exact import FixedPoint
    >>> from bitproof.network import Activation, Layer, SparseMatrix
    >>> form, matrix = FixedPoint.parse("Q3.4"), SparseMatrix.from_dense([[24]], columns=1)
    >>> layer = Layer((0,), matrix, (1,), 16, Activation.RELU, form)
    >>> module = to_torch(Network(1, (layer,), input_format=form))  # doctest: +SKIP
    >>> module(torch.tensor([[0.0625], [1.0]])).tolist()  # doctest: +SKIP
    [[0.125], [1.5625]]
    """
    grid = declared_grid(network, grid)
    if goes_by_layers(network):
        return _by_layers(layer_plan(analyse(network, grid)))
    live = live_network(network, analyse(network, grid))
    numbers = integer_numbers(live, FloatType.FLOAT64)
    if numbers is None:
        raise refusal(live, "PyTorch module")
    from bitproof.interop import torch_module

    _check_available()
    return torch_module.ExactModule(live, numbers)


def _by_layers(plan: LayerPlan) -> nn.Module:
    reading = input_reading(plan.inputs, FloatType.FLOAT64)
    largest = max(plan.magnitude, plan.largest_output).bit_length()
    divisor = plan.output_granule.denominator
    if largest > FloatType.FLOAT64.significant_bits or reading is None:
        raise RangeError(
            f"no PyTorch module computes this exactly: the proved accumulators need integers of "
            f"{largest} bits, float64 holds 53",
            remedy="export C, which goes on to 64 and 128 bits, or quantize to fewer bits",
        )
    if not FloatType.FLOAT64.holds(divisor):
        raise RangeError(
            f"an output is an integer over {divisor.bit_length()} bits of denominator",
            remedy="quantize the weights: powers of two have no such denominators",
        )
    _check_available()
    from bitproof.interop.torch_layers import LayeredModule

    return LayeredModule(plan, reading)


def _check_available() -> None:
    from bitproof.interop import torch_module

    if not torch_module.AVAILABLE:
        raise MissingDependencyError(
            "PyTorch is not installed", remedy="pip install 'bitproof[torch]'"
        )
