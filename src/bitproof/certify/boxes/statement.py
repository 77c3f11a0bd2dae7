"""The certificate of a claim on a box: what is claimed, and the partition that replays it."""

from __future__ import annotations

from typing import Any

from bitproof.certify.boxes.cells import Frame
from bitproof.certify.certificate import FORMAT, Sealed, rational_text
from bitproof.certify.statement import Claim, made_by
from bitproof.exact.box import Box, Point
from bitproof.network.file import network_to_json
from bitproof.network.network import Network
from bitproof.target.box_target import BoxTarget

VERSION = 2


class BoxCertificate(Sealed):
    """A certificate of a claim on a box as its JSON object; treat `data` as read-only."""


def box_certificate(
    claim: Claim[Point],
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
        "claim": claim.to_json([rational_text(x) for x in claim.witness]),
        "semantics": "real",
        "inputs": {
            "kind": "box",
            "lower": [rational_text(x) for x in box.lower],
            "upper": [rational_text(x) for x in box.upper],
        },
        "target": target.to_json(),
        "network": network_to_json(network),
        "partition": {"steps": [rational_text(step) for step in frame.step], "tree": tree},
        "made_by": made_by(),
    }
    return BoxCertificate.seal(content)
