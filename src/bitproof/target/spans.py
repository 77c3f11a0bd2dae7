"""Consecutive pieces of an interval, and cutting several such sequences at all their borders.

A sequence covers [lower, upper] with pieces of positive width, each beginning where the former
ends; a piece of width 0 may stand at a border, for a point that is special.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, TypeVar

Content = TypeVar("Content")


@dataclass(frozen=True, slots=True)
class Span(Generic[Content]):
    """`content` holds on the closed interval [lower, upper]."""

    lower: Fraction
    upper: Fraction
    content: Content

    @property
    def is_point(self) -> bool:
        return self.lower == self.upper


def common(sequences: Sequence[Sequence[Span[Content]]]) -> list[Span[tuple[Content, ...]]]:
    """The common refinement: every piece carries the contents of all the sequences there.

    >>> zero, one, two = Fraction(0), Fraction(1), Fraction(2)
    >>> halves = [Span(zero, one, "a"), Span(one, one, "!"), Span(one, two, "b")]
    >>> [span.content for span in common([halves, [Span(zero, two, "c")]])]
    [('a', 'c'), ('!', 'c'), ('b', 'c')]
    """
    if len(sequences) == 1:
        return [Span(span.lower, span.upper, (span.content,)) for span in sequences[0]]
    cuts = sorted(
        {end for spans in sequences for span in spans for end in (span.lower, span.upper)}
    )
    points = {span.lower for spans in sequences for span in spans if span.is_point}
    walkers = [_Walker(spans) for spans in sequences]
    result: list[Span[tuple[Content, ...]]] = []
    for position, cut in enumerate(cuts):
        if cut in points:
            result.append(Span(cut, cut, tuple(walker.at(cut) for walker in walkers)))
        if position + 1 < len(cuts):
            after = tuple(walker.after(cut) for walker in walkers)
            result.append(Span(cut, cuts[position + 1], after))
    return result


class _Walker(Generic[Content]):
    """Reads one sequence from left to right."""

    def __init__(self, spans: Sequence[Span[Content]]) -> None:
        self._points = {span.lower: span.content for span in spans if span.is_point}
        self._wide = [span for span in spans if not span.is_point]
        self._next = 0

    def at(self, cut: Fraction) -> Content:
        """What stands at the point itself."""
        if cut in self._points:
            return self._points[cut]
        self._move(cut)
        return self._wide[self._next].content

    def after(self, cut: Fraction) -> Content:
        """What holds just right of it."""
        self._move(cut)
        return self._wide[self._next].content

    def _move(self, cut: Fraction) -> None:
        while self._next + 1 < len(self._wide) and self._wide[self._next].upper <= cut:
            self._next += 1
