"""Products of finite sets, and whether some of them cover another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Box = tuple[int, ...]  # for each coordinate a set, as bits


def maximal(boxes: Iterable[Box]) -> list[Box]:
    """The boxes that lie in no other.

    >>> maximal([(1, 1), (3, 1), (1, 2)])
    [(3, 1), (1, 2)]
    """
    sizes: dict[int, list[Box]] = {}
    for box in boxes:
        sizes.setdefault(sum(part.bit_count() for part in box), []).append(box)
    kept: list[Box] = []
    for size in sorted(sizes, reverse=True):  # a box lies in none of its own size
        kept += [
            box
            for box in dict.fromkeys(sizes[size])
            if not any(inside(box, other) for other in kept)
        ]
    return kept


def inside(box: Box, other: Box) -> bool:
    return all(a & ~b == 0 for a, b in zip(box, other, strict=True))


def covers(boxes: Sequence[Box], target: Box) -> bool:
    """Whether the union of the boxes contains the target.

    >>> covers([(1, 3), (2, 1), (2, 2)], (3, 3)), covers([(1, 3), (2, 1)], (3, 3))
    (True, False)
    """
    relevant: list[Box] = []
    for box in boxes:
        if inside(target, box):
            return True
        if all(a & b for a, b in zip(box, target, strict=True)):
            relevant.append(box)
    if not relevant:
        return False
    at = _splitting(relevant, target)
    parts: dict[tuple[int, ...], int] = {}
    for bit in range(target[at].bit_length()):
        if target[at] >> bit & 1:
            key = tuple(i for i, box in enumerate(relevant) if box[at] >> bit & 1)
            parts[key] = parts.get(key, 0) | 1 << bit
    return all(
        covers([relevant[i] for i in key], (*target[:at], levels, *target[at + 1 :]))
        for key, levels in sorted(parts.items(), key=lambda part: len(part[0]))
    )


def _splitting(boxes: Sequence[Box], target: Box) -> int:
    """The coordinate in which most boxes miss some of the target."""
    misses = [sum(1 for box in boxes if target[at] & ~box[at]) for at in range(len(target))]
    return misses.index(max(misses))
