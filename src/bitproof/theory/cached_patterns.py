"""Walks of two slopes in blocks: every pattern of turns is built once (Ding et al., Theorem 3).

A block of m cells has k cells upwards. With v = x - (start of the block), the walk in it is the
chord of slope s·(2k/m - 1) plus s·Q(v), Q(0) = Q(mh) = 0, |Q'| ≤ 2; Q depends on the pattern alone.

**Lemma.** Let w be the sum of tents over the blocks t of one pattern and one residue of t mod 3, up
on t and down on t + 1, and M the sum of the tents one block later. Then relu(Q(w) - 2M) -
relu(-Q(w) - 2M) is Q(v) on these blocks and 0 elsewhere. *Proof.* On t, w = v and M = 0. On t + 1,
w = mh - v and M = v: |Q(mh - v)| ≤ 2v. On t + 2, w = 0, and Q(0) = 0. Three blocks on, the next may
begin. ∎

A block costs a constant number of edges, a pattern O(m): with m near log2(1/ε)/2 there are
O(1/(ε·log 1/ε)) edges, the order of the paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

RESIDUES = 3


@dataclass(frozen=True, slots=True)
class Blocks:
    """A walk cut into blocks.

    Attributes:
        length: m, in cells.
        patterns: the directions (±1) of the cells of each block.

    >>> blocks = Blocks.of([1, 1, -1, 1, 1], 4)
    >>> blocks.patterns, blocks.ups, blocks.kinds
    (((1, 1, -1, 1), (1, 1, 1, 1)), [3, 4], {((1, 1, -1, 1), 0): [0]})
    """

    length: int
    patterns: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, directions: Sequence[int], length: int) -> Blocks:
        """The last block goes on in the last direction."""
        missing = -len(directions) % length
        padded = [*directions, *[directions[-1]] * missing]
        cut = range(0, len(padded), length)
        return cls(length, tuple(tuple(padded[at : at + length]) for at in cut))

    @property
    def ups(self) -> list[int]:
        """k of every block."""
        return [pattern.count(1) for pattern in self.patterns]

    @property
    def kinds(self) -> dict[tuple[tuple[int, ...], int], list[int]]:
        """The blocks of every pattern that is not straight, by residue mod 3."""
        found: dict[tuple[tuple[int, ...], int], list[int]] = {}
        for block, pattern in enumerate(self.patterns):
            if len(set(pattern)) > 1:
                found.setdefault((pattern, block % RESIDUES), []).append(block)
        return found

    def first_slope(self, pattern: tuple[int, ...]) -> Fraction:
        """Q' in the first cell, over 2."""
        return (pattern[0] - (Fraction(2 * pattern.count(1), self.length) - 1)) / 2

    @staticmethod
    def turns(pattern: tuple[int, ...]) -> list[tuple[int, int]]:
        """(cell, new direction): there Q' changes by twice the direction."""
        return [(i, pattern[i]) for i in range(1, len(pattern)) if pattern[i] != pattern[i - 1]]
