"""How the inputs of a network become points of a box [0, l_1] × ... × [0, l_d], and back."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from bitproof.construct.biases import plain_weight
from bitproof.exact.box import Point
from bitproof.network.wiring import ONE, Wiring


@dataclass(frozen=True, slots=True)
class BoxInput:
    """u_i = scale_i·(x_i - lower_i); the network's output is multiplied by `factor`.

    Attributes:
        lower: the lower ends of the domain.
        scales: positive.
        factor: positive.
        axes: which input each axis of the box is; () for their own order.

    >>> unit = BoxInput.plain(2)
    >>> unit.outward((Fraction(1, 2), Fraction(0)))
    (Fraction(1, 2), Fraction(0, 1))
    """

    lower: Point
    scales: Point
    factor: Fraction = Fraction(1)
    axes: tuple[int, ...] = ()

    @classmethod
    def plain(cls, dimension: int) -> BoxInput:
        """The unit cube as it is."""
        return cls((Fraction(0),) * dimension, (Fraction(1),) * dimension)

    def outward(self, point: Point) -> Point:
        """x from u."""
        ordered = list(point)
        for axis, u in zip(self.axes, point, strict=False):
            ordered[axis] = u
        return tuple(
            low + u / scale for low, u, scale in zip(self.lower, ordered, self.scales, strict=True)
        )

    def wire(self, wiring: Wiring) -> list[int]:
        """The neurons of u: the inputs themselves where nothing is to be done.

        An input may be negative, so it is moved by one edge before anything copies it.
        """
        nodes = []
        for node, low, scale in zip(wiring.inputs, self.lower, self.scales, strict=True):
            if low == 0:
                nodes.append(node if scale == 1 else wiring.combination([(node, scale)]))
                continue
            share = plain_weight(wiring.form) or max(wiring.form.values())
            moved = wiring.combination([(node, share), (ONE, -share * low)])
            nodes.append(wiring.combination([(moved, scale / share)]))
        return [nodes[axis] for axis in self.axes] if self.axes else nodes
