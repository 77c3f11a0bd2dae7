"""Codebooks the exact constructions are tried on."""

from __future__ import annotations

from fractions import Fraction

from bitproof.exact.weight_format import Codebook

CODEBOOKS = (
    Codebook.linear(2),
    Codebook.nested(3),
    Codebook.nested(5),
    Codebook.linear(3),
    Codebook.linear(4),
    Codebook.linear(5),
    Codebook.linear(6),
    Codebook.linear(16),
    Codebook.midrise(2),
    Codebook.midrise(4),
    Codebook.ternary(),
    Codebook((Fraction(-1), Fraction(1, 2), Fraction(2))),
)
FEW = (Codebook.linear(2), Codebook.nested(3), Codebook.linear(3), Codebook.linear(4))


def name(form: Codebook) -> str:
    return form.name
