"""A network as the blocks the C code runs: rows of integer codes over runs of value slots.

All values of a layer count one granule g (the gcd of its neurons'; 1/scale of the format in a
fixed-point layer). A row of a block computes

    value = finish(Σ_runs scale_r · Σ code·v + scale_b · code_b),

all in integers. The finish of real semantics is an exact division by a divisor and perhaps a ReLU;
that of a fixed-point layer rounds the quotient by the divisor to a level, once, and applies the
activation to it. Three encodings give the same values:

- *declared*: codes are the numerators of the network's own weights over the format's common
  denominator D, so a weight costs the format's bits. With v counting g_r, scale_r/divisor is
  g_r/(D·g), in lowest terms over the block.
- *own*: the same with the numerators of each layer over its own denominator, for networks with
  fixed-point layers and without a declared format.
- *direct*: codes are the integer weights w·g_r/g (times the divisor, nearly always 1 in real
  semantics), without scales. For networks without a declared format, and where the scales would
  cost a wider accumulator.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from itertools import groupby

from bitproof.exact import Codebook, Overflow, WeightFormat, rational_gcd
from bitproof.interop.c_slots import assign_slots
from bitproof.interop.live import LiveNetwork, LiveNeuron, Quantizer

BLOCK_BITS = 16
RUN_BITS = 12


class Encoding(Enum):
    """What the stored codes stand for."""

    DECLARED = "numerators of the declared weight format"
    OWN = "numerators of the layers' weights"
    DIRECT = "integer weights in granules"


@dataclass(frozen=True, slots=True)
class Run:
    """Values in neighbouring slots that share a scale."""

    start: int
    length: int
    scale: int


@dataclass(frozen=True, slots=True)
class Finish:
    """What turns a sum into a value.

    Attributes:
        divisor: the sum counts 1/divisor of what the value counts.
        relu: whether a ReLU follows an exact division.
        quantizer: rounding and activation instead, in a fixed-point layer.
    """

    divisor: int
    relu: bool
    quantizer: Quantizer | None


@dataclass(frozen=True, slots=True)
class Unit:
    """The scales of a block where all it reads and writes counts powers of two: a value that
    counts 2^e has the scale 2^(e + base), the bias 2^base; the results count 2^(rise - base)."""

    base: int
    rise: int


@dataclass(frozen=True, slots=True)
class Block:
    """Rows over the same runs, with or without biases, in one place of the stream.

    Attributes:
        rows: how many.
        to: the slot of the first row's value; the others follow.
        biased: for all rows.
        bias_scale, finish: as in the module's formula.
        runs: what every row reads.
        codes: row by row, the bias first where there is one.
        unit: says the same as the scales, where it can.
    """

    rows: int
    to: int
    biased: bool
    bias_scale: int
    finish: Finish
    runs: tuple[Run, ...]
    codes: tuple[int, ...]
    unit: Unit | None


@dataclass(frozen=True, slots=True)
class LayerBound:
    """What is proved of one layer, for the comment in the C file: powers of two it stays below."""

    layer: int
    neurons: int
    sum_bits: int
    value_bits: int


@dataclass(frozen=True, slots=True)
class Blocks:
    """A network ready to be packed.

    Attributes:
        encoding: what the codes are.
        alphabet: the values a code may have where a codebook says so; empty otherwise.
        code_bits: bits of a two's complement code where the format says so; 0 otherwise.
        blocks: in order.
        slots: how many values are alive at most.
        output_slot: where the outputs are at the end, one after the other.
        output_granule: what they count.
        largest_sum: bound on every accumulator, partial sum, product, scale, divisor, and number
            of the rounding.
        largest_value: v or -v-1 of every value v, whichever is not negative, is at most this: a
            signed type of one bit more than its length holds every value.
        bounds: per layer.
        rounds: whether there are fixed-point layers.
        input_exponent: e where the inputs count 2^e; None where they do not.
    """

    encoding: Encoding
    alphabet: tuple[int, ...]
    code_bits: int
    blocks: tuple[Block, ...]
    slots: int
    output_slot: int
    output_granule: Fraction
    largest_sum: int
    largest_value: int
    bounds: tuple[LayerBound, ...]
    rounds: bool
    input_exponent: int | None

    @property
    def finishes(self) -> tuple[Finish, ...]:
        """The different finishes, in the order they first occur."""
        return tuple(dict.fromkeys(block.finish for block in self.blocks))


def build_blocks(live: LiveNetwork, form: WeightFormat | None, encoding: Encoding) -> Blocks:
    """The blocks of a network in an encoding; `DECLARED` needs the declared format."""
    layers = [list(group) for _, group in groupby(live.neurons, key=lambda neuron: neuron.layer)]
    slots = assign_slots(live, [len(layer) for layer in layers])
    encoder = _Encoder(live, form if encoding is Encoding.DECLARED else None, encoding, slots.slot)
    blocks, bounds = list[Block](), list[LayerBound]()
    value = live.inputs
    largest_sum = max(*live.input_upper, *(-low for low in live.input_lower), 1)
    ends = [*live.input_lower, *live.input_upper]
    for layer in layers:
        granule = _common_granule(layer)
        made = list(encoder.layer(layer, slots.slot[value], granule))
        blocks += made
        top = _largest_sum(layer, made, granule)
        factors = _factors(layer, granule)
        ends += [n.lower * k for n, k in zip(layer, factors, strict=True)]
        ends += [n.upper * k for n, k in zip(layer, factors, strict=True)]
        own_ends = ends[-2 * len(layer) :]
        largest_sum = max(largest_sum, _largest_step(layer, made, top), *map(abs, own_ends))
        values = _reach(own_ends)
        bounds.append(LayerBound(layer[0].layer, len(layer), top.bit_length(), values.bit_length()))
        value += len(layer)
    codes = max((abs(code) for block in blocks for code in block.codes), default=0)
    declared = encoder.form
    return Blocks(
        encoding=encoding,
        alphabet=encoder.alphabet(blocks),
        code_bits=0 if declared is None or isinstance(declared, Codebook) else encoder.code_bits,
        blocks=tuple(blocks),
        slots=slots.count,
        output_slot=slots.slot[live.outputs[0]],
        output_granule=_common_granule(layers[-1]),
        largest_sum=max(largest_sum, codes),
        largest_value=_reach(ends),
        bounds=tuple(bounds),
        rounds=live.rounds,
        input_exponent=_exponent(live.input_granule.value),
    )


def _reach(ends: Iterable[int]) -> int:
    """The largest of e and -e - 1."""
    return max(max(end, -end - 1) for end in ends)


def _largest_sum(layer: Sequence[LiveNeuron], made: Sequence[Block], granule: Fraction) -> int:
    """The bound on every partial sum, in units of 1/divisor granules."""
    divisor = max(block.finish.divisor for block in made)
    return max(math.ceil(n.accumulator * n.sum_granule.value / granule * divisor) for n in layer)


def _largest_step(layer: Sequence[LiveNeuron], made: Sequence[Block], top: int) -> int:
    """The bound on everything the accumulator's type has to hold."""
    divisor = max(block.finish.divisor for block in made)
    scales = max(max((b.bias_scale, *(run.scale for run in b.runs))) for b in made)
    largest = max(top, divisor, scales)
    quantizer = layer[0].quantizer
    if quantizer is None:
        return largest
    form = quantizer.form
    if form.overflow is Overflow.WRAP:
        return max(largest + 1 - form.lowest, form.levels)
    return max(largest + 1, form.highest, -form.lowest)


def _factors(layer: Sequence[LiveNeuron], granule: Fraction) -> list[int]:
    """How many of the layer's granules one granule of each neuron is; 0 for neurons of real
    semantics that are 0."""
    if len(layer) == 1 or layer[0].quantizer is not None:
        return [1] * len(layer)
    return [int(n.granule.value / granule) if n.accumulator else 0 for n in layer]


def _common_granule(layer: Sequence[LiveNeuron]) -> Fraction:
    """The gcd of the granules of the neurons that are not always 0; 1 if all are. In a fixed-point
    layer all count its format's."""
    if len(layer) == 1 or layer[0].quantizer is not None:
        return layer[0].granule.value
    granules = (n.granule.value for n in layer if n.accumulator)
    return rational_gcd(granules) or Fraction(1)


class _Encoder:
    """Turns the layers of one network into blocks, one encoding for all."""

    def __init__(
        self,
        live: LiveNetwork,
        form: WeightFormat | None,
        encoding: Encoding,
        slot: tuple[int, ...],
    ) -> None:
        self.form = form
        self._encoding = encoding
        self._slot = slot
        self._with_zero = form is None or form.has_zero
        self._granules = [live.input_granule.value] * live.inputs
        self._stretch = [1] * live.inputs
        self._ratios = dict[tuple[Fraction, Fraction], Fraction]()
        self.code_bits = 4 if form is None else form.memory_bits(1)

    def alphabet(self, blocks: Iterable[Block]) -> tuple[int, ...]:
        """The integers a codebook's entries become; without a declared format, what occurs."""
        if self.form is None:
            return tuple(sorted({code for block in blocks for code in block.codes}))
        if not isinstance(self.form, Codebook):
            return ()
        return tuple(int(entry * self.form.denominator) for entry in self.form.entries)

    def layer(self, layer: list[LiveNeuron], to: int, granule: Fraction) -> Iterator[Block]:
        """The blocks of a layer. Layers come in order."""
        for group in self._groups(layer):
            yield self._block(group, to, granule)
            to += len(group)
        self._granules += [granule] * len(layer)
        self._stretch += _factors(layer, granule)

    def _groups(self, layer: list[LiveNeuron]) -> list[list[LiveNeuron]]:
        """One dense group, or one for each stretch of rows with the same sources, whichever is
        estimated to take fewer bits. A format without 0 allows no zero entry."""
        same = [list(rows) for _, rows in groupby(layer, key=lambda n: (n.sources, n.bias != 0))]
        if len(same) > 1 and self._with_zero:
            split = sum(self._estimate(group) for group in same)
            if self._estimate(layer) <= split:
                return [layer]
        return same

    def _estimate(self, group: list[LiveNeuron]) -> int:
        sources = {source for neuron in group for source in neuron.sources}
        places = sorted(self._slot[source] for source in sources)
        runs = sum(1 for at, place in enumerate(places) if at == 0 or places[at - 1] + 1 != place)
        entries = len(sources) + any(neuron.bias for neuron in group)
        return BLOCK_BITS + RUN_BITS * runs + self.code_bits * len(group) * entries

    def _block(self, group: list[LiveNeuron], to: int, granule: Fraction) -> Block:
        sources = sorted(
            {source for neuron in group for source in neuron.sources},
            key=lambda source: self._slot[source],
        )
        biased = any(neuron.bias for neuron in group)
        encode = self._direct if self._encoding is Encoding.DIRECT else self._scaled
        scales, bias_scale, divisor, codes = encode(group, sources, granule, biased)
        return Block(
            rows=len(group),
            to=to,
            biased=biased,
            bias_scale=bias_scale,
            finish=_finish(group[0], divisor),
            runs=tuple(self._runs(sources, scales)),
            codes=codes,
            unit=self._unit(sources, scales, bias_scale if biased else None, granule),
        )

    def _unit(
        self, sources: list[int], scales: list[int], bias_scale: int | None, granule: Fraction
    ) -> Unit | None:
        exponent, bases = _exponent(granule), set[int | None]()
        if bias_scale is not None:
            bases.add(_exponent(Fraction(bias_scale)))
        for source, scale in zip(sources, scales, strict=True):
            bases.add(_exponent(scale / self._granules[source]))
        base = bases.pop() if bases else 0
        return None if bases or base is None or exponent is None else Unit(base, base + exponent)

    def _scaled(
        self,
        group: list[LiveNeuron],
        sources: list[int],
        granule: Fraction,
        biased: bool,  # noqa: FBT001
    ) -> tuple[list[int], int, int, tuple[int, ...]]:
        """Scales per source, scale of the bias, divisor, and numerators: the declared format's,
        or the layer's own."""
        base = group[0].denominator if self.form is None else self.form.denominator
        unit = base * granule
        ratios = [self._ratio(self._granules[source], unit) for source in sources]
        bias_ratio = self._ratio(Fraction(1), unit) if biased else Fraction(1)
        divisor = math.lcm(bias_ratio.denominator, *(ratio.denominator for ratio in ratios))
        codes = list[int]()
        for neuron in group:
            factor = Fraction(base, neuron.denominator)
            entries = dict(zip(neuron.sources, neuron.numerators, strict=True))
            if biased:
                codes.append(int(neuron.bias_numerator * factor))
            codes += [int(entries.get(source, 0) * factor) for source in sources]
        bias_scale = int(bias_ratio * divisor) if biased else 1
        return [int(ratio * divisor) for ratio in ratios], bias_scale, divisor, tuple(codes)

    def _direct(
        self,
        group: list[LiveNeuron],
        sources: list[int],
        granule: Fraction,
        biased: bool,  # noqa: FBT001
    ) -> tuple[list[int], int, int, tuple[int, ...]]:
        """As `_scaled`; the codes are w·g_r/g times the divisor that makes them integers. In real
        semantics it is 1 unless a source's layer counts less than the source's own granule."""
        exact = list[Fraction | int]()
        for neuron in group:
            own = neuron.sum_granule.value / granule if neuron.accumulator else Fraction(0)
            entries = {
                source: weight * own / self._stretch[source]
                for source, weight in zip(neuron.sources, neuron.weights, strict=True)
            }
            if biased:
                exact.append(neuron.bias * own)
            exact += [entries.get(source, 0) for source in sources]
        divisor = math.lcm(*(code.denominator for code in exact))
        return [1] * len(sources), 1, divisor, tuple(int(code * divisor) for code in exact)

    def _ratio(self, source: Fraction, unit: Fraction) -> Fraction:
        ratio = self._ratios.get((source, unit))
        if ratio is None:
            ratio = self._ratios[source, unit] = source / unit
        return ratio

    def _runs(self, sources: list[int], scales: list[int]) -> Iterator[Run]:
        start, length, scale = 0, 0, 0
        for source, next_scale in zip(sources, scales, strict=True):
            place = self._slot[source]
            if length and place == start + length and next_scale == scale:
                length += 1
                continue
            if length:
                yield Run(start, length, scale)
            start, length, scale = place, 1, next_scale
        if length:
            yield Run(start, length, scale)


def _exponent(value: Fraction) -> int | None:
    """e where a positive rational is 2^e; else None."""
    up, down = value.numerator, value.denominator
    if up & (up - 1) or down & (down - 1):
        return None
    return up.bit_length() - down.bit_length()


def _finish(neuron: LiveNeuron, divisor: int) -> Finish:
    """The finish of a block; the divisor alone tells real ones of one layer apart."""
    if neuron.quantizer is not None:
        return Finish(divisor, relu=False, quantizer=neuron.quantizer)
    return Finish(divisor, relu=neuron.relu, quantizer=None)
