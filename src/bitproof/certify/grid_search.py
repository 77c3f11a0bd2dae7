"""The largest |f - N| over the levels of one stretch: blocks that double and halve.

Blocks of levels are bounded one after the other; a block whose bound is not good enough is
halved, down to single levels, where the target is enclosed at the point and the network is exact.
"""

from __future__ import annotations

from fractions import Fraction

from bitproof.certify.grid_blocks import Outputs, Scaled, bound_block, height, working_bits
from bitproof.certify.refinement import Goal, Outcome
from bitproof.exact.interval import Interval
from bitproof.target.target import Target

FIRST_BLOCK = 1 << 10
NEGLIGIBLE = Fraction(1, 1 << 44)  # of the values: below the resolution of the blocks


class GridSearch:
    """The bounds so far, over any number of stretches of levels.

    A block is accepted once its bound is within the slack of the attained error (or negligible
    beside the values) and decides the requested one.
    """

    def __init__(self, target: Target, goal: Goal) -> None:
        self._target, self._goal = target, goal
        self._lower = self._upper = Fraction(0)
        self._witness: Fraction | None = None
        self._shortfall = ""
        self._block = FIRST_BLOCK
        self._negligible = Fraction(0)

    @property
    def refuted(self) -> bool:
        """Whether an attained error exceeds the requested one."""
        return self._goal.error is not None and self._lower > self._goal.error

    def search(self, outputs: Outputs) -> None:
        """Bounds the error on further levels; stops early if the claim is refuted."""
        top = height(outputs, self._target)
        self._negligible = max(self._negligible, top * NEGLIGIBLE)
        bits = working_bits(top)
        scaled = None if bits is None else Scaled.of(outputs, bits)
        if self._witness is None:
            self._upper = max(self._upper, self._exact(outputs, 0))
        start = 0
        while start < len(outputs) and not self.refuted:
            stop = min(start + self._block, len(outputs))
            if self._accept(outputs, scaled, start, stop):
                start, self._block = stop, self._block * 2
            else:
                self._block = max(1, (stop - start) // 2)

    def outcome(self) -> Outcome:
        """The bounds found; the upper one is None after an early stop."""
        assert self._witness is not None
        upper = None if self.refuted or self._shortfall else self._upper
        return Outcome(self._lower, upper, self._witness, self._shortfall)

    def _accept(self, outputs: Outputs, scaled: Scaled | None, start: int, stop: int) -> bool:
        """Whether the block's bound is good enough; it then counts."""
        if stop - start == 1:
            self._upper = max(self._upper, self._exact(outputs, start))
            return True
        if scaled is None:
            return False
        bound = bound_block(self._target, outputs, scaled, start, stop)
        if bound is None:
            return False
        upper = Fraction(bound.upper, 1 << scaled.bits)
        if upper > max(self._lower, self._negligible):
            self._exact(outputs, bound.place)
        if upper > self._upper and not self._is_good(upper):
            return False
        self._upper = max(self._upper, upper)
        return True

    def _is_good(self, upper: Fraction) -> bool:
        near = max(self._lower * (1 + self._goal.slack), self._negligible)
        error = self._goal.error
        return upper <= near and (error is None or upper <= error)

    def _exact(self, outputs: Outputs, at: int) -> Fraction:
        """An upper bound of the error at one level; raises the lower bound if it can."""
        x, value = outputs.x(at), outputs.value(at)
        if self._witness is None:
            self._witness = x
        enclosure = self._target.enclose(Interval(x, x))
        if enclosure is None:
            self._shortfall = f"the target cannot be enclosed at {x}"
            return Fraction(0)
        least = max(value - enclosure.upper, enclosure.lower - value)
        if least > self._lower:
            self._lower, self._witness = least, x
        return max(value - enclosure.lower, enclosure.upper - value)
