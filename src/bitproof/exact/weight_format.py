"""Weight formats: the finite set of values a weight or bias may take, and what one costs.

- `Q(a, b)` = 2^-b Z ∩ (-2^{a+1}, 2^{a+1}): a + b + 2 bits per weight (Ou, Schenkel, Bölcskei 2024).
- `Codebook(values)`: λ exact values, log2 λ bits per weight (Ding, Liu, Xiong, Shi 2019).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise

from bitproof.errors import FormatError
from bitproof.exact.rationals import common_denominator, parse_rational

MAX_Q_BITS = 64
MAX_CODEBOOK_VALUES = 4096
MAX_NESTED_VALUES = 12
MAX_NESTED_DIGITS = 64


class WeightFormat(ABC):
    """A finite set of exact values that every weight and bias of a network lies in."""

    @property
    @abstractmethod
    def name(self) -> str:
        """As the command line writes it."""

    @abstractmethod
    def __contains__(self, value: object) -> bool: ...

    @abstractmethod
    def values(self) -> tuple[Fraction, ...]:
        """All values, ascending."""

    @abstractmethod
    def memory_bits(self, weights: int, *, with_zero: bool = False) -> int:
        """Bits that store `weights` weights. `with_zero`: some of them are 0, which costs a
        symbol more where 0 is not in the format."""

    @property
    @abstractmethod
    def denominator(self) -> int:
        """The least common denominator of the values."""

    @property
    def largest(self) -> Fraction:
        return max(self.values())

    @property
    def has_zero(self) -> bool:
        return Fraction(0) in self

    @property
    def dyadic(self) -> bool:
        """Whether every value is a multiple of a power of two."""
        return self.denominator & (self.denominator - 1) == 0


@dataclass(frozen=True)
class Q(WeightFormat):
    """Q_b^a = 2^-b Z ∩ (-2^{a+1}, 2^{a+1}), a + b + 2 bits (Ou et al. 2024, definition of R_b^a).

    Raises:
        FormatError: a < -1, b < 0 or more than 64 bits.

    >>> Q(-1, 1).values()
    (Fraction(-1, 2), Fraction(0, 1), Fraction(1, 2))
    >>> Q(0, 1).bits, Q(0, 1).largest, Q(0, 1).memory_bits(10)
    (3, Fraction(3, 2), 30)
    """

    a: int
    b: int

    def __post_init__(self) -> None:
        if self.a < -1 or self.b < 0 or self.bits < 1 or self.bits > MAX_Q_BITS:
            raise FormatError(
                f"Q({self.a}, {self.b}) is not a weight format",
                remedy=f"a ≥ -1, b ≥ 0 and 1 ≤ a + b + 2 ≤ {MAX_Q_BITS}",
            )

    @property
    def bits(self) -> int:
        return self.a + self.b + 2

    @property
    def name(self) -> str:
        return f"Q({self.a},{self.b})"

    @property
    def denominator(self) -> int:
        return 1 << self.b

    @property
    def largest_numerator(self) -> int:
        return (1 << (self.a + self.b + 1)) - 1

    @property
    def largest(self) -> Fraction:
        return Fraction(self.largest_numerator, self.denominator)

    def __contains__(self, value: object) -> bool:
        if not isinstance(value, (int, Fraction)):
            return False
        numerator = Fraction(value) * self.denominator
        return numerator.denominator == 1 and abs(numerator) <= self.largest_numerator

    def values(self) -> tuple[Fraction, ...]:
        if self.bits > 20:
            raise FormatError(
                f"{self.name} has 2^{self.bits} values", remedy="list formats of at most 20 bits"
            )
        top = self.largest_numerator
        return tuple(Fraction(k, self.denominator) for k in range(-top, top + 1))

    def memory_bits(self, weights: int, *, with_zero: bool = False) -> int:  # noqa: ARG002
        return weights * self.bits


@dataclass(frozen=True)
class Codebook(WeightFormat):
    """λ distinct exact values; W weights take ⌈W·log2 λ⌉ bits (computed exactly, as λ^W).

    Raises:
        FormatError: fewer than two values, a repeated one, or more than 4096.

    >>> Codebook.linear(3).entries
    (Fraction(-1, 1), Fraction(1, 3), Fraction(2, 3))
    >>> Codebook.ternary().memory_bits(10), Codebook.binary().memory_bits(10)
    (16, 10)
    """

    entries: tuple[Fraction, ...]
    label: str = ""

    def __post_init__(self) -> None:
        ordered = tuple(sorted(Fraction(value) for value in self.entries))
        if len(set(ordered)) != len(ordered):
            repeated = next(v for v, w in pairwise(ordered) if v == w)
            raise FormatError(f"the codebook names {repeated} twice", remedy="give distinct values")
        if not 2 <= len(ordered) <= MAX_CODEBOOK_VALUES:
            raise FormatError(
                f"a codebook of {len(ordered)} values",
                remedy=f"give between 2 and {MAX_CODEBOOK_VALUES} distinct values",
            )
        object.__setattr__(self, "entries", ordered)

    @classmethod
    def binary(cls) -> Codebook:
        """{-1/2, 1/2}."""
        return cls((Fraction(-1, 2), Fraction(1, 2)), "binary")

    @classmethod
    def ternary(cls) -> Codebook:
        """{-1/2, 0, 1/2}."""
        return cls((Fraction(-1, 2), Fraction(0), Fraction(1, 2)), "ternary")

    @classmethod
    def linear(cls, values: int) -> Codebook:
        """{-1, 1/λ, ..., (λ-1)/λ}, Ding et al.'s linear quantization with λ values."""
        if not 2 <= values <= MAX_CODEBOOK_VALUES:
            raise FormatError(
                f"linear:{values} is not a codebook",
                remedy=f"linear:λ takes 2 ≤ λ ≤ {MAX_CODEBOOK_VALUES}",
            )
        steps = (Fraction(j, values) for j in range(1, values))
        return cls((Fraction(-1), *steps), f"linear:{values}")

    @classmethod
    def nested(cls, values: int, digits: int = 16) -> Codebook:
        """{-1, 1} and powers of 1/2 whose exponents grow geometrically, so that a chain of few
        edges reaches 2^-digits; λ = 2 is {-1, 1/2}.

        Args:
            values: λ.
            digits: K; the exponents are b^0, b^1, ..., b^(λ-3), b = max(2, ⌈K^(1/(λ-2))⌉).

        >>> Codebook.nested(4, 9).entries[:2], Codebook.nested(3).name
        ((Fraction(-1, 1), Fraction(1, 8)), 'nested:3')
        """
        if not 2 <= values <= MAX_NESTED_VALUES or not 1 <= digits <= MAX_NESTED_DIGITS:
            raise FormatError(
                f"nested:{values}:{digits} is not a codebook",
                remedy=f"nested:λ or nested:λ:K with 2 ≤ λ ≤ {MAX_NESTED_VALUES} and "
                f"1 ≤ K ≤ {MAX_NESTED_DIGITS}",
            )
        if values == 2:
            return cls((Fraction(-1), Fraction(1, 2)), "nested:2")
        base = 2
        while base ** (values - 2) < digits:
            base += 1
        powers = (Fraction(1, 1 << base**j) for j in range(values - 2))
        name = f"nested:{values}" if base == 2 or values == 3 else f"nested:{values}:{digits}"
        return cls((Fraction(-1), Fraction(1), *powers), name)

    @classmethod
    def midrise(cls, values: int) -> Codebook:
        """The odd multiples of 1/λ below 1, λ even: evenly spaced around a missing zero.

        >>> [str(value) for value in Codebook.midrise(4).entries]
        ['-3/4', '-1/4', '1/4', '3/4']
        """
        if not 2 <= values <= MAX_CODEBOOK_VALUES or values % 2:
            raise FormatError(
                f"midrise:{values} is not a codebook",
                remedy=f"midrise:λ takes an even λ, 2 ≤ λ ≤ {MAX_CODEBOOK_VALUES}",
            )
        steps = (Fraction(2 * j + 1 - values, values) for j in range(values))
        return cls(tuple(steps), f"midrise:{values}")

    @property
    def name(self) -> str:
        return self.label or ",".join(str(value) for value in self.entries)

    @cached_property
    def _members(self) -> frozenset[Fraction]:
        return frozenset(self.entries)

    @property
    def denominator(self) -> int:
        return common_denominator(self.entries)

    def __contains__(self, value: object) -> bool:
        return isinstance(value, (int, Fraction)) and Fraction(value) in self._members

    def values(self) -> tuple[Fraction, ...]:
        return self.entries

    def memory_bits(self, weights: int, *, with_zero: bool = False) -> int:
        symbols = len(self.entries) + (1 if with_zero and not self.has_zero else 0)
        return packed_bits(symbols, weights)


def packed_bits(symbols: int, count: int) -> int:
    """⌈count · log2 symbols⌉, exactly: the bits that tell `count` symbols apart.

    >>> packed_bits(3, 5), packed_bits(2, 7), packed_bits(3, 0)
    (8, 7, 0)
    """
    if symbols & (symbols - 1) == 0:
        return count * (symbols.bit_length() - 1)
    return int(symbols**count - 1).bit_length()


def parse_codebook(text: str) -> Codebook:
    """`binary`, `ternary`, `linear:λ`, `nested:λ`, `nested:λ:K`, `midrise:λ`, or values separated
    by commas.

    >>> parse_codebook("-1, 0, 1/2, 1").entries
    (Fraction(-1, 1), Fraction(0, 1), Fraction(1, 2), Fraction(1, 1))
    >>> parse_codebook("nested:3").entries
    (Fraction(-1, 1), Fraction(1, 2), Fraction(1, 1))
    """
    stripped = text.strip()
    if stripped == "binary":
        return Codebook.binary()
    if stripped == "ternary":
        return Codebook.ternary()
    family, colon, numbers = stripped.partition(":")
    if colon:
        return _family_member(stripped, family, numbers.split(":"))
    parts = stripped.split(",")
    if len(parts) < 2:
        raise FormatError(f"{stripped!r} is not a codebook", remedy=_CODEBOOKS)
    if len(parts) > MAX_CODEBOOK_VALUES:
        raise FormatError(
            f"a codebook of {len(parts)} values", remedy=f"give at most {MAX_CODEBOOK_VALUES}"
        )
    return Codebook(tuple(parse_rational(part) for part in parts))


_CODEBOOKS = "write binary, ternary, linear:λ, nested:λ, midrise:λ or values such as -1,0,1/2,1"


def _family_member(text: str, family: str, numbers: list[str]) -> Codebook:
    most = {"linear": 1, "midrise": 1, "nested": 2}.get(family, 0)
    readable = all(number.isdecimal() and len(number) <= 5 for number in numbers)
    if not readable or len(numbers) > most:
        remedy = f"write {family}:4, say" if most else _CODEBOOKS
        raise FormatError(f"{text!r} is not a codebook", remedy=remedy)
    values = [int(number) for number in numbers]
    if family == "linear":
        return Codebook.linear(values[0])
    return Codebook.midrise(values[0]) if family == "midrise" else Codebook.nested(*values)
