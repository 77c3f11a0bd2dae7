"""Codebook expansion: any ReLU network as one whose weights take λ values.

Every weight w becomes digits: with the ladder y, y/b, y/b², … of its source, which all its weights
share, w·y = Σ q_k·(y/b^k) over codebook values q_k; zero digits are left out. Weights beyond the
digits' range read multiples of the source, biases are sums over the ladder of the constant 1. The
edges are the codebook's values, so each weight of the new network takes log2 λ bits.

A weight that is no sum of few digits is replaced by one near it. The distance of the two networks
on a box is bounded by propagating, layer by layer, what the weights' errors do: with x ↦ v the
original's values, ṽ the new ones, and |v_j - c_j| ≤ r_j on the box,

    |ṽ_i - v_i| ≤ Σ_j |w̃_ij|·|ṽ_j - v_j| + Σ_j |w̃_ij - w_ij|·r_j
                  + |b̃_i - b_i + Σ_j (w̃_ij - w_ij)·c_j|,

because ReLU does not stretch distances. The new bias takes up the last sum, so that half the ranges
count. Every weight gets the same share of the error that is allowed, which makes the tolerance of a
weight that matters little wide and its digits few.

Source: Ding, Liu, Xiong, Shi, "On the universal approximability and complexity bounds of quantized
ReLU neural networks" (2019), the proposition on one weight: shared ladders make its order of
λ·t^(1/(λ-1)+1) edges at most 2t - 1 for the first weight of a source and t for any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from bitproof.errors import FormatError, InputError
from bitproof.exact.interval import Interval
from bitproof.exact.weight_format import Codebook
from bitproof.network import Activation, Layer, Network
from bitproof.network.wiring import ONE, Term, Wiring
from bitproof.transform.claim import Claim, Exact, Within
from bitproof.transform.few_digits import FewDigits
from bitproof.transform.value_ranges import ValueRanges, output_gains

ZERO = Fraction(0)
SEARCHES = 7


@dataclass(frozen=True, slots=True)
class Expanded:
    """The result of `expand`.

    Attributes:
        network: every weight and bias is a value of `form`.
        claim: Exact, or Within for inputs of the box.
        form: the codebook.
        replaced: weights and biases that stand for another, near one.
        edges_per_weight: edges of the new network for each non-zero weight or bias of the original.
    """

    network: Network
    claim: Claim
    form: Codebook
    replaced: int
    edges_per_weight: Fraction


def expand(
    network: Network,
    form: Codebook,
    *,
    box: Sequence[Interval] | None = None,
    error: Fraction | None = None,
) -> Expanded:
    """A network with weights in a codebook that equals another, or is near it on a box.

    Args:
        network: real semantics, ReLU and identity layers, skip connections, any outputs.
        form: a universal codebook with a value 1/b of which all values are multiples of powers.
        box: the inputs of interest, an interval for each. Without one the result is equal for every
            real input (and `error` cannot be asked for).
        error: how far any output may be off on the box; None: equal.

    Raises:
        FormatError: the network rounds its activations; the codebook is not universal; equality is
            asked for, and a weight is no finite sum of digits.
        InputError: an error without a box, a box of other dimensions, or an error that is not
            positive.

    >>> from bitproof.execute.reference import evaluate
    >>> from bitproof.network import SparseMatrix
    >>> hidden = Layer((0,), SparseMatrix.from_dense([[5], [-3]], columns=1), (-1, 2), 4)
    >>> sums = SparseMatrix.from_dense([[7, -9]], columns=2)
    >>> original = Network(1, (hidden, Layer((1,), sums, (1,), 8, Activation.IDENTITY)))
    >>> result = expand(original, Codebook.linear(2))
    >>> evaluate(result.network, [Fraction(2, 3)]) == evaluate(original, [Fraction(2, 3)])
    True
    >>> sorted(set(result.network.weights()))
    [Fraction(-1, 1), Fraction(1, 2)]
    """
    _check(network, box, error)
    few = FewDigits(Wiring(form).kit)
    if box is None or error is None:
        exact = _Rounded.exactly(network, few)
        ranges = None if box is None else ValueRanges.of(network, box)
        written = _Writer(network, form, exact, ranges, None).network()
        where = "digits over shared ladders" + ("" if box is None else ", for inputs of the box")
        return _result(network, written, form, exact, Exact(where))
    ranges = ValueRanges.of(network, box)
    rounded = _within(network, few, ranges, error)
    written = _Writer(network, form, rounded, ranges, rounded.distances).network()
    if rounded.replaced == 0:
        claim: Claim = Exact("digits over shared ladders, for inputs of the box")
    else:
        claim = Within(rounded.bound, f"{rounded.replaced} weights replaced by ones of few digits")
    return _result(network, written, form, rounded, claim)


def _check(network: Network, box: Sequence[Interval] | None, error: Fraction | None) -> None:
    if not network.is_piecewise_linear:
        raise FormatError(
            "a network that rounds its activations", remedy="expansion takes real semantics"
        )
    if box is not None and len(box) != network.inputs:
        raise InputError(
            f"a box of {len(box)} sides for a network of {network.inputs} inputs",
            remedy="give an interval for each input",
        )
    if error is not None and error <= 0:
        raise InputError(f"an error of {error}", remedy="a positive one, or none for equality")
    if error is not None and box is None:
        raise InputError(
            "an error over all real inputs", remedy="say on which box: weights may change there"
        )


def _result(
    network: Network, written: Network, form: Codebook, rounded: _Rounded, claim: Claim
) -> Expanded:
    before = sum(x.matrix.nonzero_entries + x.nonzero_biases for x in network.layers)
    after = sum(x.matrix.nonzero_entries + x.nonzero_biases for x in written.layers)
    return Expanded(written, claim, form, rounded.replaced, Fraction(after, max(before, 1)))


# Which numbers stand for the weights


@dataclass(frozen=True, eq=False)
class _Rounded:
    """The numbers that are written.

    Attributes:
        rows: for every layer and neuron, (column, weight) without zeros.
        biases: for every layer and neuron.
        distances: bounds on |ṽ - v| of the input and every layer.
        replaced: how many numbers differ from the network's.
    """

    rows: tuple[tuple[tuple[tuple[int, Fraction], ...], ...], ...]
    biases: tuple[tuple[Fraction, ...], ...]
    distances: tuple[tuple[Fraction, ...], ...]
    replaced: int

    @property
    def bound(self) -> Fraction:
        return max(self.distances[-1])

    @classmethod
    def exactly(cls, network: Network, few: FewDigits) -> _Rounded:
        """The network's own numbers.

        Raises:
            FormatError: one of them is no finite sum of digits.
        """
        rows = tuple(
            tuple(
                tuple(
                    (column, few.near(layer.weight(n), ZERO)) for column, n in layer.matrix.row(row)
                )
                for row in range(layer.width)
            )
            for layer in network.layers
        )
        biases = tuple(
            tuple(few.near(layer.weight(n), ZERO) for n in layer.bias) for layer in network.layers
        )
        distances = tuple((ZERO,) * width for width in network.widths)
        return cls(rows, biases, distances, 0)


def _within(network: Network, few: FewDigits, ranges: ValueRanges, error: Fraction) -> _Rounded:
    """The largest tolerances found for which the bound stays within the error."""
    gains = output_gains(network, ranges)
    numbers = sum(x.matrix.nonzero_entries + x.width for x in network.layers)
    share = error / max(numbers, 1)
    best: _Rounded | None = None
    fits, too_large = ZERO, ZERO
    for _ in range(SEARCHES):
        found = _rounded(network, few, ranges, gains, share)
        if found.bound > error:
            too_large = share
        elif best is None or share > fits:
            best, fits = found, share
        if found.bound == 0:
            break
        if best is None:
            share *= error / found.bound / 2
        elif too_large == 0:  # roundings take about half of what they may
            share *= 2 if found.bound * 3 > error else 4
        else:
            share = (fits + too_large) / 2
    while best is None:
        share /= 4
        found = _rounded(network, few, ranges, gains, share)
        best = found if found.bound <= error else None
    return best


def _rounded(
    network: Network,
    few: FewDigits,
    ranges: ValueRanges,
    gains: Sequence[Sequence[Fraction]],
    share: Fraction,
) -> _Rounded:
    """Every number replaced by one whose error, times what it meets on its way, is at most the
    share; the bounds on the distances follow from what was really replaced."""
    distances: list[tuple[Fraction, ...]] = [(ZERO,) * network.inputs]
    rows, biases, replaced = [], [], 0
    for position, layer in enumerate(network.layers, start=1):
        read = [value for source in layer.sources for value in ranges.values[source]]
        off = [distance for source in layer.sources for distance in distances[source]]
        relu = layer.activation is Activation.RELU
        made = [
            _NOTHING
            if gains[position][row] == 0 or (relu and ranges.sums[position - 1][row].upper <= 0)
            else _rounded_row(layer, row, few, read, off, gains[position][row], share)
            for row in range(layer.width)
        ]
        rows.append(tuple(entry[0] for entry in made))
        biases.append(tuple(entry[1] for entry in made))
        distances.append(tuple(_short(entry[2]) for entry in made))
        replaced += sum(entry[3] for entry in made)
    return _Rounded(tuple(rows), tuple(biases), tuple(distances), replaced)


_Row = tuple[tuple[tuple[int, Fraction], ...], Fraction, Fraction, int]
"""Weights, bias, distance, numbers replaced."""
_NOTHING: _Row = ((), ZERO, ZERO, 0)
"""For a neuron that no output depends on, or that is never positive: what it reads may be off."""


def _rounded_row(
    layer: Layer,
    row: int,
    few: FewDigits,
    read: Sequence[Interval],
    off: Sequence[Fraction],
    gain: Fraction,
    share: Fraction,
) -> _Row:
    """What is written for a neuron that can matter."""
    weights, distance, moved, replaced = [], ZERO, ZERO, 0
    for column, numerator in layer.matrix.row(row):
        weight, value = layer.weight(numerator), read[column]
        radius = (value.upper - value.lower) / 2
        largest = radius if radius else Fraction(1)
        near = few.near(weight, _tolerance(share, gain * largest))
        change = near - weight
        moved += change * (value.upper + value.lower) / 2
        distance += abs(change) * radius + abs(near) * off[column]
        replaced += change != 0
        if near:
            weights.append((column, near))
    bias = layer.weight(layer.bias[row])
    near = few.near(bias - moved, _tolerance(share, gain))
    distance += abs(near - bias + moved)
    return tuple(weights), near, distance, replaced + (near != bias)


def _tolerance(share: Fraction, gain: Fraction) -> Fraction:
    """share / gain, rounded down to 3 bits or 4: a short number."""
    ratio = share / gain
    exponent = ratio.numerator.bit_length() - ratio.denominator.bit_length() - 3
    unit = Fraction(2) ** exponent
    return (ratio / unit).__floor__() * unit


def _short(distance: Fraction) -> Fraction:
    """Rounded up to 24 significant bits."""
    if distance == 0:
        return distance
    exponent = distance.numerator.bit_length() - distance.denominator.bit_length() - 24
    unit = Fraction(2) ** exponent
    return (distance / unit).__ceil__() * unit


# Writing them


@dataclass(frozen=True, slots=True)
class _Held:
    """How the new network holds a value: Σ factor · neuron + offset, the neurons ≥ 0."""

    parts: tuple[Term, ...]
    offset: Fraction = ZERO


class _Writer:
    """One run: the wiring so far, and where the original's values are held."""

    def __init__(
        self,
        network: Network,
        form: Codebook,
        numbers: _Rounded,
        ranges: ValueRanges | None,
        distances: tuple[tuple[Fraction, ...], ...] | None,
    ) -> None:
        self.original = network
        self.wiring = Wiring(form, network.inputs)
        self.numbers = numbers
        self.ranges = ranges
        self.distances = distances
        self.held: list[list[_Held]] = []

    def network(self) -> Network:
        """The whole network."""
        self.held.append([self._input(index) for index in range(self.original.inputs)])
        last = len(self.original.layers)
        for position, layer in enumerate(self.original.layers[:-1], start=1):
            self.held.append([self._hidden(position, layer, row) for row in range(layer.width)])
        output = self.original.layers[-1]
        rows = [self._terms(last, output, row) for row in range(output.width)]
        return self.wiring.outputs(rows, output.activation, self.original.notes)

    def _terms(self, position: int, layer: Layer, row: int) -> list[Term]:
        """A pre-activation as terms over neurons and ONE."""
        read = [held for source in layer.sources for held in self.held[source]]
        constant = self.numbers.biases[position - 1][row]
        terms = list[Term]()
        for column, weight in self.numbers.rows[position - 1][row]:
            held = read[column]
            constant += weight * held.offset
            terms += [(neuron, weight * factor) for neuron, factor in held.parts]
        return [*terms, (ONE, constant)] if constant else terms

    def _input(self, index: int) -> _Held:
        neuron = self.wiring.inputs[index]
        if self.ranges is None:
            up, down = self._unit(1), self._unit(-1)
            parts = (
                (self.wiring.neuron([(neuron, up)]), 1 / up),
                (self.wiring.neuron([(neuron, down)]), 1 / down),
            )
            return _Held(parts)
        side = self.ranges.values[0][index]
        if side.lower >= 0:
            return _Held(((neuron, Fraction(1)),))
        up, down = self._unit(1), self._unit(-1)
        # q·(x - end) ≥ 0 on the box: below the lower end for q > 0, above the upper one for q < 0.
        weight = up if up >= -down else down
        end = self._beyond(side.lower if weight > 0 else side.upper, up=weight < 0)
        shifted = self.wiring.combination([(neuron, weight), (ONE, -weight * end)])
        return _Held(((shifted, 1 / weight),), end)

    def _unit(self, sign: int) -> Fraction:
        """The value ±b^-k of the codebook of largest magnitude: an edge that can be undone."""
        base = self.wiring.kit.base
        values = [v for v in self.wiring.kit.all if v * sign > 0 and _power_of(abs(v), base)]
        if not values:
            raise FormatError(
                f"{self.wiring.form.name} has no value {'-' if sign < 0 else ''}{base}^-k",
                remedy="give one, or a box of inputs that are not negative",
            )
        return max(values, key=abs)

    def _beyond(self, end: Fraction, *, up: bool) -> Fraction:
        """A number of few digits at or beyond an end."""
        base = self.wiring.kit.base
        for places in range(4):
            scaled = end * base**places
            whole = scaled.__ceil__() if up else scaled.__floor__()
            found = Fraction(whole, base**places)
            if abs(found - end) * 8 <= abs(end):
                break
        return found

    def _hidden(self, position: int, layer: Layer, row: int) -> _Held:
        terms = self._terms(position, layer, row)
        if layer.activation is Activation.RELU:
            return self._rectified(position, row, terms)
        if self.ranges is None:
            negated = [(neuron, -weight) for neuron, weight in terms]
            if not terms:
                return _Held(())
            positive, negative = self.wiring.combination(terms), self.wiring.combination(negated)
            return _Held(((positive, Fraction(1)), (negative, Fraction(-1))))
        distance = ZERO if self.distances is None else self.distances[position][row]
        low = self.ranges.values[position][row].lower - distance
        if not terms:
            return _Held(())
        end = self._beyond(low, up=False) if low < 0 else ZERO
        raised = self.wiring.combination([*terms, (ONE, -end)] if end else terms)
        return _Held(((raised, Fraction(1)),), end)

    def _rectified(self, position: int, row: int, terms: list[Term]) -> _Held:
        """A ReLU; nothing where it is never positive."""
        if not terms:
            return _Held(())
        if self.ranges is not None:
            distance = ZERO if self.distances is None else self.distances[position][row]
            if self.ranges.sums[position - 1][row].upper + distance <= 0:
                return _Held(())
        return _Held(((self.wiring.combination(terms), Fraction(1)),))


def _power_of(value: Fraction, base: int) -> bool:
    """Whether a positive value is 1/b^k or b^k."""
    part = max(value, 1 / value)
    while part > 1:
        part /= base
    return part == 1
