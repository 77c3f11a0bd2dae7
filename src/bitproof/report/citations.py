"""Which papers a network rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bitproof.theory.references import DING_2019, HWANG_2024, OU_2024, REFERENCES, Reference

if TYPE_CHECKING:
    from bitproof.network.network import Network


def references_of(network: Network) -> tuple[Reference, ...]:
    """The papers behind a network's weight format, shape and semantics.

    Skip connections and codebooks are Ding et al.'s model; the formats Q(a, b) are Ou et al.'s;
    networks that round are Hwang et al.'s.
    """
    from bitproof.exact.weight_format import Codebook, Q

    used: set[Reference] = set()
    skips = any(
        layer.sources != (position - 1,) for position, layer in enumerate(network.layers, start=1)
    )
    if skips or isinstance(network.weight_format, Codebook):
        used.add(DING_2019)
    if isinstance(network.weight_format, Q) or ("method", "march") in network.notes:
        used.add(OU_2024)
    if not network.is_real:
        used.add(HWANG_2024)
    return tuple(entry for entry in REFERENCES if entry in used) or REFERENCES
