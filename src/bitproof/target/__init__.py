"""What is to be computed: expressions, tables, callables, each with rigorous enclosures."""

from bitproof.target.activations import activation_table
from bitproof.target.box_expression import ExpressionBoxTarget
from bitproof.target.box_target import BoxTarget, BoxTaylor
from bitproof.target.callable import CallableTarget
from bitproof.target.expression import ExpressionTarget
from bitproof.target.grid_table import GridTable
from bitproof.target.reading import parse_target
from bitproof.target.rounding import correctly_rounded, rounded_expression
from bitproof.target.table import TableTarget
from bitproof.target.target import Target, Taylor

__all__ = [
    "BoxTarget",
    "BoxTaylor",
    "CallableTarget",
    "ExpressionBoxTarget",
    "ExpressionTarget",
    "GridTable",
    "TableTarget",
    "Target",
    "Taylor",
    "activation_table",
    "correctly_rounded",
    "parse_target",
    "rounded_expression",
]
