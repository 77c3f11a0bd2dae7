"""What a network of several inputs is compared with."""

from __future__ import annotations

from abc import ABC, abstractmethod
from fractions import Fraction
from typing import Any

from .box_expression import BoxExpression
from .box_jets import BoxJet, Cell
from .document import Invalid, one_of, string, table_of
from .interval import Interval


class BoxTarget(ABC):
    """A function of several real variables."""

    text: str

    @abstractmethod
    def jet(self, cell: Cell) -> BoxJet:
        """Enclosures on a cell. Raises Undecided where there are none."""

    def at(self, point: tuple[Fraction, ...]) -> Interval:
        """Encloses f at a point. Raises Undecided where it is not known to exist."""
        return self.jet(Cell.around([point])).value


class ExpressionBoxTarget(BoxTarget):
    """An expression in x1, …, xd."""

    def __init__(self, data: dict[str, Any], inputs: int) -> None:
        table = table_of(data, "target", "kind text")
        self.text = string(table["text"], "target: text")
        self.expression = BoxExpression.read(self.text, inputs)

    def jet(self, cell: Cell) -> BoxJet:
        return self.expression.jet(cell)


def read_box_target(data: object, inputs: int) -> BoxTarget:
    """Raises Invalid: not a target."""
    kinds: dict[str, type[ExpressionBoxTarget]] = {"expression": ExpressionBoxTarget}
    if not isinstance(data, dict):
        raise Invalid("target is not an object")
    return kinds[one_of(data.get("kind"), "target: kind", kinds)](data, inputs)
