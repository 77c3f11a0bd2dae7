"""Proofs about networks: sup |f - N| on an interval or on every fixed-point input."""

from bitproof.certify.certificate import Certificate
from bitproof.certify.exhaustive import certify_on_grid
from bitproof.certify.one_dimension import certify_sup_error
from bitproof.certify.verdict import Proved, Refuted, Undecided, Verdict

__all__ = [
    "Certificate",
    "Proved",
    "Refuted",
    "Undecided",
    "Verdict",
    "certify_on_grid",
    "certify_sup_error",
]
