"""Float values of a tree at many points at once: for proposals only, nothing here is a proof."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from bitproof.exact.rationals import to_float
from bitproof.target.ast import (
    Binary,
    Call,
    Constant,
    Negate,
    Node,
    Number,
    Select,
    Variable,
    Where,
)
from bitproof.target.variables import index_of

Floats: TypeAlias = npt.NDArray[np.float64]

_COMPARISONS: dict[str, Callable[[Floats, Floats], npt.NDArray[np.bool_]]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}
_OPERATORS: dict[str, Callable[[Floats, Floats], Floats]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "^": np.power,
}


def _erf(u: Floats) -> Floats:
    return np.asarray(np.frompyfunc(math.erf, 1, 1)(u), dtype=np.float64)


def _sigmoid(u: Floats) -> Floats:
    return (np.tanh(u / 2) + 1) / 2


def _softplus(u: Floats) -> Floats:
    return np.logaddexp(0.0, u)


_FUNCTIONS: dict[str, Callable[[Floats], Floats]] = {
    "abs": np.abs,
    "sqrt": np.sqrt,
    "cbrt": np.cbrt,
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "log2": np.log2,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "erf": _erf,
    "relu": lambda u: np.maximum(u, 0.0),
    "elu": lambda u: np.where(u >= 0, u, np.expm1(np.minimum(u, 0.0))),
    "sigmoid": _sigmoid,
    "softplus": _softplus,
    "silu": lambda u: u * _sigmoid(u),
    "gelu": lambda u: u * (1 + _erf(u / math.sqrt(2))) / 2,
    "mish": lambda u: u * np.tanh(_softplus(u)),
}


def sample(node: Node, points: Floats) -> Floats:
    """Values at `points`; NaN where the tree is not defined in floats. No warning is given.

    >>> from bitproof.target.grammar import parse
    >>> sample(parse("where(x < 0, -x, sqrt(x))"), np.array([-1.0, 4.0])).tolist()
    [1.0, 2.0]
    """
    return _sampled(node, (points,))


def sample_box(node: Node, points: Floats) -> Floats:
    """The same in several variables, at points of shape (…, d).

    >>> from bitproof.target.grammar import parse
    >>> sample_box(parse("x1 - 2*x2"), np.array([[1.0, 2.0], [0.0, 1.0]])).tolist()
    [-3.0, -2.0]
    """
    return _sampled(node, tuple(points[..., i] for i in range(points.shape[-1])))


def _sampled(node: Node, columns: tuple[Floats, ...]) -> Floats:
    with np.errstate(all="ignore"):
        values = _sample(node, columns)
    return np.array(np.broadcast_to(values, columns[0].shape), dtype=np.float64)


def _sample(node: Node, points: tuple[Floats, ...]) -> Floats:
    match node:
        case Number(value):
            return np.float64(to_float(value)) * np.ones(())
        case Constant(name):
            return np.array(math.pi if name == "pi" else math.e)
        case Variable(name):
            return points[index_of(name)]
        case Negate(operand):
            return -_sample(operand, points)
        case Binary(operator, left, right):
            return _OPERATORS[operator](_sample(left, points), _sample(right, points))
        case Where(comparison, left, right, chosen, otherwise):
            holds = _COMPARISONS[comparison](_sample(left, points), _sample(right, points))
            return np.where(holds, _sample(chosen, points), _sample(otherwise, points))
        case Select(discriminant, chosen, otherwise):
            above = _sample(discriminant, points) >= 0
            return np.where(above, _sample(chosen, points), _sample(otherwise, points))
        case Call(name, arguments):
            return _call(name, [_sample(argument, points) for argument in arguments])


def _call(name: str, arguments: list[Floats]) -> Floats:
    if name in ("min", "max"):
        combine = np.minimum if name == "min" else np.maximum
        result = arguments[0]
        for argument in arguments[1:]:
            result = combine(result, argument)
        return result
    if name == "leaky_relu":
        slope = arguments[1] if len(arguments) == 2 else np.array(0.01)
        return np.where(arguments[0] >= 0, arguments[0], slope * arguments[0])
    return _FUNCTIONS[name](arguments[0])
