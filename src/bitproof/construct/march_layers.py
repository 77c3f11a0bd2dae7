"""The layers of a march network: consecutive, width 2 or 3, every weight in one format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from bitproof.construct.march_plan import HALF, InputPlan, OutputPlan, binary_digits
from bitproof.exact import WeightFormat, common_denominator
from bitproof.network import Activation, Layer, Network, SparseMatrix
from bitproof.theory.march import InputStage, MarchShape

Rows = tuple[tuple[Fraction, ...], ...]
ONE = Fraction(1)
ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Offset:
    """How y starts: slope·(X before its last doubling) + weight·constant + bias, with `constant`
    an integer made bit by bit beside the doublings of the input."""

    slope: Fraction
    weight: Fraction
    constant: int
    bias: Fraction


class _Chain:
    """Consecutive layers. Equal affine maps share their matrix, so a long march stays small."""

    def __init__(self) -> None:
        self.layers: list[Layer] = []
        self._seen: dict[
            tuple[Rows, tuple[Fraction, ...]], tuple[SparseMatrix, tuple[int, ...], int]
        ] = {}

    def add(
        self,
        rows: Sequence[Sequence[Fraction | int]],
        bias: Sequence[Fraction | int],
        activation: Activation = Activation.RELU,
    ) -> None:
        key = (
            tuple(tuple(Fraction(w) for w in row) for row in rows),
            tuple(Fraction(b) for b in bias),
        )
        if key not in self._seen:
            self._seen[key] = _integer_map(*key)
        self._append(self._seen[key], activation)

    def march(self, changes: Sequence[Fraction]) -> None:
        """One layer (u - 1, y + c·u) for each change of slope."""
        maps = {
            change: _integer_map(((ONE, ZERO), (change, ONE)), (-ONE, ZERO))
            for change in set(changes)
        }
        for change in changes:
            self._append(maps[change], Activation.RELU)

    def _append(
        self, parts: tuple[SparseMatrix, tuple[int, ...], int], activation: Activation
    ) -> None:
        matrix, bias, denominator = parts
        self.layers.append(Layer((len(self.layers),), matrix, bias, denominator, activation))


def _integer_map(
    rows: Rows, bias: tuple[Fraction, ...]
) -> tuple[SparseMatrix, tuple[int, ...], int]:
    denominator = common_denominator([*bias, *(w for row in rows for w in row)])
    matrix = SparseMatrix.from_dense(
        [[int(w * denominator) for w in row] for row in rows], columns=len(rows[0])
    )
    return matrix, tuple(int(b * denominator) for b in bias), denominator


def march_network(
    source: InputPlan,
    start: Offset,
    changes: Sequence[Fraction],
    sink: OutputPlan,
    form: WeightFormat | None,
) -> Network:
    """The network: head, one layer per cell, tail. `changes` are the n slope changes of y per u;
    the first belongs to X = 0."""
    chain = _Chain()
    _input_layers(chain, source)
    _head_layers(chain, source, start)
    chain.march(changes[:-1])
    _tail_layers(chain, changes[-1], sink)
    return Network(1, tuple(chain.layers), form)


def march_shape(source: InputPlan, cells: int, sink: OutputPlan) -> MarchShape:
    """What the theorem's formulas take."""
    return MarchShape(
        cells=cells,
        input_stage=source.stage,
        input_halvings=source.halvings,
        input_mantissa=len(binary_digits(source.mantissa)),
        input_doublings=source.doublings,
        output_mantissa=len(binary_digits(sink.mantissa)),
        output_halvings=sink.halvings,
        output_doublings=sink.doublings,
    )


def varying_entries(
    source: InputPlan, start: Offset, changes: Sequence[Fraction], sink: OutputPlan
) -> int:
    """Non-zero entries that depend on the function, for `MarchShape.nonzero_weights`."""
    bits = [start.constant >> place & 1 for place in range(source.doublings - 1, -1, -1)]
    pairs = list(zip(source.digits[:-1], bits, strict=True))
    count = sum(digit + (digit != bit) + bit for digit, bit in pairs)
    count += source.digits[-1] + (start.bias != 0)
    count += sum(binary_digits(source.mantissa)[1:-1]) + sum(binary_digits(sink.mantissa)[1:-1])
    count += sum(1 for change in changes if change)
    count += 1 if sink.mantissa != 1 and changes[-1] else 0
    count += sum(1 for digit in sink.digits if digit)
    return count + (sink.rest != 0) * (2 if sink.doublings else 1)


def _input_layers(chain: _Chain, source: InputPlan) -> None:
    """x becomes a number in [0, 1]."""
    if source.stage is InputStage.SPLIT:
        chain.add([[1], [-1]], [0, 0])
        for _ in range(source.halvings):
            chain.add([[HALF, 0], [0, HALF]], [0, 0])
        chain.add([[1, -1]], [source.bias])
        return
    if source.stage is InputStage.SHIFTED:
        chain.add([[source.weight]], [source.bias])
    for _ in range(source.halvings):
        chain.add([[HALF]], [0])


def _head_layers(chain: _Chain, source: InputPlan, start: Offset) -> None:
    """Horner's rule for the mantissa, then (P, P + c, c) doubled with weights ±1, then (u, y)."""
    bits = binary_digits(source.mantissa)
    top = source.doublings - 1
    first, *others = (start.constant >> place & 1 for place in range(top, -1, -1))
    shift = source.digits[0]
    bias = [-shift, first - shift, first]
    if len(bits) == 1:
        chain.add([[1], [1], [0]], bias)
    else:
        _horner_layers(chain, bits, copies=True)
        last = (ONE, HALF)
        chain.add([last, last, (ZERO, ZERO)], bias)
    for digit, bit in zip(source.digits[1:-1], others, strict=True):
        chain.add([[1, 1, -1], [1, 1, 1], [-1, 1, 1]], [-digit, bit - digit, bit])
    chain.add([[1, 1, -1], [start.slope, 0, start.weight]], [-source.digits[-1], start.bias])


def _horner_layers(chain: _Chain, bits: tuple[int, ...], *, copies: bool) -> None:
    """From v: (v, v), then (v, z) with z = z/2 + digit·v, all digits but the leading one."""
    if copies:
        chain.add([[1], [1]], [0, 0])
    for bit in reversed(bits[1:-1]):
        chain.add([(ONE, ZERO), (Fraction(bit), HALF)], [0, 0])


def _tail_layers(chain: _Chain, change: Fraction, sink: OutputPlan) -> None:
    """The last change of slope, the mantissa, the halvings with the offset, the doublings."""
    bits = binary_digits(sink.mantissa)
    if len(bits) == 1:
        chain.add([(change, ONE)], [0])
    else:
        chain.add([(change, ONE), (change, ONE)], [0, 0])
        _horner_layers(chain, bits, copies=False)
        chain.add([(ONE, HALF)], [0])
    if sink.doublings:
        for digit in sink.digits:
            chain.add([[HALF]], [-digit])
        _doubling_layers(chain, sink)
        return
    for digit in sink.digits:
        chain.add([[HALF]], [-digit])
    last = HALF if sink.halvings else ONE
    chain.add([[last]], [-sink.rest], Activation.IDENTITY)


def _doubling_layers(chain: _Chain, sink: OutputPlan) -> None:
    """z - rest as p - q, both doubled through (p, p + q, q)."""
    chain.add([[1], [-1]], [-sink.rest, sink.rest])
    chain.add([[1, 0], [1, 1], [0, 1]], [0, 0, 0])
    for _ in range(sink.doublings):
        chain.add([[1, 1, -1], [1, 1, 1], [-1, 1, 1]], [0, 0, 0])
    chain.add([[1, 0, -1]], [0], Activation.IDENTITY)
