"""Rounded activations: what integer hardware runs, with a bound on what the roundings cost.

Every layer's values are rounded once to a fixed-point format (fixed-point semantics); the weights
stay as they are. The claim bounds the distance to the unrounded network over a whole box of inputs
of the input format, by propagating intervals and units in the last place through the layers. It is
an a-priori bound, and there is none where intervals alone cannot exclude saturation; `certify`
finds the exact error by enumeration in every case.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from bitproof.errors import FormatError
from bitproof.exact import Box, FixedPoint, Interval, Overflow, Rounding, rational_gcd
from bitproof.network import Activation, Layer, Network
from bitproof.transform.claim import Within


@dataclass(frozen=True, slots=True)
class Rounded:
    """A network with rounded activations.

    Attributes:
        network: fixed-point semantics, same weights, every layer in `form`.
        claim: a bound on the distance to the original for inputs of the input format in the box;
            None if a value might saturate for all that intervals say.
        form: the format of every layer.
        values: what intervals say of all values behind the activations, were nothing to saturate.
    """

    network: Network
    claim: Within | None
    form: FixedPoint
    values: Interval


@dataclass(frozen=True, slots=True)
class _Spread:
    """The values a neuron can take in the original network, how far the rounded one can be, and
    a number of which its rounded values are multiples."""

    values: Interval
    distance: Fraction
    granule: Fraction


def round_activations(
    network: Network, inputs: FixedPoint, form: FixedPoint, box: Interval | Box
) -> Rounded:
    """Rounds every layer of a real network to `form`, its inputs being values of `inputs` in `box`.

    Args:
        box: where the inputs are; an interval is that of every input.

    Raises:
        FormatError: the network rounds already.

    >>> from bitproof.network import SparseMatrix
    >>> third = Layer((0,), SparseMatrix.from_dense([[1]], columns=1), (0,), 3)
    >>> out = Layer((1,), SparseMatrix.from_dense([[1]], columns=1), (0,), 1, Activation.IDENTITY)
    >>> form = FixedPoint.parse("Q1.4")
    >>> unit = Interval(Fraction(0), Fraction(1))
    >>> rounded = round_activations(Network(1, (third, out)), form, form, unit)
    >>> rounded.claim.bound, rounded.network.is_real
    (Fraction(1, 32), False)
    """
    if not network.is_piecewise_linear:
        raise FormatError("a network that rounds already", remedy="give one of real semantics")
    sides = box.sides if isinstance(box, Box) else (box,) * network.inputs
    step = Fraction(1, inputs.scale)
    spreads: list[list[_Spread]] = [[_Spread(side, Fraction(0), step) for side in sides]]
    layers = []
    for layer in network.layers:
        gathered = [spread for source in layer.sources for spread in spreads[source]]
        rows = range(layer.width)
        spreads.append([_rounded(_neuron(layer, row, gathered), form, layer) for row in rows])
        layers.append(replace(layer, output_format=form))
    rounded = Network(
        network.inputs, tuple(layers), network.weight_format, inputs, notes=network.notes
    )
    found = [_reach(spread) for row in spreads[1:] for spread in row]
    values = Interval(min(v.lower for v in found), max(v.upper for v in found))
    inside = form.interval.lower <= values.lower and values.upper <= form.interval.upper
    bound = max(spread.distance for spread in spreads[-1])
    fits = form.overflow is Overflow.SATURATE and inside
    claim = Within(bound, f"every layer rounded to {form.name}") if fits else None
    return Rounded(rounded, claim, form, values)


def _neuron(layer: Layer, row: int, gathered: list[_Spread]) -> _Spread:
    """The pre-activation: exact sums, distances scaled by the weights."""
    bias = layer.weight(layer.bias[row])
    values, distance, granules = Interval(bias, bias), Fraction(0), [bias]
    for column, numerator in layer.matrix.row(row):
        weight = layer.weight(numerator)
        values = values + gathered[column].values.scale(weight)
        distance += abs(weight) * gathered[column].distance
        granules.append(weight * gathered[column].granule)
    return _Spread(values, distance, rational_gcd(granules))


def _rounded(spread: _Spread, form: FixedPoint, layer: Layer) -> _Spread:
    """After one rounding (none if every value is on the format's grid) and the activation."""
    unit = Fraction(1, form.scale)
    values, distance, granule = spread.values, spread.distance, spread.granule
    if (granule / unit).denominator != 1:
        nearest = form.rounding not in (Rounding.FLOOR, Rounding.TRUNCATE)
        distance += unit / 2 if nearest else unit
        granule = unit
    if layer.activation is Activation.RELU:
        zero = Fraction(0)
        values = Interval(max(values.lower, zero), max(values.upper, zero))
    return _Spread(values, distance, granule)


def _reach(spread: _Spread) -> Interval:
    """The values of the rounded neuron, as far as intervals can tell. The range before a ReLU may
    leave the format below: saturation there keeps the sign, so that after it counts."""
    return Interval(spread.values.lower - spread.distance, spread.values.upper + spread.distance)
