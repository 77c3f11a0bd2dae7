"""The certificate: a claim about a network and everything needed to replay its proof.

The format is documented in `docs/certificate.md`. Reading validates the shape and the digest; it
does not replay the proof: that is the independent checker's job (`bitproof check`).
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, Self, TypeVar

from bitproof.errors import FileFormatError, InputError
from bitproof.network.file import fixed_point_from_json, network_from_json, read_json
from bitproof.network.network import Network

FORMAT = "bitproof-certificate"
VERSION = 1
MAX_RATIONAL_DIGITS = 4000
MAX_BREAKPOINTS = 1 << 22

_RATIONAL = re.compile(
    rf"(-?\d{{1,{MAX_RATIONAL_DIGITS}}})(?:/(\d{{1,{MAX_RATIONAL_DIGITS}}}))?\Z", re.ASCII
)
_KEYS = {
    "format",
    "version",
    "claim",
    "semantics",
    "inputs",
    "target",
    "network",
    "breakpoints",
    "made_by",
    "digest",
}


@dataclass(frozen=True)
class Sealed:
    """A claim as its JSON object with a digest; treat `data` as read-only.

    Raises:
        InputError: a number in it has too many digits for the format.
    """

    data: dict[str, Any]

    @classmethod
    def seal(cls, content: dict[str, Any]) -> Self:
        """A certificate of `content` (without a digest), with its digest."""
        return cls({**content, "digest": digest_of(content)})

    @property
    def digest(self) -> str:
        """`sha256:<hex>` of the canonical JSON without the digest."""
        return str(self.data["digest"])

    @property
    def status(self) -> str:
        """`proved` or `refuted`: what it claims."""
        return str(self.data["claim"]["status"])

    def save(self, path: Path) -> None:
        """Writes the file, compressed if the name ends in `.gz`; never a half-written one."""
        save_object(self.data, path)


class Certificate(Sealed):
    """A certificate of one input as its JSON object; treat `data` as read-only."""

    @property
    def upper(self) -> Fraction | None:
        """|f - N| ≤ upper on every input; None in a refutation without one."""
        text = self.data["claim"]["upper"]
        return None if text is None else read_rational(text, "upper")

    @property
    def lower(self) -> Fraction:
        """|f - N| ≥ lower at the witness."""
        return read_rational(self.data["claim"]["lower"], "lower")

    @property
    def witness(self) -> Fraction:
        return read_rational(self.data["claim"]["witness"], "witness")

    @property
    def network(self) -> Network:
        return network_from_json(self.data["network"])

    @classmethod
    def load(cls, path: Path) -> Certificate:
        """Reads and validates a file.

        Raises:
            FileFormatError: not a certificate, or the digest does not fit.
        """
        return cls.from_json(read_json(path))

    @classmethod
    def from_json(cls, data: object) -> Certificate:
        """A certificate from its JSON object, validated.

        Raises:
            FileFormatError: not a certificate, or the digest does not fit.
        """
        table = _expect(data, dict, "the certificate")
        _require(
            table.get("format") == FORMAT and table.get("version") == VERSION,
            f"format {_shown(table.get('format'))} version {_shown(table.get('version'))}",
            f"this reads {FORMAT!r} version {VERSION}",
        )
        unknown = sorted(set(table) - _KEYS)
        _require(not unknown, f"the entry {_shown(unknown)}", "see docs/certificate.md")
        _validate_claim(_expect(table.get("claim"), dict, "claim"))
        network = network_from_json(table.get("network"))
        semantics = "real" if network.is_real else "fixed-point"
        _require(
            table.get("semantics") == semantics,
            f"semantics {_shown(table.get('semantics'))}",
            f"the network has {semantics!r}",
        )
        _expect(table.get("target"), dict, "target")
        _validate_inputs(table)
        _require(
            table.get("digest") == digest_of({k: v for k, v in table.items() if k != "digest"}),
            "the digest does not fit the content",
            "the file was changed; certify again",
        )
        return cls(table)


def save_object(data: dict[str, Any], path: Path) -> None:
    """Writes a certificate's object, compressed if the name ends in `.gz`; never half of it."""
    encoded = (canonical(data) + "\n").encode("ascii")
    packed = gzip.compress(encoded, mtime=0) if path.suffix == ".gz" else encoded
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(packed)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


class LaterCertificate(Certificate):
    """A certificate that is written when something of it is first asked for."""

    def __init__(self, write: Callable[[], Certificate]) -> None:
        object.__setattr__(self, "_write", write)

    def __getattr__(self, name: str) -> dict[str, Any]:
        if name != "data":
            raise AttributeError(name)
        data: dict[str, Any] = self.__dict__["_write"]().data
        object.__setattr__(self, "data", data)
        return data

    def __reduce__(self) -> tuple[type[Certificate], tuple[dict[str, Any]]]:
        return Certificate, (self.data,)


def canonical(data: dict[str, Any]) -> str:
    """The one way to write a JSON object that digests are made of.

    >>> canonical({"b": 1, "a": ["1/3", None]})
    '{"a":["1/3",null],"b":1}'
    """
    try:
        return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    except ValueError as error:
        raise InputError(
            f"a certificate cannot be written ({error})", remedy="use fewer weight bits"
        ) from error


def digest_of(content: dict[str, Any]) -> str:
    """`sha256:<hex>` of the canonical JSON of an object."""
    return "sha256:" + hashlib.sha256(canonical(content).encode("ascii")).hexdigest()


def rational_text(value: Fraction | int) -> str:
    """`p/q` or `p`.

    Raises:
        InputError: more digits than a certificate may hold.

    >>> rational_text(Fraction(-1, 3)), rational_text(2)
    ('-1/3', '2')
    """
    exact = Fraction(value)
    limit = 3 * MAX_RATIONAL_DIGITS
    if exact.numerator.bit_length() > limit or exact.denominator.bit_length() > limit:
        raise InputError(
            f"a rational with more than {limit} bits in its numerator or denominator",
            remedy="certify a shallower network, or one with fewer weight bits",
        )
    return str(exact)


def read_rational(text: object, what: str) -> Fraction:
    """The rational a certificate writes as `p/q` or `p`.

    Raises:
        FileFormatError: it is not one.
    """
    match = _RATIONAL.match(text) if isinstance(text, str) else None
    if match is None or (match.group(2) is not None and int(match.group(2)) == 0):
        raise FileFormatError(f"{what} is {_shown(text)}", remedy="write it as a string 'p/q'")
    return Fraction(int(match.group(1)), int(match.group(2) or 1))


def _validate_claim(claim: dict[str, Any]) -> None:
    _require(
        claim.get("kind") == "sup-error" and claim.get("status") in ("proved", "refuted"),
        f"the claim {_shown(claim.get('kind'))}, {_shown(claim.get('status'))}",
        "'sup-error' with status 'proved' or 'refuted'",
    )
    read_rational(claim.get("lower"), "lower")
    read_rational(claim.get("witness"), "witness")
    for key in ("upper", "requested"):
        if claim.get(key) is not None:
            read_rational(claim[key], key)
    needed = "upper" if claim["status"] == "proved" else "requested"
    _require(claim.get(needed) is not None, f"no {needed}", f"{claim['status']!r} needs one")


def _validate_inputs(table: dict[str, Any]) -> None:
    inputs = _expect(table.get("inputs"), dict, "inputs")
    lower = read_rational(inputs.get("lower"), "the lower end")
    upper = read_rational(inputs.get("upper"), "the upper end")
    _require(lower <= upper, f"the interval [{lower}, {upper}]", "lower end first")
    if inputs.get("kind") == "grid":
        fixed_point_from_json(inputs.get("format"))
        return
    _require(
        inputs.get("kind") == "interval",
        f"inputs {_shown(inputs.get('kind'))}",
        "'interval' or 'grid'",
    )
    texts = _expect(table.get("breakpoints"), list, "breakpoints")
    _require(
        1 <= len(texts) <= MAX_BREAKPOINTS,
        f"{len(texts)} breakpoints",
        f"between 1 and {MAX_BREAKPOINTS}",
    )
    points = [read_rational(text, "a breakpoint") for text in texts]
    _require(
        points[0] == lower and points[-1] == upper and all(a < b for a, b in pairwise(points)),
        "the breakpoints",
        "they ascend from the lower end to the upper end",
    )


T = TypeVar("T", dict[str, Any], list[Any])


def _expect(data: object, kind: type[T], what: str) -> T:
    if isinstance(data, kind):
        return data
    wanted = "an object" if kind is dict else "a list"
    raise FileFormatError(f"{what} is {_shown(data)}", remedy=f"it must be {wanted}")


def _require(holds: bool, problem: str, remedy: str) -> None:  # noqa: FBT001
    if not holds:
        raise FileFormatError(problem, remedy=remedy)


def _shown(data: object) -> str:
    plain = isinstance(data, (str, list, int, type(None)))
    return (repr(data) if plain else type(data).__name__)[:60]
