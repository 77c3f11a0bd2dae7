"""Parsing what click does not: negative numbers and expressions as arguments, --domain A B.

click takes every token that begins with `-` for an option. Here `-1/3`, `-x^2` and the numbers
after `--domain` are what they look like; only `--name` (and `-h`) is an option.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import click

from bitproof.errors import BitproofError

_NUMBER = re.compile(r"[+-]?(\d|\.\d)[\d.eE+\-*/^()]*\Z")


def looks_numeric(token: str) -> bool:
    """Whether a token is written like a number (`-8`, `1e-3`, `2^-8`, `1/512`).

    >>> [looks_numeric(token) for token in ("-8", "2^-8", "-1/512", ".5", "x", "--out", "3*x")]
    [True, True, True, True, False, False, False]
    """
    return bool(_NUMBER.match(token))


class NumericCommand(click.Command):
    """A command whose arguments may begin with a minus sign and whose options of type `NUMBERS`
    take the numbers that follow them, in pairs."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, self._rearranged(ctx, list(args)))

    def _rearranged(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The same command line with the arguments after a `--`, where click accepts any."""
        options: list[str] = []
        arguments: list[str] = []
        known = self._options(ctx)
        position = 0
        while position < len(args):
            token = args[position]
            position += 1
            if token == "--":
                arguments += args[position:]
                break
            if not self._is_option(token, known, ctx):
                arguments.append(token)
                continue
            option = known.get(token)
            if option is None or option.is_flag or option.count:
                options.append(token)
            elif isinstance(option.type, NumberPairs):
                numbers = _numbers_in_pairs(args[position:])
                position += len(numbers)
                options += [token, " ".join(numbers)]
            else:
                values = args[position : position + option.nargs]
                if len(values) < option.nargs:
                    ctx.fail(f"Option {token!r} requires an argument.")
                options += [token, *values]
                position += option.nargs
        return [*options, "--", *arguments] if arguments else options

    def _options(self, ctx: click.Context) -> dict[str, click.Option]:
        return {
            name: parameter
            for parameter in self.get_params(ctx)
            if isinstance(parameter, click.Option)
            for name in (*parameter.opts, *parameter.secondary_opts)
        }

    def _is_option(self, token: str, known: dict[str, click.Option], ctx: click.Context) -> bool:
        if token.startswith("--") or token in known:
            return True
        if token.startswith("-") and f"-{token}" in known:
            ctx.fail(f"No such option: {token}. Did you mean -{token}?")
        return False


def _numbers_in_pairs(tokens: Sequence[str]) -> list[str]:
    """The numeric tokens at the front, an even number of them where there are two or more."""
    numbers: list[str] = []
    for token in tokens:
        if not looks_numeric(token):
            break
        numbers.append(token)
    if len(numbers) > 1 and len(numbers) % 2:
        numbers.pop()
    if not numbers and tokens and not tokens[0].startswith("--"):
        return [tokens[0]]
    return numbers


class Rational(click.ParamType):  # type: ignore[type-arg]
    """An exact number: 0.001, 1e-3, 1/512, 2^-8."""

    name = "number"

    def convert(
        self,
        value: Any,  # noqa: ANN401  (click's signature)
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Fraction:
        from bitproof.exact.rationals import parse_rational

        try:
            return parse_rational(str(value))
        except BitproofError as error:
            self.fail(f"{error.problem}; {error.remedy}.", param, ctx)


class NumberPairs(click.ParamType):  # type: ignore[type-arg]
    """The ends of an interval for each input: A B, or A,B."""

    name = "a b"

    def convert(
        self,
        value: Any,  # noqa: ANN401  (click's signature)
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> tuple[Fraction, ...]:
        if isinstance(value, tuple):
            return value
        parts = [part for part in re.split(r"[\s,]+", str(value)) if part]
        numbers = tuple(RATIONAL.convert(part, param, ctx) for part in parts)
        if not numbers or len(numbers) % 2:
            self.fail(
                f"{len(numbers)} number{'s'[: len(numbers) != 1]} ({str(value)[:60]!r}); "
                "give the two ends: --domain 0 1, or --domain=-8,8.",
                param,
                ctx,
            )
        for lower, upper in zip(numbers[::2], numbers[1::2], strict=True):
            if lower >= upper:
                self.fail(
                    f"[{lower}, {upper}] is empty or a point; write the lower end first, "
                    "as in --domain 0 1.",
                    param,
                    ctx,
                )
        return numbers


class Checked(click.ParamType):  # type: ignore[type-arg]
    """A text that a reader of the package understands; what it raises becomes a usage error."""

    def __init__(self, name: str, home: str, reader: str) -> None:
        self.name = name
        self.home = home
        self.reader = reader

    def convert(
        self,
        value: Any,  # noqa: ANN401  (click's signature)
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str:
        import importlib

        reader: Any = importlib.import_module(self.home)
        for part in self.reader.split("."):
            reader = getattr(reader, part)
        try:
            reader(str(value))
        except BitproofError as error:
            self.fail(f"{error.problem}; {error.remedy}.", param, ctx)
        return str(value)


RATIONAL = Rational()
NUMBER_PAIRS = NumberPairs()
CODEBOOK = Checked("codebook", "bitproof.exact", "parse_codebook")
INPUTS = Checked("real|Qm.n", "bitproof.pipeline.request", "read_inputs")
