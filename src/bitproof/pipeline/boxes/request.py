"""Everything `compile` is asked for a function of several inputs, read and checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from bitproof.errors import InputError
from bitproof.exact import Box, FixedPoint, Interval, WeightFormat
from bitproof.network import Measures
from bitproof.pipeline.boxes.methods import METHODS
from bitproof.pipeline.request import (
    COUNTS,
    Number,
    check_goal,
    read_choice,
    read_error,
    read_formats,
    read_inputs,
    read_number,
)

if TYPE_CHECKING:
    from bitproof.target import BoxTarget


@dataclass(frozen=True, slots=True)
class BoxRequest:
    """Everything `compile` was asked, read and checked."""

    target: BoxTarget
    error: Fraction
    formats: tuple[WeightFormat, ...]
    method: str
    count: str
    max_depth: int | None
    max_width: int | None
    seconds: float
    smoothness: int | None = None
    inputs: FixedPoint | None = None
    activations: FixedPoint | None = None
    memory_limit: int | None = None

    def within_limits(self, measures: Measures) -> bool:
        """Whether a network keeps the limits on depth, width and memory."""
        deep = self.max_depth is not None and measures.depth > self.max_depth
        wide = self.max_width is not None and measures.width > self.max_width
        large = self.memory_limit is not None and measures.bits(self.count) > self.memory_limit
        return not (deep or wide or large)


def wants_box(target: object, domain: object) -> bool:
    """Whether a target and a domain are of several inputs: a box, four numbers or more, an
    expression in x2, …, or a table on a grid.

    >>> wants_box("x1*x2", None), wants_box("sin(x)", (0, 1)), wants_box("x1", (0, 1, 0, 1))
    (True, False, True)
    """
    from bitproof.target import BoxTarget
    from bitproof.target.box_reading import inputs_of

    if isinstance(target, BoxTarget) or isinstance(domain, Box):
        return True
    if isinstance(domain, Sequence) and not isinstance(domain, str) and len(domain) > 2:
        return True
    return isinstance(target, (str, Path)) and inputs_of(str(target)) > 1


def read_box_domain(domain: Box | Interval | Sequence[Number] | None) -> Box | None:
    """A box from its ends in turn, or None where nothing was said.

    Raises:
        InputError: an odd number of ends, or an empty or flat side.
    """
    if domain is None or isinstance(domain, Box):
        box = domain
    elif isinstance(domain, Interval):
        box = Box((domain,))
    else:
        box = Box.from_ends([read_number(value) for value in domain])
    if box is not None and any(width == 0 for width in box.widths):
        raise InputError(f"the domain {box} is flat", remedy="give two different ends each")
    return box


def read_box_target(
    target: str | Path | BoxTarget,
    domain: Box | Interval | Sequence[Number] | None,
    interpolation: str | None = None,
    form: FixedPoint | None = None,
) -> BoxTarget:
    """A target of several inputs; on all values of a format, if one is given and no domain is."""
    from bitproof.target import BoxTarget
    from bitproof.target.box_reading import inputs_of, parse_box_target

    if isinstance(target, BoxTarget):
        return target
    box, text = read_box_domain(domain), str(target)
    if box is None and form is not None and not text.strip().lower().endswith(".csv"):
        box = Box((form.interval,) * inputs_of(text))
    return parse_box_target(text, box, interpolation)


def read_box_request(
    target: str | Path | BoxTarget,
    error: Number | None,
    domain: Box | Interval | Sequence[Number] | None,
    weight_bits: int | None,
    codebook: WeightFormat | str | None,
    method: str,
    memory: str,
    max_depth: int | None,
    max_width: int | None,
    interpolation: str | None,
    seconds: float,
    smoothness: int | None = None,
    inputs: str | FixedPoint = "real",
    activations: str | FixedPoint | None = None,
    memory_limit: int | None = None,
) -> BoxRequest:
    """Checks everything before any work is done. Without an error, the error is left to be found
    (`bitproof.pipeline.least_error`) and stands as 1.

    Raises:
        InputError: something is not understood, or nothing limits the answer.
    """
    from bitproof.certify.boxes import MAX_POINTS, grid_levels

    check_goal(error, max_depth, max_width, memory_limit)
    wanted = Fraction(1) if error is None else read_error(error)
    formats = tuple(read_formats(weight_bits, codebook))
    chosen = read_choice(method, ("auto", *METHODS), "method for several inputs")
    count = read_choice(memory, COUNTS, "memory count")
    rounding = None if activations is None else read_inputs(activations)
    form = read_inputs(inputs) or rounding
    read = read_box_target(target, domain, interpolation, form)
    if form is not None:
        points = prod(map(len, grid_levels(form, read.domain)))
        if rounding is not None and points > MAX_POINTS:
            raise InputError(
                f"{points} inputs of {form.name} in {read.domain}, and rounded activations",
                remedy="of at most 2^22 every one is tried, and rounding has no other proof: give "
                "--inputs of fewer bits",
            )
    if smoothness not in (None, 1, 2):
        raise InputError(f"smoothness {smoothness} with several inputs", remedy="1 or 2")
    return BoxRequest(
        read,
        wanted,
        formats,
        chosen,
        count,
        max_depth,
        max_width,
        seconds,
        smoothness,
        form,
        rounding,
        memory_limit,
    )
