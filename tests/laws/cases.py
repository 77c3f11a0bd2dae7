"""The registry the laws run over: targets, errors, weight formats."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from bitproof.exact import Interval, Q, WeightFormat
from bitproof.pipeline.compile import compile
from bitproof.pipeline.results import CompileResult
from bitproof.target import TableTarget, parse_target
from bitproof.target.target import Target

TENTH, HUNDREDTH = Fraction(1, 10), Fraction(1, 100)


def rough_table(rows: int) -> TableTarget:
    """A table of a smooth trend plus deterministic roughness, exact decimals."""
    points = []
    for index in range(rows):
        rough = Fraction((index * 7919) % 97 - 48, 4800)
        x = Fraction(index, rows - 1)
        points.append((x, x * (1 - x) + rough))
    return TableTarget(tuple(points), "rough")


@dataclass(frozen=True)
class Case:
    """One compilation the laws look at."""

    name: str
    text: str
    domain: tuple[int, int]
    error: Fraction
    weight_bits: int | None = None
    codebook: str | None = None
    method: str = "auto"

    def target(self) -> Target:
        if self.text == "rough table":
            return rough_table(40)
        return parse_target(self.text, Interval(Fraction(self.domain[0]), Fraction(self.domain[1])))

    def formats(self) -> list[WeightFormat]:
        if self.codebook is not None:
            from bitproof.exact import parse_codebook

            return [parse_codebook(self.codebook)]
        assert self.weight_bits is not None
        return [Q(a, self.weight_bits - 2 - a) for a in range(-1, self.weight_bits - 2)]


UNIT = (0, 1)
CASES = (
    Case("sine-4", "sin(2*pi*x)", UNIT, HUNDREDTH, 4),
    Case("sine-2", "sin(2*pi*x)", UNIT, HUNDREDTH, 2),
    Case("exp-3", "exp(-x)", UNIT, HUNDREDTH, 3),
    Case("exp-linear2", "exp(-x)", UNIT, HUNDREDTH / 10, codebook="linear:2"),
    Case("sqrt-binary", "sqrt(x+1/16)", UNIT, HUNDREDTH, codebook="binary"),
    Case("runge-ternary", "1/(1+25*(2*x-1)^2)", UNIT, HUNDREDTH, codebook="ternary"),
    Case("kink-3", "abs(x-1/3)", UNIT, HUNDREDTH / 10, 3),
    Case("clamp-8", "min(1, max(0, 3*x-1))", UNIT, HUNDREDTH / 10, 8),
    Case("gelu-4", "gelu(x)", (-8, 8), HUNDREDTH, 4),
    Case("gelu-values", "gelu(x)", (-8, 8), HUNDREDTH, codebook="-1,0,1/2,1"),
    Case("log-linear3", "log(1+x)", UNIT, HUNDREDTH, codebook="linear:3"),
    Case("table-4", "rough table", UNIT, HUNDREDTH, 4),
    Case("strings-6", "rough table", UNIT, HUNDREDTH, 6, method="select-and-decode"),
    Case("march-3", "abs(x-1/2)", UNIT, HUNDREDTH, 3, method="march"),
    Case("knots-linear2", "exp(-x)", UNIT, HUNDREDTH, codebook="linear:2", method="knots"),
    Case("hierarchy-nested3", "exp(-x)", UNIT, HUNDREDTH, codebook="nested:3", method="hierarchy"),
    Case("walk-nested3", "abs(x-1/3)", UNIT, HUNDREDTH, codebook="nested:3", method="walk"),
    Case("squares-nested3", "exp(-x)", UNIT, HUNDREDTH, codebook="nested:3", method="chebyshev"),
    Case("march-values", "sin(2*pi*x)", UNIT, TENTH, codebook="-1,0,1/2,1", method="march"),
)


@cache
def compiled(case: Case) -> CompileResult:
    """The compilation of a case, done once for all laws."""
    return compile(
        case.target(),
        error=case.error,
        weight_bits=case.weight_bits,
        codebook=case.codebook,
        method=case.method,
    )
