"""The sentences a result is told in, shared by text and HTML. All numbers are rounded outward."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from bitproof.exact.rationals import write_decimal, write_rational

if TYPE_CHECKING:
    from bitproof.exact import Interval
    from bitproof.pipeline.results import CertifyResult, CompetitorRow, CompileResult, Outcome

MAX_DIGITS = 17


def exact_number(value: Fraction) -> str:
    """An exact value as short as it can be: a decimal that is exact, else p/q.

    >>> exact_number(Fraction(1, 1000)), exact_number(Fraction(1, 3)), exact_number(Fraction(-8))
    ('0.001', '1/3', '-8')
    """
    text = write_decimal(value, 12)
    is_exact = Fraction(text) == value
    return text if is_exact and len(text) <= 14 else write_rational(value)


def shortened(text: str, limit: int = 40) -> str:
    """A text with its middle left out where it is longer than `limit`.

    >>> shortened("1234567890/9876543210", 12)
    '12345…543210'
    """
    if len(text) <= limit:
        return text
    head = (limit - 1) // 2
    return f"{text[:head]}…{text[len(text) - (limit - 1 - head) :]}"


def upper_bound(value: Fraction, at_most: Fraction | None = None, digits: int = 3) -> str:
    """An upper bound rounded up, with as many digits as it takes to stay below `at_most`.

    >>> upper_bound(Fraction("0.0039061"), Fraction(1, 256)), upper_bound(Fraction(2, 3))
    ('0.0039061', '0.667')
    >>> upper_bound(Fraction("0.00390611"), Fraction("0.0039062"))
    '0.0039062'
    """
    text = write_decimal(value, digits, rounding="up")
    while at_most is not None and value <= at_most < Fraction(text) and digits < MAX_DIGITS:
        digits += 1
        text = write_decimal(value, digits, rounding="up")
    return text


def lower_bound(value: Fraction, above: Fraction | None = None, digits: int = 3) -> str:
    """A lower bound rounded down, with the digits it takes to stay above `above`."""
    text = write_decimal(value, digits, rounding="down")
    while above is not None and Fraction(text) <= above < value and digits < MAX_DIGITS:
        digits += 1
        text = write_decimal(value, digits, rounding="down")
    return text


def everywhere(inputs: str, domain: Interval) -> str:
    """`for every real x in [0, 1]`."""
    ends = f"[{exact_number(domain.lower)}, {exact_number(domain.upper)}]"
    kind = "every real x" if inputs == "real" else f"every {inputs} input x"
    return f"for {kind} in {ends}"


def claim(result: CompileResult) -> str:
    """The claim that was proved, in one line; what would be needed where there is no design."""
    if result.verdict is None or result.verdict.upper is None:
        needed = result.needed or "nothing within the limits was proved"
        return needed if needed.startswith("no design") else f"no design: {needed}"
    upper = upper_bound(result.verdict.upper, result.error)
    asked = exact_number(result.error)
    return f"|f(x) − N(x)| ≤ {upper} ≤ {asked} {everywhere(result.inputs, result.domain)}"


def after_status(status: str, words: str) -> str:
    """The rest of a sentence that begins with its status.

    >>> after_status("no design", "no design of error 1"), after_status("proved", "f ≤ 1")
    ('of error 1', 'f ≤ 1')
    """
    for head in (f"{status}: ", f"{status} "):
        if words.startswith(head):
            return words[len(head) :]
    return words


def certify_claim(result: CertifyResult) -> str:
    """The verdict of `certify`, in one line."""
    verdict, where = result.verdict, everywhere(result.inputs, result.domain)
    at = f"at x = {shortened(exact_number(verdict.witness))}"
    if verdict.status == "proved" and verdict.upper is not None:
        asked = "" if result.error is None else f" ≤ {exact_number(result.error)}"
        return f"|f(x) − N(x)| ≤ {upper_bound(verdict.upper, result.error, 6)}{asked} {where}"
    lower = lower_bound(verdict.lower, result.error, 6)
    if verdict.status == "refuted" and result.error is not None:
        return f"|f(x) − N(x)| ≥ {lower} > {exact_number(result.error)} {at}"
    upper_text = "unknown" if verdict.upper is None else upper_bound(verdict.upper, None, 6)
    return f"the sup error lies between {lower} (reached {at}) and {upper_text}"


def bits_text(bits: int) -> str:
    """A whole number with its thousands set apart.

    >>> bits_text(577728)
    '577,728'
    """
    return f"{bits:,}"


def comparison(result: Outcome) -> str:
    """Which is smaller, the network or the best alternative: said as it is."""
    if result.measures is None or not result.competitors:
        return ""
    best = min(result.competitors, key=lambda row: row.bits)
    bits = result.measures.bits(result.count)
    if bits <= best.bits:
        times = "as small" if bits == best.bits else f"{factor(best.bits, bits)} the network's"
        return (
            f"The network is the smallest: {bits_text(bits)} bits ({result.count}). The best "
            f"alternative, the {best.name}, takes {bits_text(best.bits)}, {times}."
        )
    beaten = [f"the {row.name}" for row in result.competitors if row.bits >= bits]
    also = f" The network is smaller than {_listed(beaten)}." if beaten else ""
    return (
        f"The {best.name} is smaller here: {bits_text(best.bits)} bits; the network takes "
        f"{bits_text(bits)} ({result.count}), {factor(bits, best.bits)} as much.{also}"
    )


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def factor(larger: int, smaller: int) -> str:
    """How many times, as `2.4×`."""
    if smaller == 0:
        return "infinitely many times"
    ratio = larger / smaller
    return f"{ratio:.1f}×" if ratio < 100 else f"{ratio:.0f}×"


def against_network(row: CompetitorRow, bits: int) -> str:
    """A competitor's size relative to the network's."""
    if row.bits == bits:
        return "same size"
    larger = factor(max(row.bits, bits), min(row.bits, bits))
    return f"{larger} {'larger' if row.bits > bits else 'smaller'}"
