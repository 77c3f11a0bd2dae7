"""From what a user writes to a target."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from bitproof.exact.interval import Interval
from bitproof.target.expression import ExpressionTarget
from bitproof.target.table import TableTarget
from bitproof.target.target import Target


def parse_target(text: str, domain: Interval | None = None) -> Target:
    """A table if the text ends in .csv or names an existing file `name.suffix`, else an
    expression in x.

    `domain`: [0, 1] for expressions and the table's span for tables, if it is None.

    Raises:
        InputError: neither understood as an expression nor as a table.
        DomainError: not defined, bounded and continuous on the domain, or outside of the table.

    >>> parse_target("sin(2*pi*x)").text
    'sin(2*pi*x)'
    """
    name = text.strip()
    if name.lower().endswith(".csv") or _is_file(name):
        return TableTarget.from_csv(name, domain)
    return ExpressionTarget.parse(text, domain or Interval(Fraction(0), Fraction(1)))


def _is_file(text: str) -> bool:
    try:
        return bool(Path(text).suffix) and Path(text).is_file()
    except (OSError, ValueError):
        return False
