"""Reading the file: JSON with limits, and the typed fields everything else is built from."""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

MAX_BYTES = 1 << 26
MAX_DIGITS = 4_300
_RATIONAL = re.compile(r"-?[0-9]+(/[0-9]+)?\Z")


class Invalid(Exception):  # noqa: N818 - a verdict on the certificate
    """The first thing that is wrong with a certificate."""


class Unreadable(Exception):  # noqa: N818 - a verdict on the file
    """The file is not a JSON object at all."""


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file, unpacked if it is gzip.

    Raises:
        Unreadable: no such file, more than 64 MiB unpacked, not JSON, a float, a key given twice,
            an integer of more than 4300 digits, or not an object.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
        if raw[:2] == b"\x1f\x8b":
            raw = _unpacked(raw)
        if len(raw) > MAX_BYTES:
            raise Unreadable(f"more than {MAX_BYTES} bytes")
        data = json.loads(
            raw.decode("utf-8"),
            parse_int=_integer_of,
            parse_float=_refuse,
            parse_constant=_refuse,
            object_pairs_hook=_object_of,
        )
    except (OSError, ValueError, RecursionError, zlib.error) as error:
        raise Unreadable(f"{type(error).__name__}: {error}"[:200]) from error
    if not isinstance(data, dict):
        raise Unreadable("not a JSON object")
    return data


def _unpacked(raw: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    unpacked = unpacker.decompress(raw, MAX_BYTES + 1)
    if len(unpacked) <= MAX_BYTES and (not unpacker.eof or unpacker.unused_data):
        raise Unreadable("a damaged gzip file")
    return unpacked


def _integer_of(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise Unreadable(f"an integer of {len(digits)} digits")
    return int(digits)


def _refuse(text: str) -> None:
    raise Unreadable(f"{text[:40]} is a float")


def _object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise Unreadable("an object names a key twice")
    return table


def digest(data: dict[str, Any]) -> str:
    """sha256 of the canonical JSON of the object without its "digest"."""
    rest = {key: value for key, value in data.items() if key != "digest"}
    try:
        text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    except RecursionError as error:
        raise Invalid("nested too deep") from error
    return "sha256:" + hashlib.sha256(text.encode("ascii")).hexdigest()


def table_of(data: object, what: str, required: str, optional: str = "") -> dict[str, Any]:
    """An object with all the required keys and none but these (names separated by spaces)."""
    if not isinstance(data, dict):
        raise Invalid(f"{what} is not an object")
    missing = set(required.split()) - data.keys()
    unknown = data.keys() - set(required.split()) - set(optional.split())
    if missing or unknown:
        raise Invalid(
            f"{what}: {'missing' if missing else 'unknown'} key {min(missing or unknown)[:40]!r}"
        )
    return data


def list_of(data: object, what: str, limit: int) -> list[Any]:
    if not isinstance(data, list):
        raise Invalid(f"{what} is not a list")
    if len(data) > limit:
        raise Invalid(f"{what} has {len(data)} entries, more than {limit}")
    return data


def integer(data: object, what: str) -> int:
    if not isinstance(data, int) or isinstance(data, bool):
        raise Invalid(f"{what} is not an integer")
    return data


def string(data: object, what: str) -> str:
    if not isinstance(data, str):
        raise Invalid(f"{what} is not a string")
    return data


def one_of(data: object, what: str, allowed: Iterable[str]) -> str:
    if not isinstance(data, str) or data not in allowed:
        raise Invalid(f"{what} is {str(data)[:40]!r}")
    return data


def rational(data: object, what: str) -> Fraction:
    """A rational from "p/q" or "p"."""
    text = string(data, what)
    parts = text.split("/")
    if not _RATIONAL.match(text) or max(map(len, parts)) > MAX_DIGITS:
        raise Invalid(f"{what} is {text[:40]!r}, not a rational p/q")
    if len(parts) == 2 and int(parts[1]) == 0:
        raise Invalid(f"{what} is {text[:40]!r}: a zero denominator")
    return Fraction(int(parts[0]), int(parts[1]) if len(parts) == 2 else 1)


def place(x: Fraction) -> str:
    """x for a message, at a readable length."""
    if x.numerator.bit_length() + x.denominator.bit_length() < 400:
        return str(x)
    return f"2^-64·{x * 2**64 // 1}"[:80]


def rational_or_null(data: object, what: str) -> Fraction | None:
    return None if data is None else rational(data, what)
