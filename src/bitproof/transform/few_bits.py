"""Weights of few bits: nearest, or error-compensating along a path of calibration inputs.

Each layer keeps its shape; its weights become k·2^-e with few-bit integers k, one power of two for
the network, for each layer or for each channel, and its biases get a format of their own. What the
rounding costs is not promised here: it is certified.

*Greedy path following* (Lybrand and Saab 2021, GPFQ; Zhang, Zhou, Saab 2023): the weights of a
neuron are rounded one after the other, each so that the error made so far on the calibration
inputs is compensated: with X the inputs of the layer, X̃ those of the rounded layers before it,

    q_t = round( <X̃_t, u_{t-1} + w_t X_t> / |X̃_t|² ),   u_t = u_{t-1} + w_t X_t - q_t X̃_t.

Floats propose the integers k; the network that is returned is exact.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from fractions import Fraction
from typing import Any

import numpy as np

from bitproof.errors import FormatError
from bitproof.exact.scaled_format import BINARY, TERNARY, LayerScale, ScaledFormat
from bitproof.network.convolution import Convolution
from bitproof.network.float_weights import float_biases, float_weights
from bitproof.network.layer import Activation, Layer
from bitproof.network.linear_map import LinearMap, SparseMatrix
from bitproof.network.network import Network

Array = np.ndarray[Any, Any]
CANDIDATES = (0, 1, 2)  # exponents tried above the one that holds the largest weight
DEFAULT_BIAS_BITS = 16
ZERO_EXPONENT = 0


class Granularity(Enum):
    """What shares one power of two."""

    NETWORK = "network"
    LAYER = "layer"
    CHANNEL = "channel"


class Method(Enum):
    """How weights become integers."""

    NEAREST = "nearest"
    GREEDY = "greedy"


@dataclass(frozen=True, slots=True)
class RoundingPlan:
    """What each layer's weights are rounded to.

    Attributes:
        symbols: for each layer, see `LayerScale.symbols`.
        granularity: what shares a power of two.
        method: greedy rounding is used where a layer has a matrix and there are points.
        bias_bits: of every bias.
        finer: doublings of the scale beyond the one that holds the largest weight, for every
            layer; None to take the one of least error on the points.
    """

    symbols: tuple[int, ...]
    granularity: Granularity = Granularity.LAYER
    method: Method = Method.NEAREST
    bias_bits: int = DEFAULT_BIAS_BITS
    finer: int | None = None


def round_weights(network: Network, plan: RoundingPlan, points: Array | None = None) -> Network:
    """The network with every weight and bias rounded as a plan says, its format declared.

    Args:
        network: real semantics.
        plan: one entry for each layer.
        points: calibration inputs, shape (points, inputs); they choose scales, guide the greedy
            rounding and correct the biases.

    Raises:
        FormatError: a network that rounds already, or a plan for another number of layers.

    >>> from bitproof.network import SparseMatrix
    >>> matrix = SparseMatrix.from_dense([[10, -3]], columns=2)
    >>> network = Network(2, (Layer((0,), matrix, (1,), 16, Activation.IDENTITY),))
    >>> rounded = round_weights(network, RoundingPlan((8,)))
    >>> [str(w) for w in rounded.weights()], rounded.weight_format.name
    (['1/2', '-1/4', '1/16'], '3-bit per network')
    """
    if not network.is_piecewise_linear:
        raise FormatError("a network that rounds already", remedy="give one of real semantics")
    if len(plan.symbols) != len(network.layers):
        raise FormatError(
            f"a plan of {len(plan.symbols)} entries for {len(network.layers)} layers",
            remedy="give one for each layer",
        )
    shared = _shared_exponent(network, plan) if plan.granularity is Granularity.NETWORK else None
    before = after = None if points is None else [points]
    layers, scales = [], []
    for layer, symbols in zip(network.layers, plan.symbols, strict=True):
        read = (
            None
            if before is None or after is None
            else (
                _read(layer, before),
                _read(layer, after),
            )
        )
        rounded, scale = _round_layer(layer, symbols, plan, shared, read)
        layers.append(rounded)
        scales.append(scale)
        if before is not None and after is not None and read is not None:
            before = [*before, _values(layer, read[0])]
            after = [*after, _values(rounded, read[1])]
    form = ScaledFormat(tuple(scales))
    return Network(network.inputs, tuple(layers), form, notes=network.notes)


def _read(layer: Layer, values: list[Array]) -> Array:
    return np.concatenate([values[source] for source in layer.sources], axis=1)


def _values(layer: Layer, inputs: Array) -> Array:
    z = inputs @ float_weights(layer).T + float_biases(layer)
    return np.asarray(np.maximum(z, 0.0) if layer.activation is Activation.RELU else z)


def _round_layer(
    layer: Layer,
    symbols: int,
    plan: RoundingPlan,
    shared: int | None,
    read: tuple[Array, Array] | None,
) -> tuple[Layer, LayerScale]:
    weights = _channels(layer)
    count = len(weights) if plan.granularity is Granularity.CHANNEL else 1
    inputs = read if isinstance(layer.matrix, SparseMatrix) else None
    exponents = _exponents(weights, symbols, plan, shared, None if inputs is None else inputs[1])
    scale = np.ldexp(1.0, exponents)[:, None]
    if plan.method is Method.GREEDY and inputs is not None:
        integers = _greedy(weights * scale, *inputs, symbols)
    else:
        integers = _nearest(weights * scale, symbols)
    integers = np.where(weights == 0.0, 0, integers)
    kept = exponents[:count] if count > 1 else exponents[:1]
    exact = LayerScale(symbols, tuple(int(e) for e in kept), plan.bias_bits, 0)
    bias = float_biases(layer)
    if read is not None:
        bias = bias + _bias_correction(layer, integers, exponents, read)
    bias_exponent = _bias_exponent(bias, exact, max(kept))
    exact = replace(exact, bias_exponent=bias_exponent)
    levels = [_clipped(round(Fraction(b) * Fraction(2) ** bias_exponent), exact) for b in bias]
    return _assembled(layer, integers, exponents, levels, bias_exponent), exact


def _channels(layer: Layer) -> Array:
    """The stored weights, one row for each channel."""
    matrix = layer.matrix
    if isinstance(matrix, Convolution):
        kernel = np.array([n / layer.denominator for n in matrix.kernel])
        return np.asarray(kernel.reshape(matrix.filters, -1))
    return float_weights(layer)


def _exponents(
    weights: Array, symbols: int, plan: RoundingPlan, shared: int | None, inputs: Array | None
) -> Array:
    """One exponent for each channel; equal ones where a layer shares it."""
    largest = np.abs(weights).max(axis=1, initial=0.0)
    if plan.granularity is not Granularity.CHANNEL:
        largest = np.full(len(weights), largest.max(initial=0.0))
    coarsest = np.array([_coarsest(value, symbols) for value in largest])
    if shared is not None:
        return np.full(len(weights), shared)
    if plan.finer is not None:
        return coarsest + plan.finer
    tried = []
    for finer in CANDIDATES:
        scale = np.ldexp(1.0, coarsest + finer)[:, None]
        error = weights - _nearest(weights * scale, symbols) / scale
        if inputs is not None:
            error = error @ inputs.T
        tried.append((error**2).sum(axis=1))
    losses = np.stack(tried)
    if plan.granularity is not Granularity.CHANNEL:
        losses = np.broadcast_to(losses.sum(axis=1, keepdims=True), losses.shape)
    return np.asarray(coarsest + np.array(CANDIDATES)[losses.argmin(axis=0)])


def _coarsest(largest: float, symbols: int) -> int:
    """The largest exponent with which the largest weight is a value; one more for {−1, (0), 1},
    where it would leave everything else 0."""
    if largest == 0.0:
        return ZERO_EXPONENT
    top = LayerScale(symbols, (0,), 2, 0).largest
    exponent = math.floor(math.log2((top + 0.5) / largest))
    return exponent if symbols not in (BINARY, TERNARY) else math.floor(-math.log2(largest))


def _shared_exponent(network: Network, plan: RoundingPlan) -> int:
    largest = max(float(np.abs(_channels(layer)).max(initial=0.0)) for layer in network.layers)
    return _coarsest(largest, min(plan.symbols)) + (plan.finer or 0)


def _nearest(scaled: Array, symbols: int) -> Array:
    """The nearest integers a format holds."""
    if symbols == BINARY:
        return np.where(scaled < 0.0, -1, 1)
    top = 1 if symbols == TERNARY else symbols // 2 - 1
    return np.clip(np.rint(scaled), -top, top).astype(np.int64)


def _greedy(scaled: Array, before: Array, after: Array, symbols: int) -> Array:
    """Greedy path following for all neurons of a layer at once."""
    rows, columns = scaled.shape
    integers = np.zeros((rows, columns), np.int64)
    left = np.zeros((rows, len(before)))  # u, one row for each neuron
    for t in range(columns):
        wanted = left + scaled[:, t : t + 1] * before[:, t]
        size = float(after[:, t] @ after[:, t])
        aim = wanted @ after[:, t] / size if size > 0.0 else scaled[:, t]
        integers[:, t] = _nearest(aim, symbols)
        left = wanted - integers[:, t : t + 1] * after[:, t]
    return integers


def _bias_correction(
    layer: Layer, integers: Array, exponents: Array, read: tuple[Array, Array]
) -> Array:
    """The mean error of the sums on the calibration inputs, which the biases take over."""
    bare = _assembled(layer, integers, exponents, [0] * layer.width, 0)
    exact = read[0] @ float_weights(layer).T
    error = np.asarray((exact - read[1] @ float_weights(bare).T).mean(axis=0))
    filters = len(layer.stored_biases)
    if filters < layer.width:  # a convolution keeps one bias for all places of a filter
        error = np.repeat(error.reshape(filters, -1).mean(axis=1), layer.width // filters)
    return error


def _bias_exponent(bias: Array, scale: LayerScale, weight_exponent: int) -> int:
    """As fine as the bits allow, but not finer than the product of a weight and a byte needs."""
    largest = float(np.abs(bias).max(initial=0.0))
    finest = int(weight_exponent) + 16
    if largest == 0.0:
        return finest
    return min(finest, math.floor(math.log2((scale.largest_bias - 1) / largest)))


def _clipped(level: int, scale: LayerScale) -> int:
    return max(-scale.largest_bias, min(scale.largest_bias, level))


def _assembled(
    layer: Layer, integers: Array, exponents: Array, levels: Sequence[int], bias_exponent: int
) -> Layer:
    """The layer with weights k·2^-e and biases k·2^-bias_exponent over one denominator."""
    used = int(max(0, bias_exponent, *exponents))
    shifted = [
        [int(k) << (used - int(e)) for k in row] for row, e in zip(integers, exponents, strict=True)
    ]
    bias = tuple(level << (used - bias_exponent) for level in levels)
    matrix = _with_numerators(layer.matrix, shifted)
    return replace(layer, matrix=matrix, bias=bias, denominator=1 << used)


def _with_numerators(matrix: LinearMap, rows: list[list[int]]) -> LinearMap:
    if isinstance(matrix, Convolution):
        return replace(matrix, kernel=tuple(k for row in rows for k in row))
    return SparseMatrix.from_dense(rows, columns=matrix.shape[1])
