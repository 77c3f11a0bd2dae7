"""What is to be computed: expressions, tables, callables, each with rigorous enclosures."""

from bitproof.target.callable import CallableTarget
from bitproof.target.expression import ExpressionTarget
from bitproof.target.reading import parse_target
from bitproof.target.table import TableTarget
from bitproof.target.target import Target, Taylor

__all__ = [
    "CallableTarget",
    "ExpressionTarget",
    "TableTarget",
    "Target",
    "Taylor",
    "parse_target",
]
