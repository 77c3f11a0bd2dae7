"""The registry of constructions for several inputs: a name, and what makes its designs.

A method is a function (target, error, formats, count, tell) → Designs; it is loaded when called.
`METHODS` is the order in which `auto` tries them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from bitproof.construct.construction import Designs
    from bitproof.exact import WeightFormat
    from bitproof.target import BoxTarget

Tell: TypeAlias = Callable[[str], None]
Method: TypeAlias = Callable[
    ["BoxTarget", Fraction, Sequence["WeightFormat"], str, Tell], "Designs"
]


def kuhn(largest: Fraction | None) -> Method:
    """Networks on Kuhn's triangulation whose values stay below `largest`, if it is given."""

    def made(
        target: BoxTarget,
        error: Fraction,
        formats: Sequence[WeightFormat],
        count: str,
        tell: Tell,
    ) -> Designs:
        from bitproof.construct import kuhn as construction

        return construction.designs(
            target, error, formats, count=count, largest=largest, progress=tell
        )

    return made


def fixed(smoothness: int | None) -> Method:
    """The method of fixed structures that use so many derivatives (all that are proved if None)."""

    def made(
        target: BoxTarget,
        error: Fraction,
        formats: Sequence[WeightFormat],
        count: str,  # noqa: ARG001  (one network for each codebook)
        tell: Tell,
    ) -> Designs:
        from bitproof.construct import sobolev_boxes

        return sobolev_boxes.designs(target, error, formats, smoothness=smoothness, progress=tell)

    return made


METHODS: dict[str, Method] = {"kuhn": kuhn(None), "fixed": fixed(None)}
ON_REQUEST = frozenset({"fixed"})
"""Not tried by `auto`: the structure is the same for a whole class, so it is larger than one made
for the function."""


def method_of(name: str, smoothness: int | None, largest: Fraction | None) -> Method:
    """A method with what it is told besides: derivatives it may use, and the largest value that
    activations which are going to be rounded can have."""
    if name == "fixed":
        return fixed(smoothness)
    return kuhn(largest) if name == "kuhn" else METHODS[name]
