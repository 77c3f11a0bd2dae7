"""Which inputs the first hidden layer can tell apart.

Behind the first layer a neuron may be copied, so every integer weight is at hand; the weights of
the first layer act once. Two levels that no first-layer neuron separates are the same level to
any network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bitproof.errors import WorkLimitError
from bitproof.theory.arithmetic import Arithmetic

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]

MAX_NEURONS = 1 << 28
MAX_SUM = 1 << 62
CANDIDATES = 48
MAX_PAIRED_LEVELS = 40


@dataclass(frozen=True)
class Neuron:
    """A first-layer neuron of one input: x becomes T[R(weight·x + β·bias)]."""

    weight: int
    bias: int


@dataclass(frozen=True)
class Separation:
    """The levels a first layer tells apart.

    Attributes:
        classes: for every level, ascending, the least-magnitude level it is never separated from
            (itself where it stands alone).
        neurons: first-layer neurons that separate the classes.
        complete: whether all classes were found; otherwise the search stopped at the first pair.
        pair: two levels that no neuron separates, nearest 0; None where there is none.
    """

    classes: tuple[int, ...]
    neurons: tuple[Neuron, ...]
    complete: bool
    pair: tuple[int, int] | None


def separable_by_lemma(table: Sequence[int], arithmetic: Arithmetic) -> bool | None:
    """Whether every two levels are separated, where a theorem says so; None where it does not.

    Lemma: with unlimited biases, each level the rounding of some bias, and a weight m ≠ 0 that is
    a multiple of β, all levels are separated if and only if T is not constant. For if k and k'
    are not, T(R(mk + βb)) = T(R(mk' + βb)) for all b, so T∘R has the period m(k' - k) on βZ; it
    is constant near both infinities, hence everywhere on βZ, where R takes every level.
    """
    if len(set(table)) == 1:
        return False
    if arithmetic.bias != "wide":
        return None
    if all(m == 0 or m % arithmetic.beta for m in _nonzero_ends(arithmetic)):
        return None
    if any(arithmetic.bias_for(level) is None for level in arithmetic.levels):
        return None
    return True


def _nonzero_ends(arithmetic: Arithmetic) -> tuple[int, ...]:
    """Weights among which there is a multiple of β if there is one at all."""
    if arithmetic.weight_set != "full":
        return (arithmetic.scale,)
    low, high = arithmetic.weight_range
    return tuple(m for m in (arithmetic.beta, -arithmetic.beta) if low <= m <= high)


def separate(
    table: Sequence[int], arithmetic: Arithmetic, *, all_classes: bool = True
) -> Separation:
    """Finds the classes by asking, pair by pair, for a neuron that separates.

    Args:
        table: T, the output level for every level, ascending.
        arithmetic: which weights and biases there are.
        all_classes: otherwise stop at the first pair that nothing separates.

    Raises:
        WorkLimitError: more neurons to try than the limit.

    >>> from bitproof.exact.fixed_point import FixedPoint
    >>> arithmetic = Arithmetic.of(FixedPoint.symmetric(1, 3))
    >>> separate((0, 0, 1), arithmetic).pair  # weights below 1/2 cannot tell 0 from 1
    (0, 1)
    """
    return _Search(table, arithmetic).run(all_classes=all_classes)


class _Search:
    """The state of one search: the classes so far and the neurons that made them."""

    def __init__(self, table: Sequence[int], arithmetic: Arithmetic) -> None:
        import numpy as np

        reach = max(-arithmetic.lowest, arithmetic.highest) * max(
            abs(m) for m in arithmetic.weight_range
        )
        reach = max(reach, arithmetic.scale * max(-arithmetic.lowest, arithmetic.highest))
        self.biases = arithmetic.biases(reach)
        self.weights = _by_usefulness(arithmetic)
        if len(self.weights) * len(self.biases) > MAX_NEURONS:
            raise WorkLimitError(
                f"{len(self.weights)} weights and {len(self.biases)} biases to try",
                remedy="use fewer bits, or wide biases and a scale that the weights reach",
            )
        if reach + arithmetic.beta * self.biases[-1] + abs(arithmetic.edges[-1]) >= MAX_SUM:
            raise WorkLimitError(
                f"sums of {arithmetic.form.name} exceed 64 bits", remedy="use a smaller scale"
            )
        self.arithmetic = arithmetic
        self.table: Integers = np.asarray(table, dtype=np.int64)
        self.edges: Integers = np.asarray(arithmetic.edges, dtype=np.int64)
        self.offsets: Integers = arithmetic.beta * np.asarray(self.biases, dtype=np.int64)
        self.order: Integers = np.asarray(
            sorted(arithmetic.levels, key=lambda k: (abs(k), k < 0)), dtype=np.int64
        )
        self.group: Integers = np.zeros(len(self.order), dtype=np.int64)
        self.neurons: list[Neuron] = []

    def run(self, *, all_classes: bool) -> Separation:
        import numpy as np

        root = list(range(len(self.order)))
        pair: tuple[int, int] | None = None
        for second in range(1, len(self.order)):
            for first in self._rivals(second, root):
                if not self._split(first, second):
                    root[second] = first
                    pair = pair or (int(self.order[first]), int(self.order[second]))
                    break
            if pair and not all_classes:
                break
        classes = np.empty(len(self.order), dtype=np.int64)
        classes[self.order - self.arithmetic.lowest] = self.order[np.asarray(root)]
        complete = pair is None or all_classes
        return Separation(tuple(classes.tolist()), tuple(self.neurons), complete, pair)

    def _rivals(self, second: int, root: Sequence[int]) -> Iterator[int]:
        """The earlier class representatives that share the group of `second`, as it refines."""
        for first in range(second):
            if root[first] == first and self.group[first] == self.group[second]:
                yield first

    def _split(self, first: int, second: int) -> bool:
        """Adds a neuron that separates two levels, if there is one."""
        import numpy as np

        pair = self.order[[first, second]]
        for weight in self.weights:
            values = self._values(weight, self.offsets, pair)
            hits = np.flatnonzero(values[:, 0] != values[:, 1])
            if len(hits):
                chosen = hits[:: -(-len(hits) // CANDIDATES)]
                self._refine(weight, chosen)
                return True
        return False

    def _refine(self, weight: int, chosen: Any) -> None:  # noqa: ANN401  (positions of biases)
        """Keeps, of some biases, the one after which there are the most groups."""
        import numpy as np

        values = self._values(weight, self.offsets[chosen], self.order)
        keys = self.group * (int(self.table.max() - self.table.min()) + 1) + (
            values - self.table.min()
        )
        ordered = np.sort(keys, axis=1)
        counts = (ordered[:, 1:] != ordered[:, :-1]).sum(axis=1)
        best = int(counts.argmax())
        self.group = np.unique(keys[best], return_inverse=True)[1].astype(np.int64)
        self.neurons.append(Neuron(weight, self.biases[int(chosen[best])]))

    def _values(self, weight: int, offsets: Integers, levels: Integers) -> Integers:
        import numpy as np

        sums = offsets[:, None] + weight * levels[None, :]
        found: Integers = self.table[np.searchsorted(self.edges, sums, side="right")]
        return found


def _by_usefulness(arithmetic: Arithmetic) -> tuple[int, ...]:
    """The first layer's weights but 0, those of magnitude nearest 1 first: they lose least."""
    return tuple(
        sorted(
            (m for m in arithmetic.first_weights() if m),
            key=lambda m: (abs(abs(m) - arithmetic.scale), m < 0),
        )
    )


def unseparated_plane(
    table: Sequence[int], arithmetic: Arithmetic
) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """Two points of two inputs that no first-layer neuron of binary weights separates, if some are
    found.

    Binary weights have no 0, so a first-layer neuron reads ±x1 ± x2. With biases in the format it
    cannot bring large sums back to where T moves: next to the corners points may be alike that one
    input alone tells apart. All points are compared for formats of few levels, for others those
    nearest to the corners.

    >>> from bitproof.exact.fixed_point import FixedPoint
    >>> arithmetic = Arithmetic.of(FixedPoint.symmetric(2, 1), bias="same", weights="binary")
    >>> unseparated_plane((-1, -1, -1, 0, 1, 1, 1), arithmetic)
    ((-2, -2), (-3, -3))
    """
    import numpy as np

    edges = np.asarray(arithmetic.edges, dtype=np.int64)
    values = np.asarray(table, dtype=np.int64)
    low, high = arithmetic.lowest, arithmetic.highest
    near = [*arithmetic.levels]
    if len(near) > MAX_PAIRED_LEVELS:
        near = sorted({low, low + 1, low + 2, 0, high - 2, high - 1, high} & set(near))
    points = sorted(
        ((a, b) for a in near for b in near), key=lambda point: (max(map(abs, point)), point)
    )
    first, second = (scaled * arithmetic.scale for scaled in np.asarray(points).T)
    offsets = arithmetic.beta * np.asarray(arithmetic.biases(0), dtype=np.int64)
    sums = [first + second, first - second, second - first, -first - second]
    neurons = np.concatenate(
        [values[np.searchsorted(edges, total[:, None] + offsets, side="right")] for total in sums],
        axis=1,
    )
    seen: dict[bytes, tuple[int, int]] = {}
    for point, row in zip(points, neurons, strict=True):
        other = seen.setdefault(row.tobytes(), point)
        if other != point:
            return other, point
    return None
