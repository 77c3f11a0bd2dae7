"""Reading a node's inputs and attributes, with errors that name the node."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from bitproof.exact import from_float
from bitproof.interop.exact_array import ExactArray
from bitproof.interop.lowered_values import Value
from bitproof.interop.model_graph import Node


def operand(node: Node, inputs: Sequence[Value | None], index: int) -> Value:
    """An input that must be there."""
    value = inputs[index] if index < len(inputs) else None
    if value is None:
        raise node.refusal(f"lacks its input {index}", "export the model again")
    return value


def constant(node: Node, inputs: Sequence[Value | None], index: int, what: str) -> ExactArray:
    """An input that must be a constant."""
    value = operand(node, inputs, index)
    if not isinstance(value, ExactArray):
        raise node.refusal(
            f"computes {what} (input {index}) from the model's input",
            f"{what} must be a constant: fold it into the model",
        )
    return value


def optional_constant(
    node: Node, inputs: Sequence[Value | None], index: int, what: str
) -> ExactArray | None:
    """An input that may be left out."""
    if index >= len(inputs) or inputs[index] is None:
        return None
    return constant(node, inputs, index, what)


def integer(node: Node, name: str, default: int) -> int:
    """An integer attribute."""
    value = node.attributes.get(name, default)
    if type(value) is not int:
        raise node.refusal(f"has {name} = {str(value)[:40]}", "it must be an integer")
    return value


def integers(node: Node, name: str, default: tuple[int, ...]) -> tuple[int, ...]:
    """An attribute of several integers."""
    value = node.attributes.get(name, default)
    if not isinstance(value, tuple | list) or any(type(one) is not int for one in value):
        raise node.refusal(f"has {name} = {str(value)[:40]}", "it must be integers")
    return tuple(value)


def number(node: Node, name: str, default: float) -> Fraction:
    """A float attribute, as the rational it is."""
    value = node.attributes.get(name, default)
    if not isinstance(value, float | int):
        raise node.refusal(f"has {name} = {str(value)[:40]}", "it must be a number")
    return from_float(float(value))


def axis_of(node: Node, axis: int, rank: int) -> int:
    """An axis counted from the front."""
    if not -rank <= axis < rank:
        raise node.refusal(f"names axis {axis} of {rank}", f"axes are -{rank} to {rank - 1}")
    return axis % rank
