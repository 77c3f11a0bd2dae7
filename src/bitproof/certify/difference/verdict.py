"""What a differential certification ends with."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from bitproof.certify.difference.domain import Domain

Point = tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class OutputBounds:
    """What is known of sup |first − second| of one output on the box.

    Attributes:
        lower: attained exactly at the witness.
        upper: proved for every input; None if nothing finite is known.
        witness: an exact input of the box.
    """

    lower: Fraction
    upper: Fraction | None
    witness: Point

    @property
    def gap(self) -> Fraction | None:
        """upper/lower − 1; None if there is no upper bound or nothing was attained."""
        return None if self.upper is None or not self.lower else self.upper / self.lower - 1


@dataclass(frozen=True, slots=True)
class DifferenceVerdict:
    """The distance of two networks on a box.

    Attributes:
        domain: the box.
        outputs: the bounds of every output.
        requested: the error that was to be proved for every output; None to find it.
        complete: every bound is as good as asked for.
        reason: what ran out, if not.
        boxes: boxes bounded. seconds: time taken.
        splits: the partition as the certificate writes it (see `Partition.preorder`).
    """

    domain: Domain
    outputs: tuple[OutputBounds, ...]
    requested: Fraction | None
    complete: bool
    reason: str
    boxes: int
    seconds: float
    splits: tuple[int, ...] = field(repr=False)

    @property
    def lower(self) -> Fraction:
        """The largest difference attained by any output."""
        return max(output.lower for output in self.outputs)

    @property
    def upper(self) -> Fraction | None:
        """A bound on every output's difference."""
        uppers = [output.upper for output in self.outputs if output.upper is not None]
        return max(uppers) if len(uppers) == len(self.outputs) else None

    @property
    def witness(self) -> Point:
        """Where `lower` is attained."""
        return max(self.outputs, key=lambda output: output.lower).witness

    @property
    def status(self) -> str:
        """`proved`: the requested error holds, or without one every bound is within the slack.
        `refuted`: an output exceeds the requested error at its witness. Else `undecided`."""
        if self.requested is not None and self.lower > self.requested:
            return "refuted"
        if self.requested is not None:
            proved = self.upper is not None and self.upper <= self.requested
        else:
            proved = self.complete
        return "proved" if proved else "undecided"


@dataclass(frozen=True, slots=True)
class ClassVerdict:
    """Whether a network gives one class on a whole box.

    Attributes:
        domain: the box.
        chosen: the class: its output is the largest, strictly.
        status: `proved`; `refuted` (at the witness another output is at least as large);
            `undecided`.
        witness: an exact input of the box where the class is lost; None unless refuted.
        rival: the class that is at least as large there.
        margin: proved: the class's output exceeds every other by more than this everywhere.
        reason: what ran out, if undecided.
        boxes: boxes bounded. seconds: time taken.
        splits: the partition.
    """

    domain: Domain
    chosen: int
    status: str
    witness: Point | None
    rival: int | None
    margin: Fraction | None
    reason: str
    boxes: int
    seconds: float
    splits: tuple[int, ...] = field(repr=False)
