"""Graphs of neurons whose every edge weight and bias is a codebook value: the exact core.

The model is Ding et al.'s: a directed acyclic graph, at most one edge between two neurons, a bias
being the edge from the constant ONE. `Wiring` adds what every construction needs on top of single
edges: copies and relays, one-hop scaled copies, ladders y·b^-k, exact coefficients by patterns,
gains above 1 and constants. What several places need is made once and shared. Positions are plain
integers; time and memory are linear in the edges.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from bitproof.errors import FormatError
from bitproof.exact.weight_format import Codebook
from bitproof.network.builder import NetworkBuilder, Neuron
from bitproof.network.layer import Activation
from bitproof.network.network import Network
from bitproof.network.patterns import Pattern, Weights, digits, weights_of

ONE = -1
"""The constant 1 as a source: an edge from it is a bias."""
COPYABLE = 6
MAX_POWER = 400
ZERO = Fraction(0)
Term = tuple[int, Fraction]


class Wiring:
    """A graph under construction over one codebook.

    All neurons are ReLUs; `neuron` and `combination` expect pre-activations that are not negative
    where an exact linear value is meant (the caller's proof, checked by the certifier).

    Raises:
        FormatError: a codebook that is not universal or that the exact patterns do not cover.

    >>> wiring = Wiring(Codebook.linear(2))
    >>> y = wiring.combination([(wiring.inputs[0], Fraction(3, 4)), (ONE, Fraction(-1, 8))])
    >>> network = wiring.output([(y, Fraction(1))])
    >>> from bitproof.execute.reference import evaluate
    >>> evaluate(network, [Fraction(1, 2)])
    (Fraction(1, 4),)
    """

    def __init__(self, form: Codebook, inputs: int = 1) -> None:
        self.kit: Weights = weights_of(form)
        self.form = form
        self._builder = NetworkBuilder(form, inputs)
        self._members = frozenset(form.values())
        self.inputs = tuple(range(inputs))
        self._copies: dict[int, list[int]] = {}
        self._hops: dict[tuple[int, Fraction], int] = {}
        self._ladder: dict[tuple[int, int], int] = {}
        self._constants: dict[Fraction, int] = {}
        self._gains: dict[tuple[int, int], int] = {}

    def __len__(self) -> int:
        """Neurons made so far."""
        return len(self._builder)

    # single edges

    def neuron(self, edges: Iterable[Term], activation: Activation = Activation.RELU) -> int:
        """A neuron of codebook edges; one from ONE is its bias.

        Raises:
            FormatError: a weight outside the codebook, or two edges from one source.
        """
        bias: Fraction | None = None
        kept: list[Term] = []
        for edge in edges:
            if edge[1] not in self._members:
                raise FormatError(
                    f"the weight {edge[1]} is not in {self.form.name}",
                    remedy="use combination() for exact weights",
                )
            if edge[0] != ONE:
                kept.append(edge)
            elif bias is None:
                bias = edge[1]
            else:
                raise FormatError("two biases", remedy="use constant() for the second one")
        return self._builder.add_at(
            [edge for edge in kept if edge[1]], bias if bias is not None else ZERO, activation
        )

    def fan_in(self, source: int) -> int:
        """Edges into a neuron, the bias among them; 0 for inputs and ONE."""
        return 0 if source == ONE else self._builder.fan_in(source)

    def copyable(self, source: int) -> bool:
        """Whether a copy is cheap: a neuron of few edges (never an input, nor ONE)."""
        return source not in self.inputs and source != ONE and self.fan_in(source) <= COPYABLE

    def copies(self, source: int, index: int) -> int:
        """The neuron itself (index 0) or its index-th copy: one with the same edges."""
        known = self._copies.setdefault(source, [source])
        while len(known) <= index:
            known.append(self._builder.copy(source))
        return known[index]

    def hop(self, source: int, weight: Fraction) -> int:
        """weight·y as a neuron of one edge, weight > 0 of the codebook; made once."""
        key = (source, weight)
        if key not in self._hops:
            self._hops[key] = self.neuron([(source, weight)])
        return self._hops[key]

    # exact coefficients

    def edges(self, terms: Sequence[Term], taken: Iterable[int] = ()) -> list[Term]:
        """Codebook edges, no two from one neuron, that add up to the terms Σ w·y.

        Args:
            terms: pairs (source, weight), any b-adic weights.
            taken: sources the reader has edges from already.

        Raises:
            FormatError: a weight that is not b-adic.
        """
        merged: dict[int, Fraction] = {}
        for source, weight in terms:
            merged[source] = merged.get(source, ZERO) + weight
        used = set(taken)
        result: list[Term] = []
        for source, weight in sorted(merged.items(), key=lambda term: term[1] not in self._members):
            if weight:
                self._expand(source, weight, used, result)
        return result

    def combination(self, terms: Sequence[Term], activation: Activation = Activation.RELU) -> int:
        """A neuron whose pre-activation is Σ w·y with any b-adic weights."""
        return self.neuron(self.edges(terms), activation)

    def _expand(self, source: int, weight: Fraction, used: set[int], result: list[Term]) -> None:
        """Appends edges for weight·source: one edge, a pattern, digits on the ladder, a gain."""
        if weight in self._members and source not in used:
            self._place(source, weight, used, result)
            return
        copyable = self.copyable(source)
        if not copyable and source in used and source != ONE:
            self._expand(self.relay(source), weight, used, result)
            return
        found = self.kit.pattern(weight, copyable=copyable)
        written = digits(self.kit, weight) if abs(weight) < 2 else None
        if source == ONE and ONE in used and (written is None or written[0][0] == 0):
            self._expand(self.unit(), weight, used, result)
        elif written is not None and (found is None or source == ONE):
            self._expand_digits(source, written, used, result)
        elif found is not None:
            self._apply(source, found, used, result)
        elif source == ONE and abs(weight) >= 2:
            self._expand(self.unit(), weight, used, result)
        elif abs(weight) >= 2:
            self._expand(self.gain(source, 1), weight / self.kit.base, used, result)
        else:
            self._expand_by_units(source, weight, used, result)

    def _expand_digits(
        self,
        source: int,
        written: tuple[tuple[int, Fraction], ...],
        used: set[int],
        result: list[Term],
    ) -> None:
        for power, value in written:
            self._expand(self.ladder(source, power), value, used, result)

    def _expand_by_units(
        self, source: int, weight: Fraction, used: set[int], result: list[Term]
    ) -> None:
        """Splits off the last base-b digit d: d·b^-p = (d/b)·(y·b^-(p-1))."""
        base, power = self.kit.base, 0
        while (weight * base**power).denominator != 1 and power < MAX_POWER:
            power += 1
        digit = Fraction(int(weight * base**power) % base, base)
        if power == 0 or power == MAX_POWER or self.kit.pattern(digit, copyable=False) is None:
            raise FormatError(
                f"the coefficient {weight} is not a sum of few values of {self.form.name}",
                remedy=f"use multiples of powers of 1/{base}",
            )
        self._expand(self.ladder(source, power - 1), digit, used, result)
        rest = weight - digit / base ** (power - 1)
        if rest:
            self._expand(source, rest, used, result)

    def _place(self, source: int, weight: Fraction, used: set[int], result: list[Term]) -> None:
        used.add(source)
        result.append((source, weight))

    def _apply(self, source: int, found: Pattern, used: set[int], result: list[Term]) -> None:
        for weight in found.direct:
            self._place(self._free(source, used), weight, used, result)
        for hop, weight in found.scaled:
            self._place(self._free(self.hop(source, hop), used), weight, used, result)

    def _free(self, source: int, used: set[int]) -> int:
        index = 0
        while self.copies(source, index) in used:
            index += 1
        return self.copies(source, index)

    # shared parts

    def unit(self) -> int:
        """A neuron of constant value 1, from one-hop copies of ONE."""
        value = Fraction(1)
        if value not in self._constants:
            found = self.kit.pattern(value, copyable=False)
            assert found is not None, self.form.name
            result: list[Term] = []
            self._apply(ONE, found, set(), result)
            self._constants[value] = self.neuron(result)
        return self._constants[value]

    def constant(self, value: Fraction) -> int:
        """A neuron of constant positive value."""
        if value not in self._constants:
            self._constants[value] = self.combination([(ONE, value)])
        return self._constants[value]

    def relay(self, source: int) -> int:
        """relu(1·y): a neuron of few edges in the place of one of many."""
        return self.scaled(source, Fraction(1))

    def scaled(self, source: int, factor: Fraction) -> int:
        """factor·y as a neuron, factor > 0 b-adic, y ≥ 0; made once."""
        key = (source, factor)
        if key not in self._hops:
            self._hops[key] = self.combination([(source, factor)])
        return self._hops[key]

    def ladder(self, source: int, power: int) -> int:
        """y·b^-power, a rung of the source's ladder; rungs are made once and shared."""
        if power == 0:
            return source
        key = (source, power)
        if key not in self._ladder:
            step = self._longest_step(power)
            below = self.ladder(source, power - step)
            self._ladder[key] = self.combination([(below, Fraction(1, self.kit.base**step))])
        return self._ladder[key]

    def _longest_step(self, power: int) -> int:
        """A rung hangs on the one a codebook power above it (the furthest: least depth)."""
        steps = [s for s in range(1, power + 1) if Fraction(1, self.kit.base**s) in self._members]
        return max(steps, default=1)

    def rung(self, source: int, power: int) -> int:
        """y·b^-power for powers of either sign."""
        return self.ladder(source, power) if power >= 0 else self.gain(source, -power)

    def gain(self, source: int, power: int) -> int:
        """y·b^power as a neuron, y ≥ 0."""
        if power == 0:
            return source
        key = (source, power)
        if key not in self._gains:
            below = self.gain(source, power - 1)
            if not self.copyable(below) and below != ONE:
                below = self.relay(below)
            self._gains[key] = self.neuron(self._gain_edges(below))
        return self._gains[key]

    def _gain_edges(self, source: int) -> list[Term]:
        """Edges that add up to b·y from copies of y."""
        source = self.unit() if source == ONE else source
        used: set[int] = set()
        result: list[Term] = []
        for weight in self.kit.gain:
            self._place(self._free(source, used), weight, used, result)
        if not result:
            raise FormatError(
                f"no sum of positive values of {self.form.name} is {self.kit.base}",
                remedy=f"give a codebook with 1/{self.kit.base}",
            )
        return result

    def output(self, terms: Sequence[Term], notes: tuple[tuple[str, str], ...] = ()) -> Network:
        """The network whose linear output is Σ w·y, with the neurons it needs."""
        last = self.combination(terms, Activation.IDENTITY)
        return self._builder.build(Neuron(last), notes)

    def outputs(
        self,
        rows: Sequence[Sequence[Term]],
        activation: Activation = Activation.IDENTITY,
        notes: tuple[tuple[str, str], ...] = (),
    ) -> Network:
        """The network of several outputs, one for each sequence of terms."""
        made = [Neuron(self.combination(terms, activation)) for terms in rows]
        return self._builder.build_many(made, notes)

    def finish(self, edges: Iterable[Term], notes: tuple[tuple[str, str], ...] = ()) -> Network:
        """The network whose linear output has exactly these codebook edges."""
        last = self.neuron(edges, Activation.IDENTITY)
        return self._builder.build(Neuron(last), notes)
