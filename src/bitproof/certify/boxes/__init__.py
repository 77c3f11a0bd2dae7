"""Proofs about networks of several inputs: sup |f - N| over a box."""

from bitproof.certify.boxes.certify import certify_on_box
from bitproof.certify.boxes.sampling import sample_on_box
from bitproof.certify.boxes.statement import BoxCertificate
from bitproof.certify.boxes.verdict import BoxProved, BoxRefuted, BoxUndecided, BoxVerdict

__all__ = [
    "BoxCertificate",
    "BoxProved",
    "BoxRefuted",
    "BoxUndecided",
    "BoxVerdict",
    "certify_on_box",
    "sample_on_box",
]
