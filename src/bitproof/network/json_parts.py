"""Reading the parts of a JSON document: types, limits, and errors that say where."""

from __future__ import annotations

from enum import Enum
from fractions import Fraction
from typing import Any, TypeVar

from bitproof.errors import BitproofError, FileFormatError
from bitproof.exact.rationals import parse_rational

MAX_INTEGER_BITS = 14_000  # below Python's limit of 4300 digits for reading and printing
MAX_WIDTH = 1 << 24


def pair(entry: object, where: str) -> tuple[int, int]:
    pair = integers(entry, f"{where}: a weight")
    if len(pair) != 2 or pair[1] == 0:
        raise FileFormatError(
            f"{where}: the weight {shown(entry)}", remedy="[column, non-zero numerator]"
        )
    return pair[0], pair[1]


T = TypeVar("T", dict[str, Any], list[Any])
E = TypeVar("E", bound=Enum)


def expect(data: object, kind: type[T], what: str) -> T:
    if not isinstance(data, kind):
        raise FileFormatError(
            f"{what} is {shown(data)}",
            remedy=f"it must be {'an object' if kind is dict else 'a list'}",
        )
    return data


def shown(data: object) -> str:
    """A value of unknown size and depth, short enough for a message."""
    if isinstance(data, str):
        return repr(data[:40])
    if data is None or isinstance(data, bool):
        return {None: "missing", True: "true", False: "false"}[data]
    if isinstance(data, int):
        return str(data) if data.bit_length() <= 128 else f"an integer of {data.bit_length()} bits"
    if isinstance(data, list) and len(data) <= 4 and all(type(entry) is int for entry in data):
        return f"[{', '.join(shown(entry) for entry in data)}]"
    return f"of type {type(data).__name__}"


def text(data: object, what: str) -> str:
    if not isinstance(data, str):
        raise FileFormatError(f"{what} is {shown(data)}", remedy="it must be a string")
    return data


def member(kind: type[E], data: object, what: str) -> E:
    """The member of an enumeration of texts."""
    for member in kind:
        if member.value == data:
            return member
    raise FileFormatError(
        f"{what} is {shown(data)}", remedy="one of " + ", ".join(m.value for m in kind)
    )


def width(data: object, what: str) -> int:
    number = integer(data, what)
    if not 0 <= number <= MAX_WIDTH:
        raise FileFormatError(f"{what} is {shown(number)}", remedy=f"between 0 and {MAX_WIDTH}")
    return number


def integer(data: object, what: str) -> int:
    if not isinstance(data, int) or isinstance(data, bool):
        raise FileFormatError(f"{what} is {shown(data)}", remedy="it must be an integer")
    if data.bit_length() > MAX_INTEGER_BITS:
        raise FileFormatError(
            f"{what} has {data.bit_length()} bits", remedy=f"at most {MAX_INTEGER_BITS}"
        )
    return data


def integers(data: object, what: str) -> tuple[int, ...]:
    if not isinstance(data, list):
        raise FileFormatError(f"{what} is {shown(data)}", remedy="it must be a list")
    return tuple(integer(entry, what) for entry in data)


def rational(data: object, what: str) -> Fraction:
    if not isinstance(data, str):
        raise FileFormatError(f"{what} is {shown(data)}", remedy="write it as a string 'p/q'")
    try:
        return parse_rational(data)
    except BitproofError as error:
        raise FileFormatError(f"{what}: {error.problem}", remedy=error.remedy) from error
