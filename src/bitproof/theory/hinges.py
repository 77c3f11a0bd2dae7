"""Hinges: many knots a layer where weights have fraction bits enough to name their places.

With X = 2^e·z, z the input moved into [0, 1], layer j has g hinges u_i = relu(X - (jg + i)·h), each
made from the last one of the layer before by one weight and a bias, and a sum

    y_1 = β,    y_{j+1} = relu(ω·y_j + Σ_i c_i·u_i),    2^r·(N + offset) = ω·y_J + Σ_i c_i·u_i,

so a network of width g + 1 draws a path of g cells of length h a layer, and one of depth 2 is
1-(g + 1)-1. Places and changes of slope are multiples of 2^-b: h = k·2^-b, slopes are the odd
multiples of s = 2^-b (y per X), changes of slope multiples of 2s; the error is that of the coded
path (`bitproof.theory.march`). Few fraction bits take a larger X, and y in units of 2^-r: both grow
together by a power of two a layer, y with a bias each time, and y falls by 2^-b a layer at the end.

*Where the path starts.* Its nodes at X = 0 are the even multiples of s·h = k·2^-2b, finer than a
bias. The first ω is 1 - 2^-b and every other is 1: with β = B/2^b the product is B(2^b - 1)/2^2b,
and as 2^b - 1 is odd, B(2^b - 1) has every residue modulo 2^(b+r) for B in any range of 2^(b+r)
numbers, which leaves a multiple of 2^-b for the offset. β is so large that no partial sum is
negative.

A network of width 1 is monotone, so half of the function K·(length)/2 high that rises and falls is
the least error (`MonotoneBound` in `bitproof.theory.lower_bounds`); a constant f(middle) errs by at
most twice that.
"""

from __future__ import annotations

from dataclasses import dataclass

from bitproof.theory.march import InputStage


@dataclass(frozen=True, slots=True)
class HingesShape:
    """What the sizes of a network of hinges depend on.

    Attributes:
        per_layer: g, hinges in a layer.
        layers: J, layers of hinges; 0 is a constant.
        input_stage, input_halvings, zooms: as for the fold matrix.
        scalings: layers that enlarge the input further, and β with it.
        tail: layers that make y smaller.

    >>> HingesShape(7, 1, InputStage.PLAIN, 0, 0, 0).dense_weights  # 1-8-1 without useless entries
    24
    """

    per_layer: int
    layers: int
    input_stage: InputStage
    input_halvings: int
    zooms: int
    scalings: int
    tail: int = 0

    @property
    def depth(self) -> int:
        """Affine maps on the longest path to the output."""
        return self._head + self.layers + 1 + self.tail if self.layers else 1

    @property
    def _head(self) -> int:
        stage = {InputStage.PLAIN: 0, InputStage.SHIFTED: 1, InputStage.SPLIT: 2}[self.input_stage]
        return stage + self.input_halvings + self.zooms + self.scalings

    @property
    def width(self) -> int:
        """Values alive at once."""
        if not self.layers:
            return 1
        return max(self.per_layer + 1, 3 if self.input_stage is InputStage.SPLIT else 2)

    @property
    def dense_weights(self) -> int:
        """Entries of all affine maps, biases included."""
        if not self.layers:
            return 1
        head = {
            InputStage.PLAIN: 2 * self.input_halvings,
            InputStage.SHIFTED: 2 + 2 * self.input_halvings,
            InputStage.SPLIT: 4 + 6 * self.input_halvings + 3,
        }[self.input_stage]
        head += 2 * self.zooms + 4 * self.scalings
        sums = self.layers * (self.per_layer + 2) + 2 * self.tail
        return head + 2 * self.per_layer * self.layers + 1 + sums
