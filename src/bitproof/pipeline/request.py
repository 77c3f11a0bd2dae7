"""Reading what the user asked for: targets, domains, errors, formats, limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from bitproof.errors import FormatError, InputError
from bitproof.exact import (
    FixedPoint,
    Interval,
    Q,
    WeightFormat,
    from_float,
    parse_codebook,
    parse_rational,
)

if TYPE_CHECKING:
    from bitproof.target.target import Target

Number = Fraction | int | float | str
COUNTS = ("dense", "nonzero", "paper")
METHODS = (
    "auto",
    "adaptive",
    "fold-matrix",
    "select-and-decode",
    "march",
    "knots",
    "hierarchy",
    "walk",
    "chebyshev",
)
AUTOMATIC = ("adaptive", "chebyshev", "fold-matrix", "select-and-decode", "march")
STRUCTURES = ("any", "fixed", "free")
FIXED_STRUCTURE = ("knots", "hierarchy")
"""Methods whose edges do not depend on the function, only on its class."""
FREE_STRUCTURE = ("adaptive", "chebyshev", "walk")
MAX_SMOOTHNESS = 8
DEFAULT_WEIGHT_BITS = 4
MAX_WEIGHT_BITS = 16


def read_number(value: Number) -> Fraction:
    """An exact rational from a number or a text; a float is taken as the rational it is."""
    if isinstance(value, str):
        return parse_rational(value)
    return from_float(value) if isinstance(value, float) else Fraction(value)


def read_error(value: Number) -> Fraction:
    """A requested error.

    Raises:
        InputError: not a positive number.
    """
    error = read_number(value)
    if error <= 0:
        raise InputError(f"the error {value}", remedy="ask for a positive one, such as 1e-3")
    return error


def check_goal(
    error: Number | None,
    max_depth: int | None,
    max_width: int | None,
    memory_limit: int | None,
) -> None:
    """
    Raises:
        InputError: nothing bounds the answer, or a limit is below 1.
    """
    sized = max_depth is not None and max_width is not None
    if error is None and memory_limit is None and not sized:
        raise InputError(
            "no goal: larger networks have smaller errors without end",
            remedy="give --error, or --memory-limit, or --max-depth and --max-width together",
        )
    for name, limit in (
        ("memory limit", memory_limit),
        ("largest depth", max_depth),
        ("largest width", max_width),
    ):
        if limit is not None and limit < 1:
            raise InputError(f"the {name} {limit}", remedy="at least 1")


def read_domain(values: Interval | Sequence[Number] | None) -> Interval | None:
    """An interval with more than one point, or None where nothing was said."""
    if values is None or isinstance(values, Interval):
        domain = values
    elif len(values) != 2:
        raise InputError(
            f"a domain of {len(values)} numbers", remedy="give its two ends: --domain 0 1"
        )
    else:
        domain = Interval(read_number(values[0]), read_number(values[1]))
    if domain is not None and domain.width == 0:
        raise InputError(f"the domain {domain} is a point", remedy="give two different ends")
    return domain


def read_formats(
    weight_bits: int | None, codebook: WeightFormat | str | None
) -> list[WeightFormat]:
    """The weight formats a request allows; every split of `weight_bits` into Q(a, b) with b ≥ 1.

    Raises:
        FormatError: both were given, or too few or too many bits.

    >>> [form.name for form in read_formats(3, None)]
    ['Q(-1,2)', 'Q(0,1)']
    """
    if codebook is not None:
        if weight_bits is not None:
            raise FormatError(
                "both weight bits and a codebook", remedy="give --weight-bits or --codebook"
            )
        return [parse_codebook(codebook) if isinstance(codebook, str) else codebook]
    bits = DEFAULT_WEIGHT_BITS if weight_bits is None else weight_bits
    if not 2 <= bits <= MAX_WEIGHT_BITS:
        raise FormatError(
            f"{bits}-bit weights",
            remedy=f"2 to {MAX_WEIGHT_BITS} bits; for one bit use --codebook binary",
        )
    return [Q(a, bits - 2 - a) for a in range(-1, bits - 2)]


def read_inputs(inputs: str | FixedPoint) -> FixedPoint | None:
    """The format of the inputs, or None for all real inputs."""
    if isinstance(inputs, FixedPoint):
        return inputs
    return None if inputs == "real" else FixedPoint.parse(inputs)


def read_target(
    target: str | Path | Target | Callable[[Fraction], Fraction],
    domain: Interval | None,
    lipschitz: Number | None,
) -> Target:
    """A target from an expression, a table's file, a callable with its Lipschitz constant."""
    from bitproof.target import CallableTarget, parse_target
    from bitproof.target.target import Target as TargetClass

    if isinstance(target, TargetClass):
        return target
    if isinstance(target, (str, Path)):
        return parse_target(str(target), domain)
    if lipschitz is None or domain is None:
        raise InputError(
            "a callable without its Lipschitz constant or domain",
            remedy="pass lipschitz=... and domain=(a, b): nothing else is known of a callable",
        )
    name = getattr(target, "__name__", "callable")
    return CallableTarget(target, domain, read_number(lipschitz), name)


def read_choice(value: str, choices: Sequence[str], what: str) -> str:
    """One of a few words.

    Raises:
        InputError: none of them.
    """
    if value not in choices:
        raise InputError(f"the {what} {value!r}", remedy="one of " + ", ".join(choices))
    return value


def methods_of(method: str, structure: str) -> tuple[str, ...]:
    """What `auto` tries, which depends on the structure asked for; else the method itself.

    Raises:
        InputError: a method that is not of the structure.

    >>> methods_of("auto", "fixed"), methods_of("march", "any")
    (('knots', 'hierarchy'), ('march',))
    """
    offered = {
        "any": AUTOMATIC,
        "fixed": FIXED_STRUCTURE,
        "free": FREE_STRUCTURE,
    }[structure]
    if method == "auto":
        return offered
    if structure != "any" and method not in offered:
        raise InputError(
            f"the method {method} with a {structure} structure",
            remedy="--method " + " or ".join(offered) + ", or leave out --structure",
        )
    return (method,)


def read_smoothness(value: int | None) -> int | None:
    """How many derivatives a construction may use; None to try all.

    Raises:
        InputError: outside 1..8.
    """
    if value is not None and not 1 <= value <= MAX_SMOOTHNESS:
        raise InputError(f"smoothness {value}", remedy=f"1 to {MAX_SMOOTHNESS}")
    return value


def clip_to_format(domain: Interval, form: FixedPoint) -> Interval:
    """The part of a domain whose ends are values of the format.

    Raises:
        InputError: no value of the format lies in it.
    """
    levels = form.levels_within(domain)
    if len(levels) < 1:
        raise InputError(
            f"no value of {form.name} lies in {domain}", remedy="choose another format or domain"
        )
    return Interval(form.value(levels[0]), form.value(levels[-1]))
