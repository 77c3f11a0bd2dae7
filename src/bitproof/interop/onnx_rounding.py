"""The ONNX nodes that turn sums into the values of a fixed-point layer, as `quotients` says."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bitproof.exact import Overflow, Rounding
from bitproof.interop.live import LiveNeuron, Quantizer
from bitproof.interop.onnx_writer import INT64, OnnxWriter
from bitproof.interop.quotients import RoundingStep

_OPERATOR = {
    Rounding.NEAREST_EVEN: "Round",
    Rounding.NEAREST_UP: "Floor",
    Rounding.NEAREST_AWAY: "Floor",
    Rounding.NEAREST_DOWN: "Ceil",
    Rounding.NEAREST_ZERO: "Ceil",
    Rounding.FLOOR: "Floor",
    Rounding.TRUNCATE: "Floor",
}


def write_quantizer(
    writer: OnnxWriter, neurons: Sequence[LiveNeuron], quantizer: Quantizer, name: str
) -> str:
    """Adds what follows the Gemm `name` of neurons that share a quantizer; returns the values."""
    levels = _Levels(writer, quantizer, name)
    levels.round([RoundingStep.of(neuron) for neuron in neurons])
    if quantizer.form.overflow is Overflow.WRAP:
        levels.wrap()
    if quantizer.form.overflow is Overflow.SATURATE or quantizer.limits_again:
        levels.clip(quantizer.lowest, quantizer.highest)
    if quantizer.entries is not None:
        levels.look_up(quantizer.entries)
    return levels.name


class _Levels:
    """One tensor on its way from sums to values; every method adds nodes."""

    def __init__(self, writer: OnnxWriter, quantizer: Quantizer, name: str) -> None:
        self.name = name
        self._writer, self._quantizer, self._stem = writer, quantizer, name

    def round(self, steps: Sequence[RoundingStep]) -> None:
        """The quotient and its rounding; nothing where all divisors are 1."""
        if all(step.divisor == 1 for step in steps):
            return
        rule = self._quantizer.form.rounding
        sums = self.name
        by_sign = steps[0].by_sign
        if by_sign:
            self._node("Abs", "magnitude")
            self._with_row("Add", "offset", steps, lambda step: step.offset, 0)
        self._with_row("Div", "quotient", steps, lambda step: step.divisor, 1)
        self._node(_OPERATOR[rule], "level")
        if by_sign:
            sign = self._writer.node("Sign", [sums], f"{self._stem}.sign")
            self._node("Mul", "signed", sign)

    def wrap(self) -> None:
        """level - count · floor((level - lowest) / count)."""
        form = self._quantizer.form
        levels = self.name
        count = self._number("count", form.levels)
        if form.lowest:
            self._node("Sub", "above", self._number("lowest", form.lowest))
        self._node("Div", "turns", count)
        self._node("Floor", "whole_turns")
        self._node("Mul", "turned", count)
        self.name = self._writer.node("Sub", [levels, self.name], f"{self._stem}.wrapped")

    def clip(self, lowest: int, highest: int) -> None:
        """Ends no number of the type reaches are left as they are in the type."""
        reach = 1 << self._writer.dtype.significant_bits
        ends = [max(lowest, -reach), min(highest, reach)]
        names = [
            self._number("least", ends[0], scalar=True),
            self._number("most", ends[1], scalar=True),
        ]
        self._node("Clip", "limited", *names)

    def look_up(self, entries: tuple[int, ...]) -> None:
        """The table's entries, which are stored once for all layers."""
        if self._quantizer.lowest:
            self._node("Sub", "place", self._number("first", self._quantizer.lowest))
        index = self._writer.node("Cast", [self.name], f"{self._stem}.index", to=INT64)
        table = self._writer.table(entries)
        self.name = self._writer.node("Gather", [table, index], f"{self._stem}.value", axis=0)

    def _node(self, kind: str, what: str, *more: str) -> None:
        self.name = self._writer.node(kind, [self.name, *more], f"{self._stem}.{what}")

    def _with_row(
        self,
        kind: str,
        what: str,
        steps: Sequence[RoundingStep],
        number: Callable[[RoundingStep], int],
        neutral: int,
    ) -> None:
        """An operator with one number for each column, or one for all; nothing if neutral."""
        numbers = [number(step) for step in steps]
        if len(set(numbers)) == 1:
            numbers = numbers[:1]
        if numbers == [neutral]:
            return
        row = self._writer.array((len(numbers),), (((at,), n) for at, n in enumerate(numbers)))
        self._node(kind, what, self._writer.constant(f"{self._stem}.{what}s", row))

    def _number(self, what: str, value: int, *, scalar: bool = False) -> str:
        shape, place = ((), ()) if scalar else ((1,), (0,))
        array = self._writer.array(shape, [(place, value)])
        return self._writer.constant(f"{self._stem}.{what}", array)
