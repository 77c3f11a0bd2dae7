"""The hats of Kuhn's triangulation as neurons, d ≥ 2, from few-valued weights."""

from __future__ import annotations

from fractions import Fraction
from itertools import product as grid

from bitproof.construct.biases import bias, plain_weight
from bitproof.errors import NoDesignError
from bitproof.network.wiring import ONE, Term, Wiring

UNIT = Fraction(1)
HALF = Fraction(1, 2)
Node = tuple[int, ...]


class KuhnAxes:
    """σ·ψ_v for all nodes v of {0, ..., N}^d, from d inputs in [0, 1].

    Args:
        cells: N.
        height: σ, b-adic.

    Raises:
        NoDesignError: no weight ±1 or ±1/b^k of either sign.

    >>> from bitproof.exact.weight_format import Codebook
    >>> from bitproof.execute.reference import evaluate
    >>> wiring = Wiring(Codebook.linear(2), inputs=2)
    >>> hats = KuhnAxes(wiring, wiring.inputs, 2, UNIT).hats()
    >>> network = wiring.output([(hats[4], UNIT)])
    >>> [str(evaluate(network, [x, HALF])[0]) for x in (Fraction(0), Fraction(1, 8), HALF)]
    ['0', '1/4', '1']
    """

    def __init__(
        self, wiring: Wiring, inputs: tuple[int, ...] | list[int], cells: int, height: Fraction
    ) -> None:
        up, down = plain_weight(wiring.form), plain_weight(wiring.form, negative=True)
        if up is None or down is None:
            raise NoDesignError(
                f"{wiring.form.name} has no weights ±1 or ±1/b^k", remedy="take another codebook"
            )
        self._wiring, self._cells, self._height = wiring, cells, height
        self._up, self._down = up, down
        scale = cells * height
        self._rise = [wiring.combination([(node, scale / up)]) for node in inputs]
        self._fall = [wiring.combination([(node, up / -down)]) for node in self._rise]
        self._shared: dict[tuple[int, Node], int] = {}
        self._parts: dict[tuple[bool, Node], int] = {}

    def hats(self) -> list[int]:
        """One neuron for every node, in lexicographic order."""
        nodes = grid(range(self._cells + 1), repeat=len(self._rise))
        two = len(self._rise) == 2 and self._wiring.kit.base % 2 == 0
        return [self._planar(node) if two else self._general(node) for node in nodes]

    def _planar(self, node: Node) -> int:
        """relu(σ - (|y_1| + |y_2| + |y_1 - y_2|)/2)."""
        first, second = node
        lines = [
            self._line(0, (first,), self._sides(0, first)),
            self._line(1, (second,), self._sides(1, second)),
            self._line(2, (first - second,), self._diagonal(first - second)),
        ]
        edges = bias(self._wiring, self._height)
        return self._wiring.neuron([*edges, *((line, self._down) for line in lines)])

    def _line(self, kind: int, place: Node, sides: tuple[list[Term], list[Term]]) -> int:
        """|y|/2, read with -α: made once for all nodes on the line."""
        key = (kind, place)
        if key not in self._shared:
            weight = HALF / -self._down
            self._shared[key] = self._wiring.combination(
                [(self._wiring.combination(side), weight) for side in sides]
            )
        return self._shared[key]

    def _sides(self, axis: int, knot: int) -> tuple[list[Term], list[Term]]:
        at = knot * self._height
        return (
            [(self._rise[axis], self._up), (ONE, -at)],
            [(self._fall[axis], self._down), (ONE, at)],
        )

    def _diagonal(self, knot: int) -> tuple[list[Term], list[Term]]:
        at = knot * self._height
        return (
            [(self._rise[0], self._up), (self._fall[1], self._down), (ONE, -at)],
            [(self._rise[1], self._up), (self._fall[0], self._down), (ONE, at)],
        )

    def _general(self, node: Node) -> int:
        """relu(σ - max⁺(y) - max⁺(-y))."""
        terms: list[Term] = [(ONE, self._height)]
        for rising in (True, False):
            terms += [(part, -UNIT) for part in self._positive_parts(rising, node)]
        return self._wiring.combination(terms)

    def _positive_parts(self, rising: bool, node: Node) -> list[int]:  # noqa: FBT001
        """D_1, ..., D_d: their sum is the largest positive part; prefixes are shared."""
        parts: list[int] = []
        for axis in range(len(node)):
            key = (rising, node[: axis + 1])
            if key not in self._parts:
                side = self._sides(axis, node[axis])[0 if rising else 1]
                terms = [*side, *((part, -UNIT) for part in parts)]
                self._parts[key] = self._wiring.combination(terms)
            parts.append(self._parts[key])
        return parts
