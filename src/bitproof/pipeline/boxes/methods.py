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


def _kuhn(
    target: BoxTarget, error: Fraction, formats: Sequence[WeightFormat], count: str, tell: Tell
) -> Designs:
    from bitproof.construct import kuhn

    return kuhn.designs(target, error, formats, count=count, progress=tell)


METHODS: dict[str, Method] = {"kuhn": _kuhn}
