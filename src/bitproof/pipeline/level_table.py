"""Tables of a fixed-point function in CSV: one row for every input of the format."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from pathlib import Path

from bitproof.errors import BitproofError, InputError, WorkLimitError
from bitproof.exact.fixed_point import FixedPoint
from bitproof.exact.rationals import parse_rational

MAX_ROWS = 1 << 20

Row = tuple[int, tuple[Fraction, ...]]


def read_level_table(path: Path, form: FixedPoint, dims: int) -> tuple[int, ...]:
    """The output level for every input, the first coordinate slowest.

    The columns are x, y (or x1 … xd, y), with or without a heading. If every x is a whole number
    the rows are levels, otherwise values k/scale; values of y are rounded to the format.

    Raises:
        InputError: a row that is no numbers, an input or output outside the format, an input
            that is missing or given twice; the message names the row.
        WorkLimitError: more than 2^20 inputs.
    """
    if form.levels**dims > MAX_ROWS:
        raise WorkLimitError(f"a table of {form.levels}^{dims} rows", remedy="use fewer bits")
    rows = _rows(path, dims)
    values = form.scale > 1 and any(x.denominator > 1 for _, row in rows for x in row[:-1])
    levels: dict[tuple[int, ...], int] = {}
    first_row: dict[tuple[int, ...], int] = {}
    for line, row in rows:
        where = f"row {line} of {path.name}"
        point = tuple(_input(x, form, where, values=values) for x in row[:-1])
        if point in levels:
            raise InputError(
                f"{where} gives the input {_named(row[:-1])} again (first in row "
                f"{first_row[point]})",
                remedy="give every input once",
            )
        levels[point] = _output(row[-1], form, where, values=values)
        first_row[point] = line
    return _in_order(levels, form, dims, path)


def _rows(path: Path, dims: int) -> list[Row]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = [(number, cells) for number, cells in enumerate(csv.reader(file), start=1)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read ({error})", remedy="name a CSV file") from error
    filled = [(number, cells) for number, cells in lines if any(cell.strip() for cell in cells)]
    if filled and not _is_number(filled[0][1][0]):
        filled = filled[1:]
    return [
        (number, _numbers(cells, dims, f"row {number} of {path.name}")) for number, cells in filled
    ]


def _is_number(text: str) -> bool:
    try:
        parse_rational(text.strip())
    except BitproofError:
        return False
    return True


def _numbers(cells: Sequence[str], dims: int, where: str) -> tuple[Fraction, ...]:
    if len(cells) != dims + 1:
        columns = "x, y" if dims == 1 else f"x1 … x{dims}, y"
        raise InputError(
            f"{where} has {len(cells)} columns", remedy=f"{dims + 1} for {dims} input(s): {columns}"
        )
    try:
        return tuple(parse_rational(cell.strip()) for cell in cells)
    except BitproofError as error:
        raise InputError(f"{where}: {error.problem}", remedy=error.remedy) from error


def _input(x: Fraction, form: FixedPoint, where: str, *, values: bool) -> int:
    level = x * form.scale if values else x
    if level.denominator != 1 or not form.lowest <= level <= form.highest:
        raise InputError(
            f"{where} has the input {x}, which is not in {form.name}", remedy=_range(form, values)
        )
    return level.numerator


def _output(y: Fraction, form: FixedPoint, where: str, *, values: bool) -> int:
    inside = y in form.interval if values else form.lowest <= y <= form.highest
    if not inside or (not values and y.denominator != 1):
        raise InputError(
            f"{where} has the output {y}, which is not in {form.name}", remedy=_range(form, values)
        )
    return form.quantize(y) if values else y.numerator


def _range(form: FixedPoint, values: bool) -> str:  # noqa: FBT001  (which of two texts)
    if values:
        ends = form.interval
        return f"values are the multiples of 1/{form.scale} from {ends.lower} to {ends.upper}"
    return f"levels are the whole numbers from {form.lowest} to {form.highest}"


def _in_order(
    levels: dict[tuple[int, ...], int], form: FixedPoint, dims: int, path: Path
) -> tuple[int, ...]:
    axis = range(form.lowest, form.highest + 1)
    found = []
    for point in product(axis, repeat=dims):
        if point not in levels:
            raise InputError(
                f"{path.name} has no row for the input {_named(point)} (a level); it has "
                f"{len(levels)} of {form.levels**dims} inputs",
                remedy="give every input of the format once",
            )
        found.append(levels[point])
    return tuple(found)


def _named(point: Sequence[Fraction | int]) -> str:
    return ", ".join(str(x) for x in point)
