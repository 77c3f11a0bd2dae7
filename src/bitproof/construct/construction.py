"""What a builder returns: a network and what the builder says of it. Nothing here is a proof."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from bitproof.network.network import Network


@dataclass(frozen=True, slots=True)
class Construction:
    """A network built by a method.

    Attributes:
        method: the builder's name, as the command line writes it.
        network: with every weight in its declared format.
        claimed_error: the sup error the builder's theorem promises; None if it only aims at one.
        pieces: affine pieces of the piecewise-linear function before rounding to bits, if it has
            such a stage.
        details: pairs (key, text) for people.
    """

    method: str
    network: Network
    claimed_error: Fraction | None = None
    pieces: int | None = None
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Designs:
    """What a method offers for a target: constructions, least memory first.

    Attributes:
        constructions: none if the limits exclude everything.
        needed: what would have to change for it to offer one; empty if it does.
    """

    constructions: tuple[Construction, ...]
    needed: str = ""
