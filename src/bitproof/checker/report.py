"""What the check found."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The verdict on one certificate file.

    Attributes:
        status: "proved", "refuted" (the claim that the network misses the requested error holds),
            or "invalid".
        reason: what was proved, or the first thing that fails.
        upper, lower, witness, requested: the claim's rationals as the file writes them, or None.
        semantics: "real" or "fixed-point".
        target: what the network is compared with.
        cells: cells (or input levels) proved.
        seconds: how long the check took.
        readable: False if the file is not a JSON object at all.
    """

    status: str
    reason: str
    upper: str | None = None
    lower: str | None = None
    witness: str | None = None
    requested: str | None = None
    semantics: str | None = None
    target: str | None = None
    cells: int = 0
    seconds: float = 0.0
    readable: bool = True

    @property
    def exit_code(self) -> int:
        """0 proved; 1 refuted or invalid; 2 unreadable."""
        return (0 if self.status == "proved" else 1) if self.readable else 2

    def to_dict(self) -> dict[str, str | int | float | None]:
        """The keys of `--json`."""
        return {key: value for key, value in asdict(self).items() if key != "readable"}
