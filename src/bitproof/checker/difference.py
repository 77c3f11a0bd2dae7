"""Certificates about two networks of one shape: how far they are apart on boxes, and where one of
them keeps a class. Every bound is proved again on every leaf of the claimed partition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from .document import (
    Invalid,
    digest,
    integer,
    list_of,
    one_of,
    rational,
    rational_or_null,
    string,
    table_of,
)
from .layered import MAX_SIDE, Layered, read_layered, same_shape
from .lines import UNIT, Ends, Known
from .lockstep import Lockstep, Node, Work
from .report import CheckReport

FORMAT = "bitproof-difference"
PROVED = "every leaf was proved again"
EXCEEDED = "a difference is larger than requested"
TARGET = "the first network of the certificate"
MAX_CLAIMS = 10_000
MAX_NODES = 1 << 22
MAX_EXPONENT = 1 << 10
SPARE_DEPTH = 4  # a leaf that is not proved at once may be halved so often,
SPARE_NODES = 256  # and so many nodes more than claimed may be looked at
LEAF = -1
ONE = 1 << UNIT

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Row:
    """Σ form·output over the networks is at most `limit` (in units) on the box."""

    form: tuple[list[int], ...]
    limit: int


@dataclass(slots=True)
class Budget:
    """What may be done beyond the claimed partition."""

    spare: int = SPARE_NODES


def check_difference(data: dict[str, Any], progress: Progress) -> CheckReport:
    """Proves such a certificate again."""
    about = CheckReport("invalid", "", semantics="real", target=TARGET)
    try:
        leaves, uppers, lowers, refuted, requested = _prove(data, progress)
    except Invalid as error:
        return replace(about, reason=str(error))
    except RecursionError as error:
        return replace(about, reason=f"could not re-prove: {error}")
    return replace(
        about,
        status="refuted" if refuted else "proved",
        reason=EXCEEDED if refuted else PROVED,
        upper=None if refuted or not uppers else str(max(uppers)),
        lower=str(max(lowers)) if lowers else None,
        requested=None if requested is None else str(requested),
        cells=leaves,
    )


def _prove(
    data: dict[str, Any], progress: Progress
) -> tuple[int, list[Fraction], list[Fraction], bool, Fraction | None]:
    table_of(data, "the certificate", "format version first second claims made_by digest")
    if integer(data["version"], "version") != 1:
        raise Invalid("an unknown version of the format")
    string(data["made_by"], "made_by")
    if string(data["digest"], "digest") != digest(data):
        raise Invalid("the digest does not fit the content")
    networks = read_layered(data["first"], "first"), read_layered(data["second"], "second")
    if not same_shape(*networks):
        raise Invalid("the two networks have different layers")
    work = Work()
    both = Lockstep(networks, work)
    alone = Lockstep(networks[:1], work), Lockstep(networks[1:], work)
    leaves, uppers, lowers, refuted = 0, list[Fraction](), list[Fraction](), False
    requested: Fraction | None = None
    claims = list_of(data["claims"], "claims", MAX_CLAIMS)
    if not claims:
        raise Invalid("a certificate without claims")
    for number, claim in enumerate(claims):
        where = f"claim {number}"
        kind = one_of(claim.get("kind") if isinstance(claim, dict) else None, where, _KEYS)
        table = table_of(claim, where, _KEYS[kind])
        box = Box.read(table, networks[0].inputs, where)
        if kind == "difference":
            found, bounds = _difference(table, box, both, where)
            uppers += [upper for upper, _ in bounds if upper is not None]
            lowers += [lower for _, lower in bounds]
            refuted |= table["status"] == "refuted"
            requested = rational_or_null(table["requested"], where)
        else:
            of = one_of(table["of"], f"{where}: of", ("first", "second"))
            found = _class(table, box, alone[of == "second"], where)
        leaves += found
        progress(number + 1, len(claims))
    return leaves, uppers, lowers, refuted, requested


@dataclass(frozen=True, slots=True)
class Box:
    """A box of rational ends, and its partition.

    Attributes:
        denominator, lower, upper: the claimed box, ends over one denominator.
        ends: a dyadic box around it, in units of 2^-bits.
        splits: the partition of that: inputs that are halved, in preorder; -1 at leaves.
    """

    denominator: int
    lower: list[int]
    upper: list[int]
    ends: Ends
    bits: int
    splits: list[int]

    @classmethod
    def read(cls, table: dict[str, Any], inputs: int, where: str) -> Box:
        data = table_of(table["box"], f"{where}: box", "denominator lower upper")
        denominator = integer(data["denominator"], f"{where}: box")
        lower, upper = (_integers(data[key], inputs, f"{where}: box") for key in ("lower", "upper"))
        if denominator < 1 or any(a > b for a, b in zip(lower, upper, strict=True)):
            raise Invalid(f"{where}: an empty box")
        bits = integer(table["bits"], f"{where}: bits")
        if abs(bits) > MAX_EXPONENT:
            raise Invalid(f"{where}: bits out of range")
        up, down = max(bits, 0), max(-bits, 0)
        ends = (
            [(n << up) // (denominator << down) for n in lower],
            [-((-n << up) // (denominator << down)) for n in upper],
        )
        splits = list_of(table["splits"], f"{where}: splits", MAX_NODES)
        wanted = 1
        for index in splits:
            if wanted == 0 or not LEAF <= integer(index, f"{where}: a split") < inputs:
                raise Invalid(f"{where}: the splits are no partition")
            wanted += -1 if index == LEAF else 1
        if wanted:
            raise Invalid(f"{where}: the splits are no partition")
        return cls(denominator, lower, upper, ends, bits, splits)

    def point(self, data: object, where: str) -> tuple[list[int], int]:
        """An exact point of the box."""
        table = table_of(data, where, "denominator numerators")
        denominator = integer(table["denominator"], where)
        numbers = _integers(table["numerators"], len(self.lower), where)
        if denominator < 1:
            raise Invalid(f"{where}: a denominator below 1")
        for n, low, high in zip(numbers, self.lower, self.upper, strict=True):
            if not low * denominator <= n * self.denominator <= high * denominator:
                raise Invalid(f"{where} is not in the box")
        return numbers, denominator


def _integers(data: object, count: int, where: str) -> list[int]:
    numbers = [integer(n, where) for n in list_of(data, where, MAX_SIDE)]
    if len(numbers) != count:
        raise Invalid(f"{where}: {len(numbers)} numbers instead of {count}")
    return numbers


def _difference(
    table: dict[str, Any], box: Box, both: Lockstep, where: str
) -> tuple[int, list[tuple[Fraction | None, Fraction]]]:
    """|first - second| ≤ upper everywhere and = lower at the witness, output by output."""
    status = one_of(table["status"], f"{where}: status", ("proved", "refuted"))
    requested = rational_or_null(table["requested"], f"{where}: requested")
    outputs = list_of(table["outputs"], f"{where}: outputs", MAX_SIDE)
    count = both.widths[-1]
    if len(outputs) != count:
        raise Invalid(f"{where}: bounds for every output")
    bounds, rows = list[tuple[Fraction | None, Fraction]](), list[Row]()
    for index, output in enumerate(outputs):
        entry = table_of(output, f"{where}: output {index}", "upper lower witness")
        upper = rational_or_null(entry["upper"], f"{where}: upper")
        lower = rational(entry["lower"], f"{where}: lower")
        point = box.point(entry["witness"], f"{where}: witness")
        values = [network.outputs(*point)[index] for network in both.networks]
        if abs(values[0] - values[1]) < lower:
            raise Invalid(f"{where}: output {index} does not differ by lower at the witness")
        if upper is not None:
            limit = (upper.numerator << UNIT) // upper.denominator
            rows += [_row(count, index, sign, limit) for sign in (ONE, -ONE)]
        bounds.append((upper, lower))
    _check_status(status, requested, bounds, where)
    return (_leaves(box, both, rows, where) if rows else 0), bounds


def _row(count: int, index: int, sign: int, limit: int) -> Row:
    form = [0] * count
    form[index] = sign
    return Row((form, [-e for e in form]), limit)


def _check_status(
    status: str,
    requested: Fraction | None,
    bounds: list[tuple[Fraction | None, Fraction]],
    where: str,
) -> None:
    if status == "refuted":
        if requested is None or max(lower for _, lower in bounds) <= requested:
            raise Invalid(f"{where}: claimed refuted, but no lower bound is above the request")
        return
    for upper, lower in bounds:
        if upper is None or lower < 0 or lower > upper:
            raise Invalid(f"{where}: claimed proved without 0 ≤ lower ≤ upper")
        if requested is not None and upper > requested:
            raise Invalid(f"{where}: claimed proved, but upper is above the request")


def _class(table: dict[str, Any], box: Box, alone: Lockstep, where: str) -> int:
    """One output exceeds every other by `margin` everywhere; or does not, at the witness."""
    chosen = integer(table["class"], f"{where}: class")
    count = alone.widths[-1]
    if not 0 <= chosen < count or count < 2:
        raise Invalid(f"{where}: no such class")
    if one_of(table["status"], f"{where}: status", ("proved", "refuted")) == "refuted":
        rival = integer(table["rival"], f"{where}: rival")
        network: Layered = alone.networks[0]
        values = network.outputs(*box.point(table["witness"], f"{where}: witness"))
        if not 0 <= rival < count or rival == chosen or values[rival] < values[chosen]:
            raise Invalid(f"{where}: the class is not lost at the witness")
        return 0
    margin = rational(table["margin"], f"{where}: margin")
    if margin <= 0:
        raise Invalid(f"{where}: a margin that is not positive")
    limit = (-margin.numerator << UNIT) // margin.denominator
    rows = []
    for other in range(count):
        if other != chosen:
            form = [0] * count
            form[other], form[chosen] = ONE, -ONE
            rows.append(Row((form,), limit))
    return _leaves(box, alone, rows, where)


def _leaves(box: Box, pair: Lockstep, rows: list[Row], where: str) -> int:
    """Proves the rows on every leaf; returns the number of leaves."""
    waiting: list[tuple[Ends, int, tuple[Known, ...] | None]] = [(box.ends, box.bits, None)]
    leaves, budget = 0, Budget()
    for index in box.splits:
        ends, bits, before = waiting.pop()
        node = pair.node(ends, bits, before)
        if index != LEAF:
            lower, upper, finer = _halves(ends, bits, index)
            waiting += [(upper, finer, tuple(node.known)), (lower, finer, tuple(node.known))]
        else:
            leaves += 1
            _leaf(node, ends, bits, pair, rows, budget, SPARE_DEPTH, where)
    return leaves


def _leaf(
    node: Node,
    ends: Ends,
    bits: int,
    pair: Lockstep,
    rows: list[Row],
    budget: Budget,
    depth: int,
    where: str,
) -> None:
    """Proves the rows on a box, halving it a few times if needed."""
    failed, slopes = list[Row](), list[int]()
    for row in rows:
        upper, found = node.upper(row.form)
        if upper > row.limit:
            failed.append(row)
            slopes = found
    if not failed:
        return
    if depth == 0 or budget.spare < 2:
        raise Invalid(f"{where}: could not re-prove a bound on a leaf")
    budget.spare -= 2
    scores = [abs(e) * (high - low) for e, low, high in zip(slopes, *ends, strict=True)]
    lower, upper_half, finer = _halves(ends, bits, scores.index(max(scores)))
    for half in (lower, upper_half):
        inner = pair.node(half, finer, tuple(node.known))
        _leaf(inner, half, finer, pair, failed, budget, depth - 1, where)


def _halves(ends: Ends, bits: int, index: int) -> tuple[Ends, Ends, int]:
    """The two halves of a box, in units that hold the midpoint exactly."""
    lower, upper = ends
    if (lower[index] + upper[index]) % 2:
        lower, upper, bits = [2 * n for n in lower], [2 * n for n in upper], bits + 1
    middle = (lower[index] + upper[index]) // 2
    first = lower, [*upper[:index], middle, *upper[index + 1 :]]
    second = [*lower[:index], middle, *lower[index + 1 :]], upper
    return first, second, bits


_KEYS = {
    "difference": "kind status requested box bits splits outputs",
    "class": "kind status of class box bits splits margin rival witness",
}
