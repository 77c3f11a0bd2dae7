"""Packing codes and structure into bytes, few bits each, as the C reader takes them out.

Bits are packed from the least significant end of each byte. A codebook of 3, 5 or 6 values takes
less room as digits: 5 digits to base 3, or 3 digits to base 5 or 6, fit a byte (1.6 and 2.67 bits
a weight instead of 2 and 3).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from bitproof.interop.c_blocks import Block, Blocks, Encoding, Finish, Run, Unit

DIGITS_PER_BYTE = {3: 5, 5: 3, 6: 3}
WIDEST_PLAIN_CODE = 16
WIDEST_FIELD = 24


@dataclass(frozen=True, slots=True)
class Codes:
    """The weights' codes in bytes.

    Attributes:
        data: the bytes.
        count: how many codes.
        bits: bits of a code; 0 where digits are packed.
        base, digits: where digits are packed, their base and how many a byte has; else 0.
        book: the integer each code stands for; empty for two's complement codes.
        bias_bits: bits of a bias in two's complement, where biases have a width of their own; else
            0, and biases are coded as weights are.
    """

    data: bytes
    count: int
    bits: int
    base: int
    digits: int
    book: tuple[int, ...]
    bias_bits: int = 0


@dataclass(frozen=True, slots=True)
class Structure:
    """Everything else in bytes: a stream of fields of fixed widths.

    Attributes:
        data: the bytes.
        scales: the scales (and exact divisors); fields refer to them by their place.
        least_unit: where units say the scales instead, because that takes less room, the least
            base and rise, which fields start from (`c_blocks.Unit`); else None.
        finishes: in a network with fixed-point layers, what the finish fields refer to.
        rows, runs, slot, long, length, scale, base, rise, finish: bits of a field that counts
            rows (less 1), counts runs, names a slot, says whether a run has more than one value,
            counts its values then (less 1), refers to a scale, is a base or rise, and refers to a
            finish.
    """

    data: bytes
    scales: tuple[int, ...]
    least_unit: Unit | None
    finishes: tuple[Finish, ...]
    rows: int
    runs: int
    slot: int
    long: int
    length: int
    scale: int
    base: int
    rise: int
    finish: int

    @property
    def room(self) -> int:
        """Bytes of the stream, and roughly of what it refers to."""
        return len(self.data) + len(self.scales)


def pack_bits(fields: Iterable[tuple[int, int]]) -> bytes:
    """Fields (value, bits), the first in the least significant bits of the first byte.

    >>> pack_bits([(1, 1), (2, 2), (7, 3), (1, 3)]).hex()
    '7d00'
    """
    packed, held, count = bytearray(), 0, 0
    for value, bits in fields:
        held |= value << count
        count += bits
        while count >= 8:
            packed.append(held & 255)
            held >>= 8
            count -= 8
    if count:
        packed.append(held)
    return bytes(packed)


def pack_digits(digits: Sequence[int], base: int, per_byte: int) -> bytes:
    """Digits, the first in the lowest place of the first byte.

    >>> pack_digits([1, 2, 0, 0, 1, 2], 3, 5).hex()
    '5802'
    """
    packed = bytearray()
    for start in range(0, len(digits), per_byte):
        byte = 0
        for digit in reversed(digits[start : start + per_byte]):
            byte = byte * base + digit
        packed.append(byte)
    return bytes(packed)


def pack_codes(blocks: Blocks) -> Codes:
    """The codes of all blocks in the order the C code reads them."""
    codes = [code for block in blocks.blocks for code in block.codes]
    if not codes:
        return Codes(b"", 0, 0, 0, 0, (0,))
    if blocks.encoding is Encoding.OWN:
        return _own(blocks)
    if blocks.alphabet:
        return _with_book(codes, blocks.alphabet)
    bits = blocks.code_bits
    if bits > WIDEST_PLAIN_CODE:
        return _with_book(codes, tuple(sorted(set(codes))))
    return _plain(codes, bits)


def _plain(codes: list[int], bits: int) -> Codes:
    data = pack_bits((code & ((1 << bits) - 1), bits) for code in codes)
    return Codes(data, len(codes), bits, 0, 0, ())


def _own(blocks: Blocks) -> Codes:
    """Numerators of any size in the way that takes the least room with the book's own: one width
    for all, a book, or the biases, which are often wider, in a width of their own."""
    codes, is_bias = list[int](), list[bool]()
    for block in blocks.blocks:
        codes += block.codes
        stride = len(block.codes) // block.rows
        is_bias += [block.biased and at % max(stride, 1) == 0 for at in range(len(block.codes))]
    ways = [_with_book(codes, blocks.alphabet)]
    if _bits(codes) <= WIDEST_PLAIN_CODE:
        ways.append(_plain(codes, _bits(codes)))
    biases = [code for code, bias in zip(codes, is_bias, strict=True) if bias]
    weights = [code for code, bias in zip(codes, is_bias, strict=True) if not bias]
    if biases and weights and _bits(biases) <= WIDEST_FIELD:
        book = tuple(sorted(set(weights)))
        ways.append(_apart(codes, is_bias, _bits(biases), (len(book) - 1).bit_length(), book))
        if _bits(weights) <= WIDEST_PLAIN_CODE:
            ways.append(_apart(codes, is_bias, _bits(biases), _bits(weights), ()))
    return min(ways, key=lambda way: len(way.data) + _book_bytes(way.book))


def _apart(
    codes: list[int], is_bias: list[bool], bias_bits: int, bits: int, book: tuple[int, ...]
) -> Codes:
    """Plain biases of one width among weights of another, plain or with a book."""
    place = {value: index for index, value in enumerate(book)}
    fields = list[tuple[int, int]]()
    for code, bias in zip(codes, is_bias, strict=True):
        width = bias_bits if bias else bits
        entry = place[code] if book and not bias else code & ((1 << width) - 1)
        fields.append((entry, width))
    return Codes(pack_bits(fields), len(codes), bits, 0, 0, book, bias_bits)


def _bits(codes: Iterable[int]) -> int:
    """The bits of the widest in two's complement."""
    return max(max(code, -code - 1).bit_length() for code in codes) + 1


def _book_bytes(book: Sequence[int]) -> int:
    return len(book) << max(0, (_bits(book) - 1).bit_length() - 3) if book else 0


def _with_book(codes: list[int], book: tuple[int, ...]) -> Codes:
    place = {value: index for index, value in enumerate(book)}
    indices = [place[code] for code in codes]
    digits = DIGITS_PER_BYTE.get(len(book), 0)
    if digits:
        data = pack_digits(indices, len(book), digits)
        return Codes(data, len(codes), 0, len(book), digits, book)
    bits = max(len(book) - 1, 0).bit_length()
    return Codes(pack_bits((index, bits) for index in indices), len(codes), bits, 0, 0, book)


def pack_structure(blocks: Blocks) -> Structure:
    """The structure of all blocks; the C code reads the fields in this order:

    rows - 1, number of runs, finish, biased, slot of the result, and the unit (base, rise) or,
    where biased, the bias's scale; then for every run its slot, whether it is long, if so its
    length - 1, and, where there are no units, its scale. The finish is a relu bit and the divisor's
    place among the scales, or the place among the finishes.
    """
    scaled = _Stream(blocks, aligned=False).pack()
    if blocks.input_exponent is None or any(block.unit is None for block in blocks.blocks):
        return scaled
    return min(scaled, _Stream(blocks, aligned=True).pack(), key=lambda form: form.room)


class _Stream:
    """The fields of one network, with a scale in every run or a unit in every block."""

    def __init__(self, blocks: Blocks, *, aligned: bool) -> None:
        self._blocks = blocks.blocks
        self._runs = [_merged(b.runs) if aligned else b.runs for b in self._blocks]
        finishes = blocks.finishes if blocks.rounds else ()
        scales = set[int]() if finishes else {block.finish.divisor for block in self._blocks}
        if not aligned:
            scales |= {block.bias_scale for block in self._blocks}
            scales |= {run.scale for runs in self._runs for run in runs}
        units = [block.unit for block in self._blocks if aligned and block.unit is not None]
        bases, rises = {unit.base for unit in units} or {0}, {unit.rise for unit in units} or {0}
        longest = max((run.length - 1 for runs in self._runs for run in runs), default=0)
        self._form = Structure(
            data=b"",
            scales=tuple(sorted(scales)),
            least_unit=Unit(min(bases), min(rises)) if aligned else None,
            finishes=finishes,
            rows=max(block.rows - 1 for block in self._blocks).bit_length(),
            runs=max(map(len, self._runs)).bit_length(),
            slot=max(blocks.slots - 1, 0).bit_length(),
            long=int(longest > 0),
            length=longest.bit_length(),
            scale=max(len(scales) - 1, 0).bit_length(),
            base=(max(bases) - min(bases)).bit_length(),
            rise=(max(rises) - min(rises)).bit_length(),
            finish=max(len(finishes) - 1, 0).bit_length(),
        )
        self._scale = {scale: place for place, scale in enumerate(self._form.scales)}
        self._finish = {finish: place for place, finish in enumerate(finishes)}

    def pack(self) -> Structure:
        """The form with its data."""
        fields = list[tuple[int, int]]()
        for block, runs in zip(self._blocks, self._runs, strict=True):
            fields += self._head(block, len(runs))
            for run in runs:
                fields += self._run(run)
        return replace(self._form, data=pack_bits(fields))

    def _head(self, block: Block, runs: int) -> Iterator[tuple[int, int]]:
        form = self._form
        yield block.rows - 1, form.rows
        yield runs, form.runs
        if form.finishes:
            yield self._finish[block.finish], form.finish
        else:
            yield int(block.finish.relu), 1
            yield self._scale[block.finish.divisor], form.scale
        yield int(block.biased), 1
        yield block.to, form.slot
        if block.unit is not None and form.least_unit is not None:
            yield block.unit.base - form.least_unit.base, form.base
            yield block.unit.rise - form.least_unit.rise, form.rise
        elif block.biased:
            yield self._scale[block.bias_scale], form.scale

    def _run(self, run: Run) -> Iterator[tuple[int, int]]:
        form = self._form
        yield run.start, form.slot
        yield int(run.length > 1), form.long
        if run.length > 1:
            yield run.length - 1, form.length
        if form.least_unit is None:
            yield self._scale[run.scale], form.scale


def _merged(runs: Sequence[Run]) -> tuple[Run, ...]:
    """Neighbouring runs as one, whatever their scales."""
    merged = list[Run]()
    for run in runs:
        if merged and merged[-1].start + merged[-1].length == run.start:
            merged[-1] = replace(merged[-1], length=merged[-1].length + run.length)
        else:
            merged.append(run)
    return tuple(merged)
