"""Proofs about networks of several inputs: sup |f - N| over a box."""

from bitproof.certify.boxes.certify import certify_on_box
from bitproof.certify.boxes.grid import MAX_POINTS, certify_on_box_grid, grid_levels
from bitproof.certify.boxes.sampling import sample_on_box
from bitproof.certify.boxes.statement import BoxCertificate
from bitproof.certify.boxes.verdict import BoxProved, BoxRefuted, BoxUndecided, BoxVerdict

__all__ = [
    "MAX_POINTS",
    "BoxCertificate",
    "BoxProved",
    "BoxRefuted",
    "BoxUndecided",
    "BoxVerdict",
    "certify_on_box",
    "certify_on_box_grid",
    "grid_levels",
    "sample_on_box",
]
