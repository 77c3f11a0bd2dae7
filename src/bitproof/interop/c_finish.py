"""The C of fixed-point layers: rounding a sum to a level, limiting it, and the activation.

Every different finish of a network is one case of one switch, with its constants in the code, so a
compiler need not divide by what it does not know. Equal tables are stored once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from string import Template

from bitproof.exact import Overflow, Rounding
from bitproof.interop import c_text
from bitproof.interop.c_blocks import Finish
from bitproof.interop.live import Quantizer

_HALF = "rest > one - rest || (rest == one - rest && {tie})"
# Whether floor + 1 is the level, and the rule in words.
_RULES = {
    Rounding.NEAREST_EVEN: (_HALF.format(tie="(below & 1) != 0"), "to nearest, ties to even"),
    Rounding.NEAREST_AWAY: (_HALF.format(tie="below >= 0"), "to nearest, ties away from zero"),
    Rounding.NEAREST_UP: ("rest >= one - rest", "to nearest, ties up"),
    Rounding.NEAREST_DOWN: ("rest > one - rest", "to nearest, ties down"),
    Rounding.NEAREST_ZERO: (_HALF.format(tie="below < 0"), "to nearest, ties towards zero"),
    Rounding.TRUNCATE: ("n < 0 && rest != 0", "rounded towards zero"),
}


class FinishText:
    """The functions, tables and cases of the finishes of one network.

    Attributes:
        table_bytes: bytes of the activation tables.
    """

    def __init__(
        self,
        name: str,
        finishes: Sequence[Finish],
        integer: Callable[[int], str],
        lines: Callable[[Iterable[str]], str],
    ) -> None:
        self._name, self._finishes = name, finishes
        self._integer, self._lines = integer, lines
        self._tables = dict[tuple[int, ...], int]()
        self._functions = dict[str, str]()
        self._table_text = ""
        self.table_bytes = 0
        cases = [self._case(number, finish) for number, finish in enumerate(finishes)]
        self._text = c_text.FINISH.substitute({"name": name}, cases="\n".join(cases))

    def text(self) -> str:
        """All of it, in an order a compiler can read; nothing where there are no finishes."""
        if not self._finishes:
            return ""
        return self._table_text + "".join(self._functions.values()) + self._text

    def _case(self, number: int, finish: Finish) -> str:
        last = number == len(self._finishes) - 1
        steps = self._exact(finish) if finish.quantizer is None else self._rounded(finish)
        label = "    default:" if last else f"    case {number}:"
        return "\n".join([f"{label} /* {_title(finish)} */", *(f"        {s}" for s in steps)])

    def _exact(self, finish: Finish) -> list[str]:
        """Division without rest, and perhaps a ReLU."""
        value = f"({self._name}_value)level"
        return [
            f"level /= {self._integer(finish.divisor)};",
            f"return level < 0 ? 0 : {value};" if finish.relu else f"return {value};",
        ]

    def _rounded(self, finish: Finish) -> list[str]:
        quantizer = finish.quantizer
        assert quantizer is not None
        form = quantizer.form
        steps = list[str]()
        if finish.divisor != 1:
            steps.append(f"level = {self._quotient(form.rounding, finish.divisor)};")
        if form.overflow is Overflow.WRAP:
            steps.append(f"level = {self._wrap(form.lowest, form.levels)};")
        if form.overflow is Overflow.SATURATE or quantizer.limits_again:
            steps.append(f"level = {self._limit(quantizer.lowest, quantizer.highest)};")
        value = "level" if quantizer.entries is None else self._entry(quantizer, quantizer.entries)
        return [*steps, f"return ({self._name}_value){value};"]

    def _quotient(self, rule: Rounding, divisor: int) -> str:
        """The call that rounds, whose function is written once."""
        shift = divisor & (divisor - 1) == 0
        function = rule.value.replace("-", "_") + ("_shift" if shift else "")
        if rule is Rounding.FLOOR:
            template = c_text.FLOOR_SHIFT if shift else c_text.FLOOR_DIVIDE
            self._add(function, template)
        else:
            up, meaning = _RULES[rule]
            template = c_text.ROUND_SHIFT if shift else c_text.ROUND_DIVIDE
            self._add(function, template, rule=function, up=up, meaning=meaning)
        argument = str(divisor.bit_length() - 1) if shift else self._integer(divisor)
        return f"{self._name}_{function}(level, {argument})"

    def _wrap(self, lowest: int, count: int) -> str:
        self._add("wrap", c_text.WRAP)
        return f"{self._name}_wrap(level, {self._integer(lowest)}, {self._integer(count)})"

    def _limit(self, lowest: int, highest: int) -> str:
        self._add("limit", c_text.LIMIT)
        return f"{self._name}_limit(level, {self._integer(lowest)}, {self._integer(highest)})"

    def _add(self, function: str, template: Template, **fields: str) -> None:
        if function not in self._functions:
            self._functions[function] = template.substitute(fields, name=self._name)

    def _entry(self, quantizer: Quantizer, entries: tuple[int, ...]) -> str:
        """The table's entry for a level; the table is written once."""
        number = self._tables.get(entries)
        if number is None:
            number = self._tables[entries] = len(self._tables)
            kind, width = _table_type(self._name, entries)
            self.table_bytes += len(entries) * width // 8
            self._table_text += c_text.TABLE.substitute(
                title=f"{_plain(quantizer.name)}, from level {quantizer.lowest} on",
                kind=kind,
                name=self._name,
                number=number,
                length=len(entries),
                entries=self._lines(map(self._integer, entries)),
            )
        return f"{self._name}_table{number}[level - ({self._integer(quantizer.lowest)})]"


def _table_type(name: str, entries: Sequence[int]) -> tuple[str, int]:
    """The smallest type of all entries, and its bits."""
    low, high = min(entries), max(entries)
    for width in (8, 16, 32, 64):
        if -(1 << (width - 1)) <= low and high < 1 << (width - 1):
            return f"int{width}_t", width
        if low >= 0 and high < 1 << width and width < 64:
            return f"uint{width}_t", width
    return f"{name}_sum", 128


def _title(finish: Finish) -> str:
    quantizer = finish.quantizer
    if quantizer is None:
        return "exact division" + (", relu" if finish.relu else "")
    form = quantizer.form
    return f"{form.name}, {form.rounding.value}, {form.overflow.value}; {_plain(quantizer.name)}"


def _plain(text: str) -> str:
    """A name as it may stand in a comment."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in " ._-+()") else "_" for c in text)
    return kept[:60]
