"""From what a user writes to a target of several inputs."""

from __future__ import annotations

from pathlib import Path

from bitproof.errors import BitproofError, InputError
from bitproof.exact.box import Box
from bitproof.target.box_expression import ExpressionBoxTarget
from bitproof.target.box_target import BoxTarget
from bitproof.target.grammar import parse
from bitproof.target.grid_table import GridTable, columns_of
from bitproof.target.variables import dimension_of


def inputs_of(text: str) -> int:
    """The number of inputs a text seems to speak of: 1 if it is not understood.

    >>> inputs_of("x1*x3"), inputs_of("sin(x)"), inputs_of("2x")
    (3, 1, 1)
    """
    try:
        if _is_table(text):
            return max(1, columns_of(Path(text.strip())) - 1)
        return dimension_of(parse(text))
    except BitproofError:
        return 1


def parse_box_target(
    text: str, domain: Box | None = None, interpolation: str | None = None
) -> BoxTarget:
    """A table on a grid if the text ends in .csv, else an expression in x1, …, xd.

    `domain`: [0, 1] for every input of an expression, a table's span, if it is None.

    Raises:
        InputError: neither understood as an expression nor as a table, or an `interpolation` that
            does not fit.
        DomainError: not defined and bounded on the domain, or outside of the table.

    >>> parse_box_target("x1*x2").dimension
    2
    """
    if _is_table(text):
        return GridTable.from_csv(text.strip(), domain, interpolation)
    if interpolation is not None:
        raise InputError(
            f"--interpolation {interpolation} for an expression", remedy="it is for tables only"
        )
    box = Box.unit(dimension_of(parse(text))) if domain is None else domain
    return ExpressionBoxTarget.parse(text, box)


def _is_table(text: str) -> bool:
    return text.strip().lower().endswith(".csv")
