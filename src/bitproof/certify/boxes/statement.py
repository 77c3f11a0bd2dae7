"""The certificate of a claim on a box: what is claimed, and the partition that replays it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bitproof.certify.boxes.cells import Frame
from bitproof.certify.certificate import (
    FORMAT,
    digest_of,
    rational_text,
    save_object,
)
from bitproof.exact.box import Box, Point
from bitproof.network.file import network_to_json
from bitproof.network.network import Network
from bitproof.target.box_target import BoxTarget

VERSION = 2


@dataclass(frozen=True, slots=True)
class BoxClaim:
    """What is claimed of sup |f - N| over a box; `upper` is None in a refutation."""

    requested: Fraction | None
    upper: Fraction | None
    lower: Fraction
    witness: Point

    @property
    def status(self) -> str:
        """Refuted if the attained error exceeds the requested one."""
        refuted = self.requested is not None and self.lower > self.requested
        return "refuted" if refuted else "proved"


@dataclass(frozen=True)
class BoxCertificate:
    """A certificate as its JSON object (docs/certificate.md); treat `data` as read-only."""

    data: dict[str, Any]

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


def box_certificate(
    claim: BoxClaim,
    network: Network,
    target: BoxTarget,
    box: Box,
    frame: Frame,
    tree: list[int | list[int]],
) -> BoxCertificate:
    """The sealed certificate of a claim.

    Raises:
        InputError: a number has too many digits for the format.
    """
    content: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "claim": {
            "kind": "sup-error",
            "status": claim.status,
            "requested": _text_or_none(claim.requested),
            "upper": _text_or_none(claim.upper),
            "lower": rational_text(claim.lower),
            "witness": [rational_text(x) for x in claim.witness],
        },
        "semantics": "real",
        "inputs": {
            "kind": "box",
            "lower": [rational_text(x) for x in box.lower],
            "upper": [rational_text(x) for x in box.upper],
        },
        "target": target.to_json(),
        "network": network_to_json(network),
        "partition": {"steps": [rational_text(step) for step in frame.step], "tree": tree},
        "made_by": _made_by(),
    }
    return BoxCertificate({**content, "digest": digest_of(content)})


@cache
def _made_by() -> str:
    return f"bitproof {version('bitproof')}"


def _text_or_none(value: Fraction | None) -> str | None:
    return None if value is None else rational_text(value)
