"""Which floats compute a network exactly: float32 or float64, real weights or integers.

A float of p significant bits (24, 53) holds every multiple of 2^e below 2^(p+e). So:

- *real weights*: the file has the network's own weights and biases. A neuron whose granule is
  odd · 2^e has partial sums that are multiples of 2^e; they are exact, in any order of summation
  and with or without fused multiply-add, if the proved bound times the odd part stays below 2^p.
- *integers*: the input becomes its level, every neuron is in granules, and one division by the
  output's integer denominator ends it. Exact up to that division if the proved bounds stay below
  2^p. This is what weights such as 1/3 need; the last division rounds correctly. It is also what
  fixed-point layers need: the rounding of a sum is one quotient of integers (`quotients`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from bitproof.errors import RangeError
from bitproof.execute.integer_network import Granule
from bitproof.interop.live import LiveNetwork, LiveNeuron
from bitproof.interop.quotients import RoundingStep, rounding_is_exact, rounding_magnitude


class FloatType(Enum):
    """A float type of ONNX that runtimes multiply matrices in."""

    FLOAT32 = "float32"
    FLOAT64 = "float64"

    @property
    def significant_bits(self) -> int:
        return {"float32": 24, "float64": 53}[self.value]

    @property
    def least_exponent(self) -> int:
        """2^this is the smallest normal number; below it runtimes may flush to 0."""
        return {"float32": -126, "float64": -1022}[self.value]

    @property
    def greatest_exponent(self) -> int:
        """Every exact number stays below 2^this."""
        return {"float32": 127, "float64": 1023}[self.value]

    def holds(self, value: Fraction | int) -> bool:
        """Whether a rational is one of its normal numbers (or 0).

        >>> FloatType.FLOAT32.holds(Fraction(3, 8)), FloatType.FLOAT32.holds(Fraction(1, 3))
        (True, False)
        """
        if value == 0:
            return True
        part = Granule.of(abs(Fraction(value)))
        return (
            part.denominator == 1
            and part.numerator.bit_length() <= self.significant_bits
            and part.exponent >= self.least_exponent
            and part.exponent + part.numerator.bit_length() <= self.greatest_exponent
        )


class Route(Enum):
    """What the weights in the file are."""

    REAL = "real weights"
    INTEGER = "integers"


class InputReading(Enum):
    """How the integer route gets the level of an input."""

    AS_IS = "as is"
    MULTIPLY = "multiply"
    MULTIPLY_AND_ROUND = "multiply and round"
    ROUND_AND_CLIP = "multiply, round and clip"


@dataclass(frozen=True, slots=True)
class Numbers:
    """How an ONNX file or a PyTorch module computes.

    Attributes:
        dtype, route: see the module.
        reading: how inputs are read; only the integer route does anything to them. With fixed-point
            layers every input becomes the nearest level of the grid.
        divisors: per output, the integer the last step divides by (1: no division).
    """

    dtype: FloatType
    route: Route
    reading: InputReading
    divisors: tuple[int, ...]

    def weights(self, live: LiveNetwork, value: int) -> tuple[Fraction | int, ...]:
        """The weights of a neuron as they stand in the file."""
        neuron = live.neuron(value)
        if self.route is Route.REAL:
            return neuron.real_weights
        if neuron.quantizer is not None:
            factor = RoundingStep.of(neuron).factor
            return tuple(factor * weight for weight in neuron.weights)
        factor = _output_factor(live, value)
        return tuple(factor * weight for weight in neuron.weights)

    def bias(self, live: LiveNetwork, value: int) -> Fraction | int:
        """The bias of a neuron as it stands in the file."""
        neuron = live.neuron(value)
        if self.route is Route.REAL:
            return neuron.real_bias
        if neuron.quantizer is not None:
            step = RoundingStep.of(neuron)
            return step.factor * neuron.bias + step.gemm_offset
        return _output_factor(live, value) * neuron.bias


def choose_numbers(live: LiveNetwork) -> Numbers:
    """The first that is exact: float32 before float64, real weights before integers.

    Raises:
        RangeError: none is; says which width the proved accumulators need.
    """
    for dtype in FloatType:
        if not live.rounds and _real_is_exact(live, dtype):
            return Numbers(dtype, Route.REAL, InputReading.AS_IS, (1,) * len(live.outputs))
        numbers = integer_numbers(live, dtype)
        if numbers is not None:
            return numbers
    raise refusal(live, "ONNX type")


def integer_numbers(live: LiveNetwork, dtype: FloatType) -> Numbers | None:
    """The integers in a type; None if they are not exact in it."""
    divisors = tuple(_divisor(live, value) for value in live.outputs)
    reading = input_reading(live, dtype)
    if reading is None or not _integers_are_exact(live, dtype, divisors):
        return None
    return Numbers(dtype, Route.INTEGER, reading, divisors)


def _output_factor(live: LiveNetwork, value: int) -> int:
    """Outputs are computed in units of 1/denominator, so that one division ends them."""
    if value not in live.outputs:
        return 1
    return live.granule(value).value.numerator


def _divisor(live: LiveNetwork, value: int) -> int:
    return live.granule(value).value.denominator


def _bounds(live: LiveNetwork) -> Iterator[tuple[Granule, int]]:
    """The granule and proved magnitude of every input and neuron."""
    for low, high in zip(live.input_lower, live.input_upper, strict=True):
        yield live.input_granule, max(high, -low)
    for neuron in live.neurons:
        yield neuron.granule, _magnitude(neuron)


def _magnitude(neuron: LiveNeuron) -> int:
    return max(neuron.accumulator, neuron.upper, -neuron.lower)


def _real_is_exact(live: LiveNetwork, dtype: FloatType) -> bool:
    for granule, magnitude in _bounds(live):
        bits = (magnitude * granule.numerator).bit_length()
        if (
            granule.denominator != 1
            or bits > dtype.significant_bits
            or granule.exponent < dtype.least_exponent
            or granule.exponent + bits > dtype.greatest_exponent
        ):
            return False
    return all(
        dtype.holds(neuron.real_bias) and all(map(dtype.holds, neuron.real_weights))
        for neuron in live.neurons
    )


def input_reading(live: LiveNetwork, dtype: FloatType) -> InputReading | None:
    """How levels are got exactly; None if they cannot be in this type."""
    step = live.input_granule
    largest = max(*live.input_upper, *(-low for low in live.input_lower), 1)
    bits = dtype.significant_bits
    size = step.exponent + step.numerator.bit_length() - step.denominator.bit_length()
    if max(abs(size) + 1, largest.bit_length() + size) >= dtype.greatest_exponent - 1:
        return None
    dyadic = step.numerator == step.denominator == 1 and dtype.holds(1 / step.value)
    if live.rounds:
        spare = 0 if dyadic else 4
        return InputReading.ROUND_AND_CLIP if largest.bit_length() <= bits - spare else None
    if dyadic:
        if largest.bit_length() > bits or not dtype.holds(step.value):
            return None
        return InputReading.AS_IS if step.exponent == 0 else InputReading.MULTIPLY
    # x and 1/step are rounded once each and so is the product: relative error below 4·2^-p, so
    # the absolute one is below 1/2 for levels below 2^(p-4), and rounding gives the level.
    return InputReading.MULTIPLY_AND_ROUND if largest.bit_length() <= bits - 4 else None


def _integers_are_exact(live: LiveNetwork, dtype: FloatType, divisors: tuple[int, ...]) -> bool:
    limit = dtype.significant_bits
    outputs = set(live.outputs)
    for value, neuron in enumerate(live.neurons, start=live.inputs):
        factor = _output_factor(live, value) if value in outputs else 1
        if neuron.quantizer is not None:
            if not rounding_is_exact(neuron, neuron.quantizer, limit):
                return False
            continue
        parts = (_magnitude(neuron), abs(neuron.bias), *(abs(weight) for weight in neuron.weights))
        if (max(parts) * factor).bit_length() > limit:
            return False
    return all(map(dtype.holds, divisors))


def refusal(live: LiveNetwork, what: str) -> RangeError:
    """Why no type is exact; says which width the proved accumulators need."""
    integer = max(magnitude for _, magnitude in _bounds(live)).bit_length()
    if live.rounds:
        rounded = [(n, n.quantizer) for n in live.neurons if n.quantizer is not None]
        integer = max(integer, *(rounding_magnitude(n, q).bit_length() for n, q in rounded))
    divisor = max(_divisor(live, value) for value in live.outputs)
    reason = f"the proved accumulators need integers of {integer} bits"
    if integer <= FloatType.FLOAT64.significant_bits:
        reason = (
            f"an output is an integer over {divisor.bit_length()} bits of denominator"
            if not FloatType.FLOAT64.holds(divisor)
            else f"the inputs or the outputs need more than 53 bits ({reason})"
        )
    return RangeError(
        f"no {what} computes this exactly: {reason}, float32 holds 24 and float64 53"
        + (", two less with divisors that are no powers of two" if live.rounds else ""),
        remedy="export C, which goes on to 64 and 128 bits, or choose a coarser grid of inputs",
    )
