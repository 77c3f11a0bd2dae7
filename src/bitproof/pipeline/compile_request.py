"""Everything `compile` is asked, read and checked before any work is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from bitproof.exact import FixedPoint, Interval, WeightFormat
from bitproof.network import Measures
from bitproof.pipeline.request import (
    COUNTS,
    METHODS,
    STRUCTURES,
    Number,
    check_goal,
    clip_to_format,
    methods_of,
    read_choice,
    read_domain,
    read_error,
    read_formats,
    read_inputs,
    read_smoothness,
    read_target,
)

if TYPE_CHECKING:
    from bitproof.target.target import Target


@dataclass(frozen=True, slots=True)
class Request:
    """Everything `compile` was asked, read and checked."""

    target: Target
    domain: Interval
    inputs: FixedPoint | None
    activations: FixedPoint | None
    error: Fraction
    formats: tuple[WeightFormat, ...]
    method: str
    count: str
    max_depth: int | None
    max_width: int | None
    memory_limit: int | None = None
    structure: str = "any"
    smoothness: int | None = None

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods to try."""
        return methods_of(self.method, self.structure)

    def within_limits(self, measures: Measures) -> bool:
        """Whether a network keeps the limits on depth, width and memory."""
        deep = self.max_depth is not None and measures.depth > self.max_depth
        wide = self.max_width is not None and measures.width > self.max_width
        large = self.memory_limit is not None and measures.bits(self.count) > self.memory_limit
        return not (deep or wide or large)


def read_request(
    target: str | Path | Target | Callable[[Fraction], Fraction],
    error: Number | None,
    domain: Interval | Sequence[Number] | None,
    weight_bits: int | None,
    codebook: WeightFormat | str | None,
    inputs: str | FixedPoint,
    activations: str | FixedPoint | None,
    method: str,
    memory: str,
    max_depth: int | None,
    max_width: int | None,
    lipschitz: Number | None,
    memory_limit: int | None = None,
    structure: str = "any",
    smoothness: int | None = None,
) -> Request:
    """Checks everything before any work is done. Without an error, the error is left to be found
    (`bitproof.pipeline.least_error`) and stands as 1.

    Raises:
        InputError: something is not understood, or nothing limits the answer.
    """
    check_goal(error, max_depth, max_width, memory_limit)
    wanted = Fraction(1) if error is None else read_error(error)
    formats = tuple(read_formats(weight_bits, codebook))
    chosen_method = read_choice(method, METHODS, "method")
    methods_of(chosen_method, read_choice(structure, STRUCTURES, "structure"))
    count = read_choice(memory, COUNTS, "memory count")
    rounding = None if activations is None else read_inputs(activations)
    form = read_inputs(inputs) or rounding
    interval = read_domain(domain)
    if form is not None and interval is None and not str(target).endswith(".csv"):
        interval = form.interval
    read = read_target(target, interval, lipschitz)
    interval = read.domain
    if form is not None:
        clip_to_format(interval, form)
    return Request(
        read,
        interval,
        form,
        rounding,
        wanted,
        formats,
        chosen_method,
        count,
        max_depth,
        max_width,
        memory_limit,
        structure,
        read_smoothness(smoothness),
    )
