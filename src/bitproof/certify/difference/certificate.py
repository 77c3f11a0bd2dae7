"""The certificate of differences and classes on boxes (`docs/certificate.md`)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bitproof.certify.certificate import digest_of, rational_text, save_object
from bitproof.certify.difference.domain import Domain
from bitproof.certify.difference.partition import LEAF
from bitproof.certify.difference.verdict import ClassVerdict, DifferenceVerdict, Point
from bitproof.certify.statement import made_by
from bitproof.network.file import network_to_json
from bitproof.network.network import Network

FORMAT = "bitproof-difference"
VERSION = 1


@dataclass(frozen=True)
class DifferenceCertificate:
    """A certificate as its JSON object; treat `data` as read-only."""

    data: dict[str, Any]

    @classmethod
    def of(
        cls,
        first: Network,
        second: Network,
        differences: Sequence[DifferenceVerdict],
        classes: Sequence[tuple[str, ClassVerdict]] = (),
    ) -> DifferenceCertificate | None:
        """What is proved or refuted by these verdicts; None if that is nothing.

        Args:
            first: the network before.
            second: the one compared with it.
            differences: of the two, on boxes.
            classes: of one of them, with `first` or `second`.
        """
        claims = [claim for claim in map(_difference, differences) if claim is not None]
        claims += [_class(of, verdict) for of, verdict in classes if verdict.status != "undecided"]
        if not claims:
            return None
        content = {
            "format": FORMAT,
            "version": VERSION,
            "first": network_to_json(first),
            "second": network_to_json(second),
            "claims": claims,
            "made_by": made_by(),
        }
        return cls({**content, "digest": digest_of(content)})

    def save(self, path: Path) -> None:
        """Writes the file, compressed if the name ends in `.gz`; never a half-written one."""
        save_object(self.data, path)


def _difference(verdict: DifferenceVerdict) -> dict[str, Any] | None:
    """An undecided request is written as the bounds that were found, without the request."""
    refuted = verdict.status == "refuted"
    if not refuted and verdict.upper is None:
        return None
    decided = refuted or verdict.status == "proved"
    return {
        "kind": "difference",
        "status": "refuted" if refuted else "proved",
        "requested": rational_text(verdict.requested)
        if decided and verdict.requested is not None
        else None,
        "outputs": [
            {
                "upper": None if refuted or output.upper is None else rational_text(output.upper),
                "lower": rational_text(output.lower),
                "witness": _point(output.witness),
            }
            for output in verdict.outputs
        ],
        **_box(verdict.domain, (LEAF,) if refuted else verdict.splits),
    }


def _class(of: str, verdict: ClassVerdict) -> dict[str, Any]:
    proved = verdict.status == "proved"
    return {
        "kind": "class",
        "of": of,
        "status": verdict.status,
        "class": verdict.chosen,
        "margin": None if verdict.margin is None else rational_text(verdict.margin),
        "rival": verdict.rival,
        "witness": None if verdict.witness is None else _point(verdict.witness),
        **_box(verdict.domain, verdict.splits if proved else (LEAF,)),
    }


def _box(domain: Domain, splits: tuple[int, ...]) -> dict[str, Any]:
    ends = [end for side in domain.sides for end in (side.lower, side.upper)]
    common = math.lcm(*(end.denominator for end in ends))
    return {
        "box": {
            "denominator": common,
            "lower": [int(side.lower * common) for side in domain.sides],
            "upper": [int(side.upper * common) for side in domain.sides],
        },
        "bits": domain.dyadic().bits,
        "splits": list(splits),
    }


def _point(point: Point) -> dict[str, Any]:
    common = math.lcm(*(x.denominator for x in point))
    return {"denominator": common, "numerators": [int(x * common) for x in point]}
