"""The names of inputs: x for one, x1, x2, … for several."""

from __future__ import annotations

from bitproof.errors import InputError
from bitproof.target.ast import Node, variables


def index_of(name: str) -> int:
    """The position of an input, counted from 0: `x` and `x1` are the first.

    >>> index_of("x"), index_of("x2")
    (0, 1)
    """
    return int(name[1:] or 1) - 1


def dimension_of(node: Node) -> int:
    """How many inputs a tree needs at least: the largest index in it.

    Raises:
        InputError: `x` beside x2, x3, …, where it could be meant to be any of them.

    >>> from bitproof.target.grammar import parse
    >>> dimension_of(parse("x1*x3")), dimension_of(parse("sin(x)")), dimension_of(parse("1"))
    (3, 1, 1)
    """
    names = variables(node)
    largest = max((index_of(name) for name in names), default=0) + 1
    if "x" in names and len(names) > 1:
        raise InputError(
            f"x beside {max(names)} in the expression",
            remedy="write x1 for the first of several inputs",
        )
    return largest
