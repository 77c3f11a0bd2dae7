"""Activation tables of a fixed-point format, from a name, an expression or a CSV file."""

from __future__ import annotations

import difflib
from fractions import Fraction
from pathlib import Path

from bitproof.errors import InputError
from bitproof.exact.fixed_point import FixedPoint
from bitproof.network.layer import ActivationTable
from bitproof.target.grammar import CONSTANTS, FUNCTIONS
from bitproof.target.rounding import rounded_expression, saturated
from bitproof.target.table import TableTarget

# Names that are no functions of the grammar. At 0 both of the last two are 1, as in binarised
# networks.
_EXPRESSIONS = {
    "identity": "x",
    "step": "where(x >= 0, 1, 0)",
    "sign": "where(x >= 0, 1, -1)",
    "swish": "silu(x)",
}
MAX_NAME = 200
ACTIVATIONS = (
    *("identity", "relu", "leaky_relu", "sigmoid", "tanh", "elu", "softplus", "silu"),
    *("mish", "gelu", "step", "sign", "abs"),
)


def activation_table(text: str, form: FixedPoint) -> ActivationTable:
    """The correctly rounded table of an activation over the levels of a format.

    Args:
        text: a name (`gelu`, `step`, or any function of the grammar), an expression in x
            (`max(0, x)^2`), or the name of a CSV file with two columns, one row for every level:
            levels (whole numbers), or values (x, y) where the x are the format's values.
        form: the format before and after the activation. Values saturate.

    Raises:
        InputError: an unknown name, no expression, or a file that is no table of the format.
        DomainError: undefined at a level (1/x at 0), or not proved to round to one level there.
        WorkLimitError: more than 2^20 levels.

    >>> activation_table("sigmoid", FixedPoint.symmetric(2, 1)).values
    (0, 0, 0, 0, 1, 1, 1)
    >>> activation_table("sign", FixedPoint.symmetric(2, 1)).values
    (-1, -1, -1, 1, 1, 1, 1)
    """
    name = text.strip()
    if name.lower().endswith(".csv") or _is_file(name):
        return _from_csv(Path(name), form)
    return ActivationTable(name[:MAX_NAME], rounded_expression(activation_expression(name), form))


def activation_expression(name: str) -> str:
    """The expression in x that a name stands for; any other text is one already.

    Raises:
        InputError: a name that is not known.

    >>> [activation_expression(name) for name in ("gelu", "identity", "x^2")]
    ['gelu(x)', 'x', 'x^2']
    """
    if name in _EXPRESSIONS:
        return _EXPRESSIONS[name]
    if FUNCTIONS.get(name, (0, 0))[0] == 1:
        return f"{name}(x)"
    if name.isidentifier() and name not in ("x", "x1", *CONSTANTS):
        near = difflib.get_close_matches(name.lower(), ACTIVATIONS, n=1)
        raise InputError(
            f"{name[:40]!r} is not a known activation",
            remedy=f"did you mean {near[0]}?"
            if near
            else f"known: {', '.join(ACTIVATIONS)}; or write an expression in x",
        )
    return name


def _is_file(text: str) -> bool:
    try:
        return bool(Path(text).suffix) and Path(text).is_file()
    except (OSError, ValueError):
        return False


def _from_csv(path: Path, form: FixedPoint) -> ActivationTable:
    table = TableTarget.from_csv(path)
    xs = [x for x, _ in table.points]
    levels = range(form.lowest, form.highest + 1)
    if len(xs) == len(levels) and xs == [Fraction(level) for level in levels]:
        entries = [_level(y, x, form, path) for x, y in table.points]
    elif len(xs) == len(levels) and xs == [form.value(level) for level in levels]:
        entries = [_rounded(y, x, form, path) for x, y in table.points]
    else:
        raise InputError(
            f"{path.name} has {len(xs)} rows from x = {xs[0]} to {xs[-1]}, "
            f"{form.name} has {form.levels} levels",
            remedy=f"give one row for each level {form.lowest} to {form.highest}, "
            f"or for each value {form.interval.lower} to {form.interval.upper}",
        )
    return ActivationTable(path.stem, tuple(entries))


def _level(y: Fraction, x: Fraction, form: FixedPoint, path: Path) -> int:
    if y.denominator != 1 or not form.lowest <= y <= form.highest:
        raise InputError(
            f"{path.name} has {y} at level {x}",
            remedy=f"give levels of {form.name}: whole numbers {form.lowest} to {form.highest}",
        )
    return y.numerator


def _rounded(y: Fraction, x: Fraction, form: FixedPoint, path: Path) -> int:
    if y not in form.interval:
        raise InputError(
            f"{path.name} has {y} at x = {x}, outside of {form.name}",
            remedy=f"give values between {form.interval.lower} and {form.interval.upper}",
        )
    return saturated(y, form)
