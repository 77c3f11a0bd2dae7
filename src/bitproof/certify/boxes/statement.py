"""The certificate of a claim on a box: what is claimed, and the partition that replays it."""

from __future__ import annotations

from typing import Any

from bitproof.certify.boxes.cells import Frame
from bitproof.certify.certificate import FORMAT, Sealed, rational_text
from bitproof.certify.statement import Claim, made_by
from bitproof.exact.box import Box, Point
from bitproof.exact.fixed_point import FixedPoint
from bitproof.network.file import fixed_point_to_json, network_to_json
from bitproof.network.network import Network
from bitproof.target.box_target import BoxTarget

VERSION = 2
GRID_VERSION = 3


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
    content = _content(claim, network, target, box)
    content["partition"] = {"steps": [rational_text(step) for step in frame.step], "tree": tree}
    return BoxCertificate.seal(content)


def grid_certificate(
    claim: Claim[Point], network: Network, target: BoxTarget, box: Box, form: FixedPoint
) -> BoxCertificate:
    """The sealed certificate of a claim on the inputs of a format within a box.

    Raises:
        InputError: a number has too many digits for the format.
    """
    content = _content(claim, network, target, box) | {"version": GRID_VERSION}
    content["inputs"] |= {"kind": "grid", "format": fixed_point_to_json(form)}
    return BoxCertificate.seal(content)


def _content(claim: Claim[Point], network: Network, target: BoxTarget, box: Box) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "claim": claim.to_json([rational_text(x) for x in claim.witness]),
        "semantics": "real" if network.is_real else "fixed-point",
        "inputs": {
            "kind": "box",
            "lower": [rational_text(x) for x in box.lower],
            "upper": [rational_text(x) for x in box.upper],
        },
        "target": target.to_json(),
        "network": network_to_json(network),
        "made_by": made_by(),
    }
