"""The replay of a certificate: every statement in it is proved again, or the first one that
cannot be is the reason why it is invalid."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

from .box_replay import prove_box
from .claim import Claim, check_witness, read_claim
from .difference import FORMAT as DIFFERENCE
from .difference import check_difference
from .document import (
    Invalid,
    Unreadable,
    digest,
    integer,
    list_of,
    one_of,
    rational,
    read_object,
    string,
    table_of,
)
from .grid_replay import prove_grid
from .interval import Undecided
from .levels import FixedPoint, read_fixed_point
from .network import (
    FixedProgram,
    RealProgram,
    program,
    read_network,
)
from .report import CheckReport
from .targets import NetworkTarget, Target, Work, read_target

MAX_BREAKPOINTS = 1 << 21
MAX_LEVELS = 1 << 28
MAX_NETWORK_WORK = 1 << 38  # about a quarter of an hour
ENCLOSURES = 300_000  # allowed for the whole interval, and
ENCLOSURES_PER_CELL = 100  # for each cell besides
LARGEST_BLOCK = 1 << 12  # cells whose ends are evaluated at once,
BLOCK_BITS = 1 << 30  # and bits of neurons kept meanwhile, at most
BOXES = 2  # the version of certificates on boxes,
GRIDS = 3  # and on grids of several inputs
KEYS = "format version claim semantics inputs target network made_by digest"

Progress = Callable[[int, int], None]


def check_file(path: str | Path, progress: Progress | None = None) -> CheckReport:
    """Proves a certificate file again.

    Args:
        path: the file, JSON or gzip-compressed JSON.
        progress: called now and then with (cells done, all cells).

    Returns:
        The verdict; whatever is wrong with the file is a verdict too, never an exception.
    """
    start = time.perf_counter()
    try:
        report = check_object(read_object(Path(path)), progress)
    except Unreadable as error:
        report = CheckReport("invalid", f"cannot be read: {error}", readable=False)
    return replace(report, seconds=time.perf_counter() - start)


def check_object(data: dict[str, Any], progress: Progress | None = None) -> CheckReport:
    """Proves a certificate again, given as its JSON object."""
    if data.get("format") == DIFFERENCE:
        return check_difference(data, progress or _silent)
    facts = _facts(data)
    try:
        cells = _prove(data, progress or _silent)
    except Invalid as error:
        return CheckReport("invalid", str(error), **facts)
    except (Undecided, RecursionError) as error:
        return CheckReport("invalid", f"could not re-prove: {error}", **facts)
    status = data["claim"]["status"]
    reason = "every cell was proved again"
    if status == "refuted":
        reason = "the error at the witness is larger than requested"
    return CheckReport(status, reason, cells=cells, **facts)


def _silent(done: int, total: int) -> None:
    """No progress is shown."""


def _facts(data: dict[str, Any]) -> dict[str, Any]:
    """What the file says, for the report; it may be anything at this point."""
    claim, target = data.get("claim"), data.get("target")
    claim = claim if isinstance(claim, dict) else {}
    target = target if isinstance(target, dict) else {}
    found = {key: claim.get(key) for key in ("upper", "lower", "witness", "requested")}
    found["semantics"] = data.get("semantics")
    found["target"] = target.get("text", target.get("name", target.get("kind")))
    if isinstance(found["witness"], list):
        found["witness"] = ", ".join(str(x)[:80] for x in found["witness"][:9])
    return {key: value if isinstance(value, str) else None for key, value in found.items()}


def _prove(data: dict[str, Any], progress: Progress) -> int:
    """Raises Invalid at the first thing that fails; returns the number of cells proved."""
    one_of(data.get("format"), "format", ("bitproof-certificate",))
    version = integer(data.get("version"), "version")
    if version not in (1, BOXES, GRIDS):
        raise Invalid("an unknown version of the format")
    if version != 1:
        return (prove_box if version == BOXES else prove_grid)(data, progress)
    inputs = data.get("inputs")
    kind = one_of(inputs.get("kind") if isinstance(inputs, dict) else None, "inputs: kind", _PROOFS)
    table_of(data, "the certificate", KEYS + (" breakpoints" if kind == "interval" else ""))
    string(data["made_by"], "made_by")
    if string(data["digest"], "digest") != digest(data):
        raise Invalid("the digest does not fit the content")
    claim = read_claim(data["claim"], rational)
    network = read_network(data["network"], "network")
    if one_of(data["semantics"], "semantics", ("real", "fixed-point")) != network.semantics:
        raise Invalid("the semantics are not the network's")
    return _PROOFS[kind](data, claim, program(network), read_target(data["target"]), progress)


def _prove_interval(
    data: dict[str, Any],
    claim: Claim[Fraction],
    network: RealProgram | FixedProgram,
    target: Target,
    progress: Progress,
) -> int:
    """On each cell between breakpoints N is affine, and |f - N| ≤ upper."""
    inputs = table_of(data["inputs"], "inputs", "kind lower upper")
    if not isinstance(network, RealProgram):
        raise Invalid("a fixed-point network is proved on a grid, not on an interval")
    lower, upper = (rational(inputs[key], f"inputs: {key}") for key in ("lower", "upper"))
    points = [
        rational(entry, "a breakpoint")
        for entry in list_of(data["breakpoints"], "breakpoints", MAX_BREAKPOINTS)
    ]
    if not points or points[0] != lower or points[-1] != upper:
        raise Invalid("the breakpoints do not reach from the lower to the upper end of the inputs")
    if any(a >= b for a, b in pairwise(points)):
        raise Invalid("the breakpoints do not ascend")
    if not lower <= claim.witness <= upper:
        raise Invalid("the witness is not one of the inputs")
    bits = max(p.numerator.bit_length() + p.denominator.bit_length() for p in points)
    _limit_work(network, target, bits, len(points))
    check_witness(claim, network.value(claim.witness), target.at)
    if claim.upper is None:
        return 0
    if lower == upper:
        target.check_point(lower, network.value(lower), claim.upper)
    work = Work(ENCLOSURES + ENCLOSURES_PER_CELL * len(points))
    size = max(1, min(LARGEST_BLOCK, BLOCK_BITS // network.room(bits)))
    for start in range(0, len(points) - 1, size):
        block = points[start : start + size + 1]
        target.check_cells(block, network.affine_values(block), claim.upper, work)
        progress(start + len(block) - 1, len(points) - 1)
    return len(points) - 1


def _prove_grid(
    data: dict[str, Any],
    claim: Claim[Fraction],
    network: RealProgram | FixedProgram,
    target: Target,
    progress: Progress,
) -> int:
    """|f - N| ≤ upper at every level of the input format between the ends."""
    inputs = table_of(data["inputs"], "inputs", "kind lower upper format")
    lower, upper = (rational(inputs[key], f"inputs: {key}") for key in ("lower", "upper"))
    form = read_fixed_point(inputs["format"], "inputs: format")
    levels = _levels(form, lower, upper)
    if not 1 <= levels.stop - levels.start <= MAX_LEVELS:
        raise Invalid(f"inputs: no level at all, or more than {MAX_LEVELS}")
    witness = claim.witness * form.scale
    if witness.denominator != 1 or int(witness) not in levels:
        raise Invalid("the witness is not one of the inputs")
    bits = max(abs(form.lowest), form.highest).bit_length() + form.scale.bit_length()
    _limit_work(network, target, bits, len(levels))
    check_witness(claim, network.value(claim.witness), target.at)
    if claim.upper is None:
        return 0
    for number, level in enumerate(levels, start=1):
        x = Fraction(level, form.scale)
        target.check_point(x, network.value(x), claim.upper)
        if number % 256 == 0 or number == len(levels):
            progress(number, len(levels))
    return len(levels)


def _levels(form: FixedPoint, lower: Fraction, upper: Fraction) -> range:
    first, last = -(-lower * form.scale // 1), upper * form.scale // 1
    return range(max(int(first), form.lowest), min(int(last), form.highest) + 1)


def _limit_work(
    network: RealProgram | FixedProgram, target: Target, bits: int, evaluations: int
) -> None:
    work = network.work(bits)
    if isinstance(target, NetworkTarget):
        work += target.program.work(bits)
    if work * evaluations > MAX_NETWORK_WORK:
        raise Invalid("could not re-prove: evaluating the network is beyond the work limit")


_PROOFS: dict[str, Callable[..., int]] = {"interval": _prove_interval, "grid": _prove_grid}
