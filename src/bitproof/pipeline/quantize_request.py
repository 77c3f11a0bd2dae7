"""Reading what `quantize` is asked: the boxes, the inputs, the ways to round."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from bitproof.certify.difference.domain import Domain
from bitproof.errors import BitproofError, InputError
from bitproof.exact import FixedPoint, Interval, parse_rational
from bitproof.pipeline.request import Number, read_number

UINT8 = "uint8"
GREY_LEVELS = 255
MAX_POINTS = 10_000
MAX_CSV_BYTES = 1 << 28
Point = tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One box to certify on, around a listed input or given as a whole.

    Attributes:
        name: for people.
        point: the listed input; None for a box that was given.
        label: the class the file gives it, if it gives one.
        domain: the box; the point itself where no radius was given.
    """

    name: str
    point: Point | None
    label: int | None
    domain: Domain

    @property
    def is_point(self) -> bool:
        return all(side.width == 0 for side in self.domain.sides)


@dataclass(frozen=True, slots=True)
class InputKind:
    """What inputs are.

    Attributes:
        name: `real`, `uint8` or a format.
        interval: where every input lies; None if nothing is said.
        unit: what 1 in a file of inputs stands for.
    """

    name: str
    interval: Interval | None
    unit: Fraction

    @classmethod
    def parse(cls, text: str) -> InputKind:
        """`real`, `uint8` (0 … 255, standing for k/255) or a format Qm.n.

        >>> InputKind.parse("uint8").interval.upper, InputKind.parse("Q0.7").interval.upper
        (Fraction(1, 1), Fraction(127, 128))
        """
        if text == "real":
            return cls(text, None, Fraction(1))
        if text == UINT8:
            return cls(text, Interval(Fraction(0), Fraction(1)), Fraction(1, GREY_LEVELS))
        return cls(text, FixedPoint.parse(text).interval, Fraction(1))


def read_cases(
    inputs: int,
    kind: InputKind,
    box: Path | str | Sequence[tuple[Number, Number]] | None,
    radius: Number | None,
    around: Path | str | Sequence[Sequence[Number]] | None,
) -> tuple[Case, ...]:
    """The boxes to certify on.

    Raises:
        InputError: no box at all, or one that does not fit the network.
    """
    if radius is not None and around is None:
        raise InputError("a radius without inputs", remedy="add --around INPUTS.csv")
    cases = []
    if box is not None:
        cases.append(Case("the box", None, None, _given_box(inputs, box)))
    if around is not None:
        size = Fraction(0) if radius is None else read_number(radius)
        for number, (label, point) in enumerate(_points(inputs, kind, around)):
            domain = Domain.around(point, size, kind.interval)
            cases.append(Case(f"input {number}", point, label, domain))
    if not cases and kind.interval is not None:
        cases.append(Case("every input", None, None, Domain((kind.interval,) * inputs)))
    if not cases:
        raise InputError(
            "no box of inputs to certify on",
            remedy="add --box FILE, --radius R --around INPUTS.csv, or --inputs uint8 or Qm.n; "
            "on all real inputs two different networks are infinitely far apart",
        )
    for case in cases:
        case.domain.dyadic()  # refuses ends that no float can hold
    return tuple(cases)


def _given_box(inputs: int, box: Path | str | Sequence[tuple[Number, Number]]) -> Domain:
    rows = _rows(Path(box)) if isinstance(box, (str, Path)) else [list(pair) for pair in box]
    if len(rows) != inputs or any(len(row) != 2 for row in rows):
        raise InputError(
            f"a box of {len(rows)} lines for {inputs} inputs",
            remedy="give one line 'lower,upper' for each input",
        )
    return Domain(tuple(Interval(read_number(a), read_number(b)) for a, b in rows))


def _points(
    inputs: int, kind: InputKind, around: Path | str | Sequence[Sequence[Number]]
) -> list[tuple[int | None, Point]]:
    """The listed inputs; a line of one number more begins with the label."""
    rows = _rows(Path(around)) if isinstance(around, (str, Path)) else list(map(list, around))
    if not 1 <= len(rows) <= MAX_POINTS:
        raise InputError(f"{len(rows)} listed inputs", remedy=f"between 1 and {MAX_POINTS}")
    found = []
    for number, row in enumerate(rows):
        if len(row) not in (inputs, inputs + 1):
            raise InputError(
                f"line {number + 1} holds {len(row)} numbers for {inputs} inputs",
                remedy=f"give {inputs}, or a label and {inputs}",
            )
        values = [read_number(value) for value in row]
        label = None
        if len(row) == inputs + 1:
            if values[0].denominator != 1:
                raise InputError(f"the label {row[0]}", remedy="a label is an integer")
            label = int(values[0])
            values = values[1:]
        found.append((label, tuple(value * kind.unit for value in values)))
    return found


def _rows(path: Path) -> list[list[Number]]:
    """The numbers of a CSV file; a first line that is no numbers is a header."""
    try:
        if path.stat().st_size > MAX_CSV_BYTES:
            raise InputError(f"{path} is too large", remedy=f"at most {MAX_CSV_BYTES} bytes")
        with path.open(newline="") as file:
            lines = [line for line in csv.reader(file) if any(part.strip() for part in line)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read ({error})", remedy="give a CSV file") from error
    rows: list[list[Number]] = []
    for number, line in enumerate(lines):
        try:
            rows.append([parse_rational(part) for part in line])
        except BitproofError as error:
            if number:
                raise InputError(
                    f"{path}, line {number + 1}: {error.problem}", remedy=error.remedy
                ) from error
    return rows
