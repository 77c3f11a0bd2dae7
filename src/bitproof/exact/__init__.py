"""Exact numbers: rationals, intervals, weight formats, fixed-point formats, enclosures."""

from bitproof.exact.box import Box
from bitproof.exact.fixed_point import (
    FixedPoint,
    Overflow,
    Rounding,
    round_quotient,
    round_rational,
)
from bitproof.exact.interval import Interval
from bitproof.exact.rationals import (
    common_denominator,
    from_float,
    is_dyadic,
    parse_rational,
    rational_gcd,
    to_float,
    write_decimal,
    write_rational,
)
from bitproof.exact.requantize import Requantization, Requantizer
from bitproof.exact.scaled_format import LayerScale, ScaledFormat
from bitproof.exact.weight_format import Codebook, Q, WeightFormat, packed_bits, parse_codebook

__all__ = [
    "Box",
    "Codebook",
    "FixedPoint",
    "Interval",
    "LayerScale",
    "Overflow",
    "Q",
    "Requantization",
    "Requantizer",
    "Rounding",
    "ScaledFormat",
    "WeightFormat",
    "common_denominator",
    "from_float",
    "is_dyadic",
    "packed_bits",
    "parse_codebook",
    "parse_rational",
    "rational_gcd",
    "round_quotient",
    "round_rational",
    "to_float",
    "write_decimal",
    "write_rational",
]
